"""The C++ roundings and overflows compute the same integers as FixedPoint, in every mode."""

import itertools
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from asicae.export.parameters import cpp_type
from asicae.foundation.assets import asset_folder
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding

pytestmark = pytest.mark.build

KINDS = [
    FixedPoint(width, integer, signed, rounding, overflow)
    for (width, integer, signed), rounding, overflow in itertools.product(
        [(6, 1, True), (8, 1, False), (9, 1, False), (1, 1, True), (16, 9, True), (4, 7, False)],
        Rounding,
        Overflow,
    )
]
FRACTIONS = (0, 3, 12, 20)
GXX = pytest.mark.skipif(shutil.which("g++") is None, reason="no g++: install a C++ compiler")
PROGRAM = """
#include <cstdio>
#include "asicae_rounding.hpp"
using namespace asicae;
template <class TYPE, int FRACTION>
long long cast(std::int64_t value) {{
  constexpr int shift = FRACTION - TYPE::fraction;
  if constexpr (shift <= 0) {{
    return emulator::overflowed<TYPE>(value * (std::int64_t{{1}} << -shift));
  }} else {{
    return emulator::overflowed<TYPE>(emulator::rounded<TYPE>(value, shift));
  }}
}}
int main() {{
  long long value;
  while (std::scanf("%lld", &value) == 1) {{
{lines}
    std::printf("\\n");
  }}
}}
"""


def run(folder: Path, header: Path, values: np.ndarray) -> np.ndarray:
    lines = "\n".join(
        f'    std::printf("%lld ", cast<{cpp_type(kind)}, {fraction}>(value));'
        for kind in KINDS
        for fraction in FRACTIONS
    )
    source = folder / "main.cpp"
    source.write_text(PROGRAM.format(lines=lines))
    warnings = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-O0"]
    sanitizer = ["-fsanitize=undefined", "-fno-sanitize-recover=all"]
    folders = [f"-I{header.parent}", f"-I{asset_folder('hls')}"]
    command = ["g++", *warnings, *sanitizer, *folders, str(source), "-o"]
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


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    generator = np.random.default_rng(1)
    corners = np.array([0, 1, -1, 2**30, -(2**30), 2**40, -(2**40)])
    halves = np.arange(-600, 600) * 2**11
    return np.concatenate([corners, halves, generator.integers(-(2**26), 2**26, 3000)])


@GXX
def test_cpp_equals_python(tmp_path: Path, values: np.ndarray) -> None:
    header = asset_folder("hls") / "asicae_rounding.hpp"
    assert np.array_equal(run(tmp_path, header, values), expected(values))


# What stands in the header, what to put there, and the modes that this breaks.
MUTATIONS = [
    ("if constexpr (R == Rounding::TRN) {", "if constexpr (false) {", {"TRN"}),
    ("(sign(value) & static_cast<Integer>(step - 1))", "sign(value)", {"TRN_ZERO"}),
    ("return NUMBER{} + 1;", "return -sign(down);", {"RND"}),
    ("return -sign(down);", "return sign(down) + 1;", {"RND_ZERO"}),
    ("return sign(down) + 1;", "return -sign(down);", {"RND_INF"}),
    ("default:\n      return NUMBER{};", "default:\n      return down & 1;", {"RND_MIN_INF"}),
    ("return down & 1;", "return ~down & 1;", {"RND_CONV"}),
    ("return ~down & 1;", "return down & 1;", {"RND_CONV_ODD"}),
    ("value > high ? high : value", "value > high ? NUMBER{} : value", {"SAT", "SAT_SYM"}),
    ("held > high ? zero : held", "held > high ? high : held", {"SAT_ZERO"}),
    ("? -TYPE::raw_max : TYPE", "? TYPE::raw_min : TYPE", {"SAT_SYM"}),
    ("& rest)", "& (rest - 1))", {"WRAP"}),
]


@GXX
@pytest.mark.parametrize(("old", "new", "modes"), MUTATIONS)
def test_a_fault_of_a_mode_is_seen_there_only(
    tmp_path: Path, values: np.ndarray, old: str, new: str, modes: set[str]
) -> None:
    source = (asset_folder("hls") / "asicae_rounding.hpp").read_text()
    assert source.count(old) == 1
    header = tmp_path / "asicae_rounding.hpp"
    header.write_text(source.replace(old, new))
    few = values[::5]
    wrong = (run(tmp_path, header, few) != expected(few)).any(axis=(0, 2))
    broken = [kind for kind, differs in zip(KINDS, wrong, strict=True) if differs]
    assert {str(kind.rounding) for kind in broken} == (modes & set(Rounding) or set(Rounding))
    assert {str(kind.overflow) for kind in broken} == (modes & set(Overflow) or set(Overflow))
