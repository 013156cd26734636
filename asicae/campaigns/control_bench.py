"""The bench of the chip's control: an I2C host in C++ on the verilated blocks, against a model.

Its sources lie under ``verification/control/``; ``control.v`` says what stands on the bus.
"""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.design import design_of
from asicae.chip.registers import register_map
from asicae.chip.triplication import GATED, STATE
from asicae.estimation.verilog_sources import VerilogSources
from asicae.foundation.assets import asset_folder
from asicae.foundation.cache import cached
from asicae.foundation.errors import CheckFailed
from asicae.foundation.files import read_text, write_text
from asicae.foundation.progress import step
from asicae.network.description import Network
from asicae.simulation.builds.toolchain import compiler
from asicae.simulation.builds.verilated_bench import (
    COVERAGE,
    IN_ONE,
    QUICK_LEVELS,
    build_failed,
)
from asicae.simulation.builds.verilator import find
from asicae.simulation.engines.chip_library import DRIVEN

NETWORK: Final = "econ-t"
"""Whose registers there are: its CRC takes longer than a byte on the bus."""
KEEP_BITS: Final = 16
"""Of its keep mask, which repeats a pattern."""
OTHER_DEVICE: Final = 0x5D
RING_READ_ONLY: Final = 8
"""Address of four bytes behind the other target that cannot be written."""
TOP: Final = "control"
PROGRAM: Final = "i2c_bench"
BLOCKS: Final = (
    *("reset_control", "i2c_target", "register_file", "weight_bank", "gated_weight_bank"),
    "pipeline_rank",
)
GATED_FILE: Final = "gated/register_file.v"
"""In step with the other, under a name of its own."""
OPTIONS: Final = [*DRIVEN, *f"-Wno-lint --top-module {TOP} -y . -Mdir model".split()]
LIMIT_S: Final = 600
_VECTOR: Final = re.compile(rf"(?:\w+)(?:<\d+>)?/\*(\d+):0\*/ (\w+__DOT__{STATE});")


@dataclass(frozen=True)
class Answer:
    """What a run of the bench says.

    Attributes:
        wrong: what differs from the model, if anything.
        counts: what was done.
        situations: how often each came that the model knows, of a run that is covered.
        levels: of such a run, by register: of each byte the bits that were written 0, written 1,
            read 0 and read 1.
    """

    wrong: str
    counts: Mapping[str, int]
    situations: Mapping[str, int] = field(default_factory=dict)
    levels: Mapping[str, Sequence[Sequence[int]]] = field(default_factory=dict)

    def check(self) -> "Answer":
        """Return self where nothing differs.

        Raises:
            CheckFailed: something does.
        """
        if self.wrong:
            raise CheckFailed(f"{PROGRAM}: {self.wrong}")
        return self


@dataclass(frozen=True)
class ControlBench:
    """The built program."""

    path: Path

    def run(
        self, seed: int, transfers: int, mistake: int = 0, coverage: Path | None = None
    ) -> Answer:
        """So many random transfers, and an upset of each flip-flop.

        ``mistake``: which of those that were planted is made, from 1 on; 0: none. ``coverage``:
        file for what a build that covers counted; directed transfers come before then.

        Raises:
            CheckFailed: it ends without an answer.
        """
        command = [str(self.path), str(seed), str(transfers), str(mistake)]
        command += [str(coverage)] if coverage else []
        limit = None if coverage else LIMIT_S  # no mistake makes what counts so slow endless
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=limit
            )
        except subprocess.TimeoutExpired:
            return Answer(f"does not end within {LIMIT_S} s", {})
        if done.returncode == 1 and done.stderr:
            return Answer(done.stderr.strip(), {})
        if done.returncode != 0:
            raise CheckFailed(f"{PROGRAM}: ends with status {done.returncode}")
        counts, *reached = map(json.loads, done.stdout.splitlines())
        return Answer("", counts, **(reached[0] if reached else {}))


def sources(rtl: Path | None = None) -> dict[str, str]:
    """Verilog of the blocks under the bench, by their file in ``rtl/``."""
    folder = rtl or asset_folder("rtl")
    plain = sorted(folder.glob("*.v"))
    gated = [path for path in plain if path.name != Path(GATED_FILE).name] + [folder / GATED_FILE]
    files = {path for block in BLOCKS for path in VerilogSources(plain).below(block)}
    files |= set(VerilogSources(gated).below("register_file"))
    return {path.relative_to(folder).as_posix(): read_text(path) for path in sorted(files)}


def build(
    verilog: Mapping[str, str],
    *,
    quick: bool = False,
    coverage: bool = False,
    cache: Path | None = None,
) -> ControlBench:
    """The bench on ``verilog`` (see ``sources``), compiled once per content.

    ``quick`` compiles without optimisation: right for a few hundred transfers. With ``coverage``
    it counts what is run and what toggles of files called as ``placed`` says.

    Raises:
        MissingTool, BadInput: as ``verilator.find``.
        CheckFailed: Verilator or the compiler refuses the sources.
    """
    verilator = find()
    folder = asset_folder("verification") / TOP
    own = {path.name: read_text(path) for path in sorted(folder.iterdir()) if path.is_file()}
    texts = own | {placed(file): _named(file, text) for file, text in verilog.items()}
    texts |= {"map.hpp": _map(), "visible.vlt": _visible()}
    levels = QUICK_LEVELS if quick else ("OPT_FAST=-O2", "OPT_SLOW=-O0", "OPT_GLOBAL=-O2", *IN_ONE)
    command = [str(verilator.executable), *OPTIONS, *_parameters(), "visible.vlt", "control.v"]
    command += [f"{PROGRAM}.cpp", "-o", PROGRAM, *(COVERAGE if coverage else ())]
    environment = verilator.environment(*levels)

    def make(work: Path) -> list[str]:
        step("compiling the I2C bench of the chip's control")
        for name, text in texts.items():
            write_text(work / name, text)
        _call(command, environment, work)
        header = read_text(work / "model" / f"V{TOP}___024root.h")
        write_text(work / "vectors.hpp", _vectors(header))
        _call(["make", "-C", "model", "-f", f"V{TOP}.mk"], environment, work)
        return [f"model/{PROGRAM}"]

    parts = [verilator.label, compiler().version, command, levels, texts]
    return ControlBench(cached(PROGRAM, parts, make, cache).folder / PROGRAM)


def _call(command: list[str], environment: Mapping[str, str], work: Path) -> None:
    done = subprocess.run(
        command, cwd=work, env=dict(environment), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise build_failed(done.stdout + done.stderr, work.parent / f"{PROGRAM}.failed.log")


def placed(file: str) -> str:
    """What a file of ``rtl/`` is called in the bench."""
    return file.replace("/", "_")


def _named(file: str, text: str) -> str:
    """The gated register file under a name beside that of the other."""
    if file != GATED_FILE:
        return text
    return text.replace("module register_file ", "module gated_register_file ")


def _parameters() -> list[str]:
    numbers = design_of(Network.preset(NETWORK)).blocks["u_register_file"].numbers
    values = {name: numbers[name] for name in ("WEIGHT_BYTES", "DESIGN_HASH")}
    values |= {"FIRST": DEVICE_ADDRESS, "SECOND": OTHER_DEVICE, "KEEP_BITS": KEEP_BITS}
    values |= {"RING_READ_ONLY": RING_READ_ONLY}
    return [f"-G{name}={value}" for name, value in values.items()]


def _visible() -> str:
    lines = [f'public_flat_rd -module "{m}" -var "{STATE}"' for m in ("tmr_copy", GATED.holder)]
    return "\n".join(["`verilator_config", *lines, ""])


def _vectors(header: str) -> str:
    """C++ that lists the flip-flops, by Verilator's header of the model."""
    found = [(name, int(last) + 1) for last, name in _VECTOR.findall(header)]
    if not found:
        raise CheckFailed(f"{PROGRAM}: no flip-flop is visible in the model")
    lines = [f'  found.push_back(vector_of("{n}", root.{n}, {bits}));' for n, bits in found]
    start = f"inline void vectors(V{TOP}___024root& root, std::vector<Vector>& found) {{"
    return "\n".join([start, *lines, "}", ""])


def _map() -> str:
    """The register map as C++: names, places, access and values after reset."""
    found = register_map(Network.preset(NETWORK))
    keep = KEEP_BITS // 8
    rows: list[str] = []
    constants = {"kFirst": DEVICE_ADDRESS, "kSecond": OTHER_DEVICE}
    constants |= {"kRingReadOnly": RING_READ_ONLY, "kKeepBytes": keep}
    constants |= {"kWeightBytes": found["WEIGHTS"].size}
    names = {"CONTROL": "kControl", "EXPECTED_CRC": "kExpectedCrc", "STATUS": "kStatus"}
    names |= {"WEIGHTS": "kWeights", "CRC": "kCrc"}
    names |= {"TMR_ERRORS": "kErrors", "TMR_SOURCES": "kTmrSources"}
    constants |= {constant: found[name].address for name, constant in names.items()}
    for register in found.registers:
        size = keep if register.name == "KEEP" else register.size
        reset = 0 if register.name == "KEEP" else register.reset
        writable = str(register.access == "rw").lower()
        name = f'Name::{register.name}, "{register.name}"'
        row = f"{name}, {register.address}, {size}, {writable}, {reset}u"
        rows.append(f"    {{{row}}},")
        constants |= {f"k{f.name}": register.mask(f.name) for f in register.fields}
    return "\n".join(
        [
            "#pragma once",
            f"enum class Name {{ {', '.join(register.name for register in found.registers)} }};",
            "struct Register {",
            "  Name name; const char* label; int address, size; bool writable; uint32_t reset;",
            "};",
            "constexpr Register kRegisters[] = {",
            *rows,
            "};",
            *(f"constexpr int {name} = {value};" for name, value in constants.items()),
            "",
        ]
    )
