"""The data path with delays: a barrier stops glitches, golden is demanded, results are kept."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.chip.configuration import Configuration
from asicae.chip.design import Design, design_of
from asicae.estimation import libraries
from asicae.estimation.blocks import Stimulus, stimuli
from asicae.estimation.energy import Conditions
from asicae.estimation.netlist import Flattener
from asicae.estimation.record import LEAST_EVENTS
from asicae.estimation.synthesis import synthesise
from asicae.estimation.timed import chain, segments
from asicae.estimation.timed.chain import Chain, simulated, warm_up
from asicae.estimation.timed.gates import Gates
from asicae.estimation.timed.simulator import Changes, simulate
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import CheckFailed
from asicae.network.description import Network
from asicae.network.weights import Weights

pytestmark = [pytest.mark.build, pytest.mark.slow]

CLOCKS = 12
LIBRARY = libraries.load()


@dataclass
class Chip:
    """The small chip, mapped, and what it sees."""

    design: Design
    flattener: Flattener
    weights: Weights
    stimulus: dict[str, Stimulus]
    cache: Path

    @classmethod
    def of(cls, barrier: bool, folder: Path) -> "Chip":
        network, configuration = Network.preset("small"), Configuration(barrier=barrier)
        export_rtl(network, folder / "chip", configuration)
        design = design_of(network, configuration)
        mapped = synthesise(folder / "chip", LIBRARY)
        weights, flattener = Weights.random(network, 2), Flattener(mapped, LIBRARY)
        return cls(design, flattener, weights, {}, folder / "cache").seeing(weights)

    def seeing(self, weights: Weights) -> "Chip":
        """The same chip with other weights."""
        calq = np.exp2(np.random.default_rng(4).uniform(0, 22, (60, 48))).astype(np.int32)
        blocks = self.flattener.design.children(self.flattener.design.top)
        seen = stimuli(self.design, weights, calq, blocks)
        return replace(self, weights=weights, stimulus=seen)

    def run(self, wire_ff: float = 1.0, clocks: int = CLOCKS) -> Chain:
        conditions = Conditions(wire_ff)
        made = (self.flattener, self.design, self.stimulus, conditions, clocks)
        return simulated(*made, cache=self.cache)


@pytest.fixture(scope="module")
def naive(tmp_path_factory: pytest.TempPathFactory) -> Chip:
    return Chip.of(False, tmp_path_factory.mktemp("naive"))


@pytest.fixture(scope="module")
def aligned(tmp_path_factory: pytest.TempPathFactory) -> Chip:
    return Chip.of(True, tmp_path_factory.mktemp("aligned"))


def alone(made: Gates) -> np.ndarray:
    """Every gate a part."""
    return np.arange(len(made.output) - made.sources)


def factor(found: Chain, instance: str) -> float:
    """Changes with delays over those without."""
    timed, settled, _ = found.block(instance)
    return float(timed.toggles.sum() / settled.toggles.sum())


def test_a_barrier_keeps_the_chatter_of_one_layer_from_the_next(naive: Chip, aligned: Chip) -> None:
    """The same words enter the dense layer; behind the barrier each changes once, together."""
    chattering, held = naive.run(), aligned.run()
    assert held.changes.latest_ns > 12.5 > chattering.changes.latest_ns
    assert factor(chattering, "u_layer_dense") > 2 * factor(held, "u_layer_dense") > 2
    assert factor(chattering, "u_layer_conv") == pytest.approx(
        factor(held, "u_layer_conv"), rel=0.1
    )
    settled = [found.block("u_layer_dense")[1].toggles.sum() for found in (chattering, held)]
    assert settled[0] == pytest.approx(settled[1], rel=0.01)


def test_what_leaves_the_chip_must_be_goldens(naive: Chip) -> None:
    last = naive.design.data_path[-1].instance
    right = naive.stimulus[last]
    expected = {port: bits.copy() for port, bits in right.expected.items()}
    expected["data_o"][3, 0] ^= np.uint64(1) << np.uint64(9)
    wrong = naive.stimulus | {last: replace(right, expected=expected)}
    with pytest.raises(CheckFailed, match="the data path: 1 bits of data_o differ from golden"):
        replace(naive, stimulus=wrong).run()
    assert warm_up(naive.design) == naive.design.latency_bx + 1 <= LEAST_EVENTS - 2


def test_what_was_simulated_is_kept_as_long_as_nothing_changes(
    naive: Chip, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = naive.run()

    def refused(*args: object, **named: object) -> None:
        raise AssertionError("simulated again")

    monkeypatch.setattr(chain, "simulate", refused)
    again = naive.run()
    assert (again.changes.counts == first.changes.counts).all()
    assert again.changes.clocks == first.changes.clocks
    for changed in ({"wire_ff": 1.1}, {"clocks": CLOCKS - 1}):
        with pytest.raises(AssertionError, match="simulated again"):
            naive.run(**changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("barrier", [False, True])
def test_segments_change_as_they_do_in_one_netlist(
    barrier: bool, naive: Chip, aligned: Chip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chip, asked = aligned if barrier else naive, []
    cut = chain._changes

    def watched(*arguments: Any) -> Changes:
        asked.append(arguments)
        return cut(*arguments)

    monkeypatch.setattr(chain, "_changes", watched)
    found = chip.run()
    apart = found.changes
    made, owner, values, first, clocks, _ = asked[0]
    layers = {found.flat.instances.index(f"u_layer_{name}") + 1 for name in ("conv", "dense")}
    parted = [
        set(owner[part.nets[part.gates.output[part.gates.sources :]]])
        for part in segments.segments(made, owner)
    ]
    assert any(layers <= blocks for blocks in parted) == (not barrier)
    together = simulate(made, values, first, clocks, batches=len(apart.clocks))
    assert (apart.counts == together.counts).all()
    assert apart.latest_ns == together.latest_ns
    monkeypatch.setattr(segments, "_parts", alone)  # a cut between all blocks, registers or not
    with pytest.raises(CheckFailed, match=r"net \d+ ends clock"):
        cut(*asked[0][:-1], tmp_path)


def test_only_what_depends_on_a_change_is_simulated_again(
    aligned: Chip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another bias of the dense layer: nothing before it, and nothing that stands still."""
    chip, sizes = replace(aligned, cache=tmp_path), []

    def watched(made: Gates, *rest: Any, batches: int) -> Changes:
        sizes.append(len(made.output))
        return simulate(made, *rest, batches=batches)

    monkeypatch.setattr(chain, "simulate", watched)
    chip.run()
    every = sorted(sizes)
    sizes.clear()
    drawn = aligned.weights
    bias = np.clip(drawn.arrays["dense.bias"] - 9, -32, None)
    other = replace(drawn, arrays=drawn.arrays | {"dense.bias": bias})
    chip.seeing(other).run()
    # The largest is the dense layer; normaliser and convolution are next, and stand before it.
    third, second, _ = every[-3:]
    assert max(sizes) > second
    assert not {second, third} & set(sizes)
    assert len(sizes) < len(every)
