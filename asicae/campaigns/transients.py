"""Transients on every net of the control of a chip, as it is mapped to a library.

    python -m asicae.campaigns.transients --out docs/results/transients.json

Writes the record, and beside it the page (``.md``). The mapped netlist of all blocks that keep
something three times runs without delays, 256 chips at once; all but the first are disturbed and
compared with it until both are equal again. Exits with 1 where a transient became what it must not.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.campaigns.record import Record, publish, record
from asicae.campaigns.stages import IDLE, STAGES, Stage, regions
from asicae.campaigns.transient_sites import Control, control_of, words_of
from asicae.campaigns.transient_tally import SINGLE, Tally
from asicae.campaigns.transients_page import page
from asicae.chip.design import TOP, Design, design_of
from asicae.chip.microarchitectures import DEFAULT, MICROARCHITECTURES
from asicae.chip.registers import register_map
from asicae.estimation.lanes.lanes import TRANSIENT, Lanes, Part, Setting
from asicae.estimation.libraries import load
from asicae.estimation.synthesis import Synthesis, synthesise
from asicae.estimation.technology import Technology
from asicae.export.rtl import export_rtl
from asicae.foundation.progress import step
from asicae.network.description import Network

PACKAGES: Final = ("numpy", "scipy", "pyosys")


@dataclass(frozen=True)
class Pulse:
    """A kind of transient: halves of a clock from its rise on until it begins, and how many."""

    name: str
    start: int
    length: int


PULSES: Final = (
    Pulse("half a clock, at its rise", 1, 1),
    Pulse("half a clock, at its fall", 0, 1),
    Pulse("a clock, until a rise", 0, 2),
    Pulse("a clock, until a fall", 1, 2),
    Pulse("a clock and a half, two rises", 1, 3),
)
LONG: Final = PULSES[2]


@dataclass
class Campaign:
    """Control in many lanes, with all that is asked of it."""

    control: Control
    lanes: Lanes
    seed: int
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        self.tally = Tally(self.control)
        self._generator = np.random.default_rng(self.seed)

    def prepare(self) -> None:
        """Draw weights, put them in past I2C, and set ENABLE through it."""
        words = words_of(self.control)
        self.lanes.put(words, self._generator.integers(0, 2, len(words)))
        self._enable()

    def _enable(self) -> None:
        self.lanes.write("CONTROL", self.lanes.map["CONTROL"].mask("ENABLE"))

    def run(self, stage: Stage, nets: npt.NDArray[np.int32]) -> None:
        """A transient on each net in turn, its kind drawn."""
        pulses = self._generator.integers(0, len(PULSES), len(nets))
        hit = self._transients(nets, [PULSES[number] for number in pulses])
        found = self.lanes.inject(self._setting(stage), self._regions(stage), hit)
        self.tally.add(stage, pulses, hit, found)

    def plant(self) -> None:
        """Two copies of each bit at once, and reset; one of each register must be seen."""
        self._enable()
        shown = [
            number
            for number, held in enumerate(self.control.held)
            if held.part != Part.REPORT and len(held.copies) > 1
        ]
        first, second = self.control.outputs[shown, 0], self.control.outputs[shown, 1]
        hit = self._transients(first, [LONG] * len(first))
        hit["net"][:, 1] = second
        named = [self.control.bits[number].register for number in shown]
        self._plant("two copies of a bit", named, hit)
        reset = np.array([self.control.pins["rst_ni"]], np.int32)
        self._plant("the reset pin", ["rst_ni"], self._transients(reset, [LONG]))

    def _plant(self, what: str, named: Sequence[str], hit: npt.NDArray[Any]) -> None:
        found = self.lanes.inject(self._setting(IDLE), [], hit)
        self.tally.add_planted(what, named, found)

    @staticmethod
    def _transients(nets: npt.NDArray[np.int32], pulses: Sequence[Pulse]) -> npt.NDArray[Any]:
        found = np.empty(len(nets), TRANSIENT)
        found["net"][:, 0], found["net"][:, 1] = nets, -1
        found["start"] = [pulse.start for pulse in pulses]
        found["length"] = [pulse.length for pulse in pulses]
        return found

    def _setting(self, stage: Stage) -> Setting:
        return Setting(
            events=stage.events,
            spread=stage.spread,
            aimed=stage.aimed,
            limit=stage.limit,
            seed=int(self._generator.integers(0, 1 << 62)),
        )

    def _regions(self, stage: Stage) -> list[Any]:
        return regions(self.control.design.network, stage.bus)

    def order(self) -> npt.NDArray[np.int32]:
        """All nets, in a drawn order."""
        return self._generator.permutation(self.control.nets)


def campaign(design: Design, synthesis: Synthesis, technology: Technology, seed: int) -> Campaign:
    """The control of a chip that was mapped, with drawn weights.

    Raises:
        BadInput, CheckFailed, MissingTool: as ``control_of`` and ``Lanes``.
    """
    control = control_of(design, synthesis, technology)
    lanes = Lanes(control.program, control.held, register_map(design.network))
    made = Campaign(control, lanes, seed)
    made.prepare()
    return made


def main() -> None:
    """Disturb, print the page, and write both; exit 1 for a violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="econ-t", help="a preset")
    parser.add_argument("--microarchitecture", default=DEFAULT, choices=list(MICROARCHITECTURES))
    parser.add_argument("--rounds", type=int, default=1, help="transients of a net in a scene")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    network = Network.preset(arguments.network)
    configuration = MICROARCHITECTURES[arguments.microarchitecture].configuration
    with tempfile.TemporaryDirectory(prefix="asicae-transients-") as name:
        export_rtl(network, Path(name), configuration)
        technology = load(())
        synthesis = synthesise(Path(name), technology, TOP)
    made = campaign(design_of(network, configuration), synthesis, technology, arguments.seed)
    for number in range(arguments.rounds):
        for stage in STAGES:
            step(f"transients: {stage.name}, round {number + 1} of {arguments.rounds}")
            made.run(stage, made.order())
    step("transients: planted")
    made.plant()
    done = _record(arguments, made)
    publish(done, page(done), arguments.out)


def _record(arguments: argparse.Namespace, made: Campaign) -> Record:
    settings = {
        "network": arguments.network,
        "microarchitecture": arguments.microarchitecture,
        "rounds": arguments.rounds,
        "library": made.control.flat.technology.name,
        "single": {
            row.name: {"reason": row.reason, "scene": [stage.name for stage in row.scene]}
            for row in SINGLE
        },
    }
    return record(
        arguments.seed,
        settings,
        made.tally.figures([pulse.name for pulse in PULSES]),
        packages=PACKAGES,
        violations=made.tally.violations,
        measures_speed=False,
    )


if __name__ == "__main__":
    main()
