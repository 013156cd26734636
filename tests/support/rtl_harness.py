"""Verilated blocks without a bench of their own: words in, words out, one row a clock."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asicae.foundation.assets import asset_folder
from asicae.simulation.builds.verilated_bench import QUICK_LEVELS
from asicae.simulation.builds.verilator import find

RTL = asset_folder("rtl")

# The top must have clk_i, a vector in_i and a vector out_o, both of more than 64 bits. Outputs are
# sampled before the rising edge at which the row is clocked in.
DRIVER = """
#include "Vbench.h"
#include "verilated.h"
#include <cstdio>
int main() {
  Vbench top;
  while (fread(top.in_i.data(), 4, IN_WORDS, stdin) == IN_WORDS) {
    top.clk_i = 0; top.eval();
    fwrite(top.out_o.data(), 4, OUT_WORDS, stdout);
    top.clk_i = 1; top.eval();
  }
}
"""


def verilate(folder: Path, bench: str, *arguments: str, rtl: Path = RTL) -> Path:
    """Build module ``bench`` (Verilog text) with the blocks in ``rtl``; returns the executable."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.v").write_text(bench)
    verilator = find()
    command = [str(verilator.executable), "-O3", "-Wno-fatal", "--top-module", "bench"]
    command += [
        "-y",
        str(rtl),
        "-y",
        str(rtl / "graph"),
        "bench.v",
        "-Mdir",
        "build",
        "--build",
        "-j",
        "2",
        *arguments,
    ]
    done = subprocess.run(
        command,
        cwd=folder,
        env=verilator.environment(*QUICK_LEVELS),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return folder / "build" / "Vbench"


def verilate_vectors(
    folder: Path, bench: str, in_bits: int, out_bits: int, rtl: Path = RTL
) -> Path:
    """Build a bench with ports ``clk_i``, ``in_i`` and ``out_o`` for ``run_vectors``."""
    folder.mkdir(parents=True, exist_ok=True)
    words = f"#define IN_WORDS {words_of(in_bits)}\n#define OUT_WORDS {words_of(out_bits)}\n"
    (folder / "driver.cpp").write_text(words + DRIVER)
    return verilate(folder, bench, "--cc", "--exe", "driver.cpp", "-CFLAGS", "-O0", rtl=rtl)


def words_of(bits: int) -> int:
    """32-bit words of a vector."""
    return -(-bits // 32)


def run_vectors(executable: Path, rows: Sequence[int], in_bits: int, out_bits: int) -> list[int]:
    """Outputs for the input rows, vectors as integers."""
    size = 4 * words_of(in_bits)
    stimulus = b"".join(row.to_bytes(size, "little") for row in rows)
    done = subprocess.run([str(executable)], input=stimulus, capture_output=True, check=True)
    step = 4 * words_of(out_bits)
    assert len(done.stdout) == step * len(rows)
    mask = (1 << out_bits) - 1
    return [
        int.from_bytes(done.stdout[start : start + step], "little") & mask
        for start in range(0, len(done.stdout), step)
    ]


def vector(values: npt.ArrayLike, width: int) -> int:
    """Integers as one vector, value k at [k * width +: width], two's complement."""
    total = 0
    for place, value in enumerate(np.asarray(values).ravel().tolist()):
        total |= (value & ((1 << width) - 1)) << (place * width)
    return total


def values(bits: int, width: int, count: int, signed: bool) -> list[int]:
    """The inverse of ``vector``."""
    found = [(bits >> (place * width)) & ((1 << width) - 1) for place in range(count)]
    return [v - (1 << width) if signed and v >> (width - 1) else v for v in found]


def parameter_text(parameters: Mapping[str, int | str]) -> str:
    """Named parameters of an instance."""
    return ", ".join(f".{name}({value})" for name, value in parameters.items())


def lint(folder: Path, bench: str) -> str:
    """What Verilator and, where it is installed, Icarus have to say against a bench."""
    (folder / "bench.v").write_text(bench)
    verilator = find()
    options = "--lint-only -Wall -Wno-UNUSEDSIGNAL -Wno-DECLFILENAME --top-module bench -y".split()
    commands = [[str(verilator.executable), *options, str(RTL), "bench.v"]]
    if shutil.which("iverilog") is not None:
        commands.append([*"iverilog -g2005 -Wall -s bench -o out -y".split(), str(RTL), "bench.v"])
    said = ""
    for command in commands:
        done = subprocess.run(
            command,
            cwd=folder,
            env=verilator.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        said += done.stderr
        assert done.returncode == 0, said
    return said
