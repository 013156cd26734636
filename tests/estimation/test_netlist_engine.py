"""The mapped netlist as an engine: golden's words, whatever the chunks; a wrong wire is seen."""

from pathlib import Path

import numpy as np
import pytest

from asicae.chip import golden
from asicae.chip.microarchitectures import configuration_of
from asicae.estimation import netlist_engine
from asicae.estimation.netlist_engine import MappedNetlist, Netlist
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import CheckFailed
from asicae.module.drawn import drawn_calq
from asicae.network.encoder import Encoder
from asicae.simulation.engine_comparison import compare_engine
from tests.support.tiny_network import TWO_LAYERS, described

pytestmark = [pytest.mark.build, pytest.mark.slow]
EVENTS = 300
LIVELY = 4
"""Seed of weights with which latents take many values, and saturate in no event."""
ADDER, ADDERS = "FA_X1", 12


@pytest.fixture(scope="module")
def engine() -> MappedNetlist:
    return MappedNetlist()


@pytest.fixture(scope="module")
def rtl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lean")
    return export_rtl(described(TWO_LAYERS, folder), folder, configuration_of("lean")).folder


def encoder(folder: Path) -> Encoder:
    return Encoder.random(described(TWO_LAYERS, folder), LIVELY)


def opened(engine: MappedNetlist, rtl: Path, folder: Path) -> Netlist:
    return engine.open(encoder(folder), rtl)


def test_a_netlist_of_adder_trees_is_golden_word_for_word(
    engine: MappedNetlist, rtl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one piece and in many: what is left of a piece in the ranks is no event of the next."""
    chip, calq = opened(engine, rtl, tmp_path), drawn_calq(EVENTS)
    expected = golden.run(encoder(tmp_path), calq)
    assert min(len(np.unique(latent)) for latent in expected.latents.T) > 16
    for words in (netlist_engine.MAX_VALUES, chip.path.flat.nets):
        monkeypatch.setattr(netlist_engine, "MAX_VALUES", words)
        found = chip.encode(calq)
        assert (found.latents == expected.latents).all()
        assert (found.sums == expected.sums).all()


def test_one_wrong_weight_is_seen(engine: MappedNetlist, rtl: Path, tmp_path: Path) -> None:
    made = encoder(tmp_path)
    sets = [("set", made.weights)]
    found = compare_engine(made.network, sets, engine, EVENTS, rtl_folder=rtl).metrics()
    assert found["exact.golden_vs_netlist.words"] == EVENTS * made.network.latents
    assert found["exact.golden_vs_netlist.mismatches"] == 0
    with pytest.raises(CheckFailed, match="netlist differs from golden: set set, event"):
        compare_engine(made.network, sets, engine, EVENTS, rtl_folder=rtl, mutate="weight")


def test_adders_whose_sum_and_carry_are_swapped_are_seen(
    engine: MappedNetlist, rtl: Path, tmp_path: Path
) -> None:
    """But for a few, of which these weights make constants."""
    chip, calq = opened(engine, rtl, tmp_path), drawn_calq(EVENTS)
    expected = golden.run(encoder(tmp_path), calq).latents
    adders = chip.path.flat.cells[ADDER]
    columns = [chip.path.flat.pins(ADDER).index(pin) for pin in ("S", "CO")]
    swapped = range(0, len(adders), len(adders) // ADDERS)
    seen = 0
    for row in swapped:
        right = adders[row].copy()
        adders[row, columns] = right[columns[::-1]]
        seen += int((chip.encode(calq).latents != expected).any())
        adders[row] = right
    assert seen > 2 * len(swapped) / 3
    assert (chip.encode(calq).latents == expected).all()
