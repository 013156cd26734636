"""The facts of the top have one owner: whoever reads them follows a changed one, or refuses it."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from asicae.chip import blocks, design
from asicae.chip.configuration import Configuration
from asicae.chip.design import design_of
from asicae.chip.encoders.parallel import PARALLEL
from asicae.chip.encoders.table import PIPELINES
from asicae.estimation.blocks import stimuli
from asicae.estimation.timing import unmet
from asicae.export.case import write_case
from asicae.export.check import check_export
from asicae.export.rtl import export_rtl
from asicae.export.top import top_verilog
from asicae.foundation.errors import CheckFailed
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint
from asicae.network.ops.dense import Dense
from asicae.network.weights import Weights
from asicae.simulation.engines.chip_driver import chip_text
from asicae.simulation.regression import verify

ECON_T, SMALL = Network.preset("econ-t"), Network.preset("small")


def case_of(folder: Path) -> dict:
    """What the benches read of the chip of ``SMALL``."""
    write_case(design_of(SMALL), [], folder)
    return json.loads((folder / "case.json").read_text(encoding="utf-8"))


def test_the_top_is_the_documented_one() -> None:
    top = design_of(ECON_T)
    assert [(port.name, port.direction, port.width) for port in top.ports] == [
        ("clk_i", "input", 1),
        ("rst_ni", "input", 1),
        ("scl_i", "input", 1),
        ("sda_i", "input", 1),
        ("sda_oe_o", "output", 1),
        ("valid_i", "input", 1),
        ("calq_i", "input", 1056),
        ("valid_o", "output", 1),
        ("latent_o", "output", 144),
        ("sum_o", "output", 9),
        ("tmr_error_o", "output", 1),
    ]
    assert (top.latency_bx, top.interval_bx) == (2, 1)
    bits = {name: block.register_bits for name, block in top.blocks.items()}
    assert {name: count for name, count in bits.items() if count is not None} == {
        "u_weight_bank": 12864,
        "u_rank1": 48 * 8 + 9 + 1,
        "u_rank2": 16 * 9 + 9 + 1,
    }
    assert {path.name: (path.launch, path.through, path.capture) for path in top.paths} == {
        "calq_to_rank1": (None, ("u_normaliser",), "u_rank1"),
        "rank1_to_rank2": (
            "u_rank1",
            ("u_layer_conv", "u_layer_dense", "u_latent_packer"),
            "u_rank2",
        ),
    }


BARRIER = Configuration(barrier=True)


def dense(name: str, units: int) -> Dense:
    """A layer of fixed<6,1> weights."""
    kind = FixedPoint(6, 1, True)
    return Dense(name=name, units=units, weight=kind, bias=kind, output=FixedPoint(8, 1, False))


def test_a_barrier_halves_the_period() -> None:
    top = design_of(ECON_T, BARRIER)
    block = top.blocks["u_barrier"]
    live = int(np.count_nonzero(ECON_T.plans[0].tap_counts))
    assert (block.edge, block.storage, block.register_bits) == ("falling", "plain", 8 * live)
    assert (top.latency_bx, 8 * live) == (2, 768)
    assert block not in top.ranks
    found = {path.name: (path.through, path.allowed_ns) for path in top.paths}
    assert found == {
        "calq_to_rank1": (("u_normaliser",), 23),
        "rank1_to_barrier": (("u_layer_conv",), 12.5),
        "barrier_to_rank2": (("u_layer_dense", "u_latent_packer"), 12.5),
    }
    assert {path.name: path.allowed_ns for path in design_of(ECON_T).paths} == {
        "calq_to_rank1": 23,
        "rank1_to_rank2": 25,
    }


def test_a_path_that_takes_too_long_is_named() -> None:
    """What fits into the period need not fit into half of it."""
    found = {"calq_to_rank1": 3.0, "rank1_to_barrier": 12.5, "barrier_to_rank2": 13.0}
    assert unmet(design_of(ECON_T, BARRIER).paths, found) == [
        "barrier_to_rank2 takes 13.0 ns, the clock leaves it 12.5 ns"
    ]
    assert unmet(design_of(ECON_T).paths, {"calq_to_rank1": 3.0, "rank1_to_rank2": 13.0}) == []


@pytest.mark.parametrize(
    ("units", "behind"),
    [((16,), None), ((20, 16), "d0"), ((20, 30, 16), "d1"), ((30, 8, 16), "d0")],
)
def test_a_barrier_stands_before_the_layer_of_most_products(
    units: tuple[int, ...], behind: str | None
) -> None:
    layers = tuple(dense(f"d{place}", count) for place, count in enumerate(units))
    network = Network(
        name="chain", arrangement="flat", input=FixedPoint(8, 1, False), layers=layers
    )
    blocks = design_of(network, BARRIER).data_path
    places = [place for place, block in enumerate(blocks) if block.module == "barrier"]
    before = [blocks[place - 1].instance for place in places]
    assert before == ([] if behind is None else [f"u_layer_{behind}"])


def test_another_width_of_the_sum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "CODE_5E4M_MAX", 1023)
    changed = design_of(SMALL)
    text = top_verilog(changed)
    assert "output wire [9:0] sum_o" in text
    assert "  wire [9:0] module_sum;" in text
    assert f".WIDTH({48 * 8 + 10})" in text
    assert case_of(tmp_path)["ports"]["sum_o"] == {"width": 10, "count": 1}
    calq = np.ones((70, 48), dtype=np.int32)
    found = stimuli(changed, Weights.random(SMALL, 1), calq, changed.blocks)
    assert len(found["u_normaliser"].expected["sum_o"]) == 10
    assert len(found["u_rank1"].inputs["data_i"]) == 48 * 8 + 10
    # The normaliser is written by hand, and its sum has nine bits.
    with pytest.raises(CheckFailed, match="u_normaliser: connection 'sum_o'"):
        export_rtl(SMALL, tmp_path / "chip")


def test_another_latency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PIPELINES, PARALLEL.name, replace(PARALLEL, latency_bx=3))
    assert "sampled by the receiver at edge k + 3." in top_verilog(design_of(SMALL))
    assert case_of(tmp_path)["latency_bx"] == 3
    assert "constexpr int kLatency = 3;" in chip_text(design_of(SMALL))
    entry = {"scl_hz": verify.LOAD_HZ, "latency_bx": [2], "interval_bx": 1.0}
    with pytest.raises(CheckFailed, match=r"measured \[2\] BX, the contract is 3"):
        verify._measured(design_of(SMALL), SimpleNamespace(results={"sets": [entry]}))


def test_another_name_of_a_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export_rtl(SMALL, tmp_path / "before")
    ports = design_of(SMALL).ports
    renamed = tuple(replace(p, name=p.name.replace("sum_o", "given_o")) for p in ports)
    monkeypatch.setattr(design, "_ports", lambda *_: renamed)
    assert "output wire [8:0] given_o," in top_verilog(design_of(SMALL))
    assert "given_o" in case_of(tmp_path)["ports"]
    with pytest.raises(CheckFailed, match="port 'given_o': found none"):
        check_export(SMALL, tmp_path / "before")
    # The last rank still drives what is no port any more.
    with pytest.raises(CheckFailed, match="'sum_o' is not declared"):
        export_rtl(SMALL, tmp_path / "after")


def test_a_rank_more_is_demanded_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Registers, upsets and timing follow from the data path."""
    export_rtl(SMALL, tmp_path)
    before = design_of(SMALL).blocks

    def longer(network: Network, built: Configuration) -> tuple[blocks.Block, ...]:
        words = (blocks.kept_words(network), blocks.sum_words())
        return (*PARALLEL.data_path(network, built), blocks.rank(3, words, clear=True))

    monkeypatch.setitem(PIPELINES, PARALLEL.name, replace(PARALLEL, data_path=longer))
    changed = design_of(SMALL)
    assert changed.paths[-1].name == "rank2_to_rank3"
    assert "rank3_error" in top_verilog(changed)
    with pytest.raises(CheckFailed, match="instance 'u_rank3'"):
        check_export(SMALL, tmp_path)
    calq = np.ones((70, 48), dtype=np.int32)
    with pytest.raises(CheckFailed, match="the RTL has no instance u_rank3"):
        stimuli(changed, Weights.random(SMALL, 1), calq, before)
