"""The C++ fixed-point types compute the same integers as FixedPoint, in every mode."""

import itertools
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from asicae.assets import asset_folder
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding

KINDS = [
    FixedPoint(width, integer, signed, rounding, overflow)
    for (width, integer, signed), rounding, overflow in itertools.product(
        [(6, 1, True), (8, 1, False), (9, 1, False), (1, 1, True), (16, 9, True), (4, 7, False)],
        Rounding,
        Overflow,
    )
]
FRACTIONS = (0, 3, 12, 20)
PROGRAM = """
#include <cstdio>
#include "asicae_fixed.hpp"
using namespace asicae;
int main() {{
  long long value;
  while (std::scanf("%lld", &value) == 1) {{
{lines}
    std::printf("\\n");
  }}
}}
"""


def cpp(kind: FixedPoint) -> str:
    signed = "true" if kind.signed else "false"
    modes = f"Rounding::{kind.rounding}, Overflow::{kind.overflow}"
    return f"fixed<{kind.width}, {kind.integer}, {signed}, {modes}>"


def run(folder: Path, header: Path, values: np.ndarray) -> np.ndarray:
    lines = "\n".join(
        f'    std::printf("%lld ", (long long){cpp(kind)}::cast<{fraction}>(value).raw);'
        for kind in KINDS
        for fraction in FRACTIONS
    )
    source = folder / "main.cpp"
    source.write_text(PROGRAM.format(lines=lines))
    warnings = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-O1"]
    sanitizer = ["-fsanitize=undefined", "-fno-sanitize-recover=all"]
    command = ["g++", *warnings, *sanitizer, f"-I{header.parent}", str(source), "-o"]
    subprocess.run([*command, str(folder / "main")], check=True)
    text = "\n".join(str(int(value)) for value in values)
    done = subprocess.run(
        [str(folder / "main")], input=text, capture_output=True, text=True, check=True
    )
    rows = [row.split() for row in done.stdout.splitlines()]
    return np.array(rows, dtype=np.int64).reshape(len(values), len(KINDS), len(FRACTIONS))


def expected(values: np.ndarray) -> np.ndarray:
    return np.stack(
        [np.stack([kind.cast(values, f) for f in FRACTIONS], axis=-1) for kind in KINDS], axis=1
    )


@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++: install a C++ compiler")
def test_cpp_equals_python_and_a_mutated_header_does_not(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    corners = np.array([0, 1, -1, 2**30, -(2**30), 2**40, -(2**40)])
    halves = np.arange(-600, 600) * 2**11
    values = np.concatenate([corners, halves, generator.integers(-(2**26), 2**26, 3000)])
    header = asset_folder("hls") / "asicae_fixed.hpp"
    assert np.array_equal(run(tmp_path, header, values), expected(values))

    mutated = tmp_path / "mutated" / header.name
    mutated.parent.mkdir()
    mutated.write_text(header.read_text().replace("(down & 1) != 0", "(down & 1) == 0"))
    assert not np.array_equal(run(mutated.parent, mutated, values), expected(values))
