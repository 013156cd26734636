"""What may kill a mutant, the cheapest first: a linter, proofs, benches of blocks, the chip; or an
encoder of frames, whose Verilog no chip has.
"""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from asicae.campaigns import control_bench
from asicae.campaigns.block_benches import BANK, BENCHES, SIZES
from asicae.campaigns.every_kind import every_kind
from asicae.campaigns.judged_coders import JUDGED_CODERS
from asicae.campaigns.latch_bench import LATCH_FILES, latch_bench
from asicae.campaigns.mutants import Mutant
from asicae.campaigns.proof_table import properties
from asicae.campaigns.proofs import Property, Query, decide, solving
from asicae.campaigns.sets_bench import SETS_FILES, sets_bench
from asicae.chip.configuration import Configuration
from asicae.chip.microarchitectures import MICROARCHITECTURES, NAIVE, configuration_of
from asicae.estimation.verilog_sources import VerilogSources
from asicae.export.rtl import ADAPTIVE_CHOICE, HYBRID_CHOICE, export_rtl, hand_written
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.files import read_text, write_text
from asicae.foundation.process_group import run_group
from asicae.network.description import Network
from asicae.simulation.builds.verilated_bench import build
from asicae.simulation.builds.verilator import find
from asicae.simulation.regression.bench import run

LINT, PROOF, CONTROL = "lint", "proof", "I2C bench of control"
BENCH, CHIP = "block bench", "chip against golden"
LATCHES, SETS = "bench of latches", "bench of two weight sets"
ENCODER = "encoder against its algorithm"
KILLERS: Final = (LINT, LATCHES, SETS, PROOF, CONTROL, BENCH, CHIP, ENCODER)
REFUSED: Final = "Yosys does not take it"
LINT_LIMIT_S, LINT_LIMIT_KB = 300, 4_000_000
"""Of processor time and memory for Verilator, of a block whose loops may not end."""
LIMITED: Final = f'ulimit -t {LINT_LIMIT_S} && ulimit -v {LINT_LIMIT_KB} && exec "$@"'
PROOF_LIMIT_S: Final = 30
"""Of processor time, for the quick properties together and for each other one."""
TRANSFERS: Final = 300
EVENTS: Final = 500
ENCODER_EVENTS: Final = 4000
CONFIGURATIONS: Final = (
    NAIVE,
    MICROARCHITECTURES["lean"].configuration,
    configuration_of("lean", {"weight_sets": 2}),
    configuration_of("lean", {"reuse": 4}),
    configuration_of("lean", {"bank": "latch"}),
)
"""Between them they have all hand-written files but those of kinds of layers that only some have;
what is simulated slowly stands last."""
CODES: Final[Mapping[str, int | str]] = {
    "CODE_BITS": 2,
    "BITS": 2,
    "THRESHOLDS": "64'h0007_0005_0002_0000",
}
LINTED: Final[Mapping[str, Mapping[str, int | str]]] = {
    **{"weight_bank": BANK, "gated_weight_bank": BANK, "latch_weight_bank": BANK},
    "latch_bank_logic": {"STATE": 67},
    "neuron": {"PRODUCT_SHIFT": 1},
    **{"compander": CODES, "slot_codes": CODES},
}
"""Parameters of blocks that are smaller under the linter or have more of their text, or whose
defaults do not fit each other; all others have their defaults."""


@dataclass(frozen=True)
class JudgedChip:
    """What mistakes are planted in."""

    network: Network
    configuration: Configuration

    @property
    def simulated(self) -> list[Path]:
        """Files that it is made of once verilated: with plain multipliers, whatever it is built
        with.
        """
        return hand_written(self.configuration, "behavioural", self.network.kinds)


def judged_chips(preset: str) -> tuple[JudgedChip, ...]:
    """Chips that have all hand-written files; a mistake goes into the first that has its file."""
    of_preset = Network.preset(preset)
    rows = [JudgedChip(of_preset, configuration) for configuration in CONFIGURATIONS]
    return (*rows, JudgedChip(every_kind(), NAIVE))


Judge = Callable[[str, Path, Path], str]
"""What is said first, if anything, against a file of a folder like ``rtl/``; and where to work."""


@dataclass(frozen=True)
class Death:
    """By which killer, and what it said first."""

    by: str
    said: str


@dataclass
class Court:
    """All killers, and what they need once.

    Attributes:
        network: preset that the chips are of, but for the one with every kind of layer.
        folder: for what they need; each mutant has a folder of its own beside.
    """

    network: str
    folder: Path
    seed: int = 1
    _properties: tuple[Property, ...] = field(default_factory=properties)
    _acquitted: set[tuple[str, str]] = field(default_factory=set)
    _asked: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Chips are exported when one is asked for."""
        self._chips = judged_chips(self.network)

    def judge(self, mutant: Mutant, work: Path) -> Death | None:
        """The first killer that kills it, None for a survivor; ``work`` is an empty folder.

        Raises:
            CheckFailed: a killer finds the Verilog guilty as it is.
        """
        rtl = work / "rtl"
        shutil.copytree(asset_folder("rtl"), rtl)
        path = rtl / mutant.file
        write_text(path, mutant.applied(read_text(path)))
        judges: Mapping[str, Judge] = {
            LINT: self._lint,
            LATCHES: self._latches,
            SETS: self._sets,
            PROOF: self._prove,
            CONTROL: self._control,
            BENCH: self._bench,
            CHIP: self._chip,
            ENCODER: self._encoder,
        }
        for name in KILLERS:
            if name != PROOF:  # that all properties hold is a campaign of its own
                self._acquit(name, judges[name], mutant.file)
            said = judges[name](mutant.file, rtl, _own_folder(name, work))
            if said:
                return Death(LINT if said.startswith(REFUSED) else name, said)
        return None

    def compiled(self, by: str, file: str) -> tuple[Path, ...]:
        """The Verilog that a killer reads to judge a mistake in a file: what its verdict is of."""
        rtl = asset_folder("rtl")
        listed = {LATCHES: LATCH_FILES, SETS: SETS_FILES}
        if by in listed:
            return tuple(rtl / name for name in listed[by])
        if by == CONTROL:
            return tuple(rtl / name for name in control_bench.sources(rtl))
        if by == CHIP:
            number = self._chip_with(file)
            return () if number is None else tuple(self._chips[number].simulated)
        if by == ENCODER:
            found = (JUDGED_CODERS[name].sources for name in self._encoders_with(file))
            return tuple(sorted({path for files in found for path in files}))
        if by == BENCH:
            sources = VerilogSources(sorted(rtl.glob("*.v")))
            belows = [sources.below(block) for block in BENCHES]
        else:
            own = rtl / file
            of_block = dict.fromkeys([*sorted(own.parent.glob("*.v")), *sorted(rtl.glob("*.v"))])
            belows = list(self._proven.values())
            belows.append(VerilogSources([*of_block]).below(own.stem))
        return tuple(sorted({path for files in belows if rtl / file in files for path in files}))

    @cached_property
    def _proven(self) -> Mapping[str, tuple[Path, ...]]:
        """The files of each property; no mistake changes which module is made of which."""
        rtl = asset_folder("rtl")
        return {row.name: row.files(rtl) for row in self._properties}

    def _acquit(self, name: str, judge: Judge, file: str) -> None:
        if (name, file) in self._acquitted:
            return
        work = _own_folder(f"{name}-{file}", self.folder)
        said = judge(file, asset_folder("rtl"), work)
        if said:
            raise CheckFailed(f"{name} has something against rtl/{file} as it is: {said}")
        self._acquitted.add((name, file))

    def _acquitted_before(self, rtl: Path, name: str, what: str = "") -> bool:
        """Whether the Verilog as it is was asked so for another file: the answer is the same."""
        if rtl != asset_folder("rtl"):
            return False
        known = (name, what) in self._asked
        self._asked.add((name, what))
        return known

    def _lint(self, file: str, rtl: Path, _: Path) -> str:
        path = rtl / file
        sizes = [f"-G{name}={value}" for name, value in LINTED.get(path.stem, {}).items()]
        options = f"--lint-only -Wall --top-module {path.stem} -y {path.parent} -y {rtl}".split()
        verilator = find()
        done = subprocess.run(
            ["sh", "-c", LIMITED, "sh", verilator.executable, *options, *sizes, path],
            env=verilator.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        told = [line for line in done.stderr.splitlines() if line.startswith("%")]
        if told:
            return told[0].replace(f"{rtl}/", "")
        return f"Verilator ends with status {done.returncode}" if done.returncode else ""

    def _latches(self, file: str, rtl: Path, work: Path) -> str:
        if file not in LATCH_FILES or self._acquitted_before(rtl, LATCHES):
            return ""
        return latch_bench(rtl, work)

    def _sets(self, file: str, rtl: Path, work: Path) -> str:
        if file not in SETS_FILES or self._acquitted_before(rtl, SETS):
            return ""
        return sets_bench(rtl, work, "gated")

    def _prove(self, file: str, rtl: Path, work: Path) -> str:
        """The quick properties in one process, then one by one."""
        right = asset_folder("rtl") / file
        own = [row for row in self._properties if right in self._proven[row.name]]
        quick = [row for row in own if row.quick]
        groups = [quick, *([row] for row in own if not row.quick)] if quick else [[r] for r in own]
        for number, group in enumerate(groups):
            place = work / f"proof{number}"
            place.mkdir()
            try:
                verdicts = decide([Query(row, rtl=rtl) for row in group], place, PROOF_LIMIT_S)
            except BadInput as error:
                return f"{REFUSED}: {error}"
            except CheckFailed as error:
                if not solving(place):
                    return f"{REFUSED}: {error}"
                continue  # no verdict is none
            for row, verdict in zip(group, verdicts, strict=True):
                if not verdict.proven:
                    return f"{row.name}: {row.states}"
        return ""

    def _control(self, file: str, rtl: Path, work: Path) -> str:
        verilog = control_bench.sources(rtl)
        if file not in verilog or self._acquitted_before(rtl, CONTROL):
            return ""
        try:
            built = control_bench.build(verilog, quick=True, cache=self._cache(rtl, work))
        except CheckFailed as error:
            return str(error)
        return built.run(self.seed, TRANSFERS).wrong

    def _bench(self, file: str, rtl: Path, work: Path) -> str:
        sources = VerilogSources(sorted(rtl.glob("*.v")))
        for block, benches in BENCHES.items():
            below = sources.below(block)
            if rtl / file not in below or self._acquitted_before(rtl, BENCH, block):
                continue
            try:
                sizes, cache = SIZES.get(block, {}), self._cache(rtl, work)
                built = build(below, block, parameters=sizes, quick=True, cache=cache)
                for bench in benches:
                    place = work / "bench" / bench
                    failures = run(built, f"verification.{bench}", place).failures
                    if failures:
                        return f"{bench}.{failures[0].name}: {failures[0].message}"
            except CheckFailed as error:
                return f"{block}: {error}"
        return ""

    def _chip(self, file: str, rtl: Path, work: Path) -> str:
        """Exported as it is, the files of what was changed changed as well."""
        number = self._chip_with(file)
        if number is None or self._acquitted_before(rtl, CHIP, str(number)):
            return ""
        right, place = asset_folder("rtl") / file, work / "chip"
        shutil.copytree(self._exported(number), place)
        for path in (place / "rtl").glob("*.v"):
            if path.read_bytes() == right.read_bytes():
                shutil.copyfile(rtl / file, path)
        cache = self._cache(rtl, work)
        values = (place / "rtl", self.seed, EVENTS, cache)
        return self._compared("asicae.campaigns.mutant_chip", *values, work=work)

    def _encoder(self, file: str, rtl: Path, work: Path) -> str:
        """As ``_chip``, of each encoder that has the file."""
        for name in self._encoders_with(file):
            if self._acquitted_before(rtl, ENCODER, name):
                continue
            place = _own_folder(name, work)
            verilog = Path(shutil.copytree(self._exported_encoder(name), place / "rtl"))
            shutil.copyfile(rtl / file, verilog / Path(file).name)
            values = (verilog, name, self.seed, ENCODER_EVENTS, self._cache(rtl, work))
            said = self._compared("asicae.campaigns.mutant_coder", *values, work=place)
            if said:
                return f"{name}: {said}"
        return ""

    @staticmethod
    def _encoders_with(file: str) -> tuple[str, ...]:
        """Names of those that have a file which no chip has."""
        if Path(file).parent.name not in (ADAPTIVE_CHOICE, HYBRID_CHOICE):
            return ()
        own = asset_folder("rtl") / file
        return tuple(name for name, coder in JUDGED_CODERS.items() if own in coder.sources)

    def _chip_with(self, file: str) -> int | None:
        right = asset_folder("rtl") / file
        return next((n for n, chip in enumerate(self._chips) if right in chip.simulated), None)

    @staticmethod
    def _compared(module: str, *values: object, work: Path) -> str:
        """What a module that is given these values answers, in a folder."""
        answer = work / "answer"
        command = [sys.executable, "-m", module, *map(str, values)]
        status = run_group([*command, str(answer)])
        if status == -signal.SIGPROF:
            return "the simulation does not end"
        return read_text(answer) if status == 0 else f"ends with status {status}"

    def _cache(self, rtl: Path, work: Path) -> Path:
        """Of builds: what is built of the Verilog as it is serves again."""
        return (self.folder if rtl == asset_folder("rtl") else work) / "cache"

    def _exported(self, number: int) -> Path:
        place, chip = self.folder / f"chip{number}", self._chips[number]
        if not place.exists():
            export_rtl(chip.network, place, chip.configuration)
        return place

    def _exported_encoder(self, name: str) -> Path:
        place = self.folder / name
        if not place.exists():
            JUDGED_CODERS[name].export(place)
        return place / "rtl"


def _own_folder(name: str, beside: Path) -> Path:
    """A new one in ``beside``, which is the work of no other killer."""
    made = beside / name.replace("/", "-").replace(" ", "-")
    made.mkdir(parents=True)
    return made
