"""Neurons of radix-4 digits round ahead of the sum: every operand of one tap, in every mode."""

import functools
import itertools
import shutil
from pathlib import Path

import pytest

from asicae.chip.blocks import OVERFLOW_NUMBER, ROUNDING_NUMBER
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from tests.judges import exact_reference
from tests.support.rtl_harness import RTL, parameter_text, run_vectors, values, verilate_vectors

pytestmark = pytest.mark.build
FILES = (
    *("full_adder", "bit_heap", "radix4_digit", "radix4_sum", "requantise"),
    "radix4/neuron",
)
DATA, WEIGHT, BIAS, BIAS_SHIFT, OUT, IN_BITS = 4, 4, 5, 1, 5, 96
ROWS = range(1 << DATA + WEIGHT + BIAS)
ACC = 9
"""Signed; the largest sum is 135, and half of the largest step 128."""
SHIFTS = (0, 1, 4, 8)
KINDS = [
    (shift, FixedPoint(OUT, OUT, signed, rounding, overflow), not signed)
    for shift, (number, (rounding, overflow)) in itertools.product(
        SHIFTS, enumerate(itertools.product(Rounding, Overflow))
    )
    for signed in ((number + shift) % 2 == 0,)
]
"""Shift, output type, ReLU."""


def _instance(place: int) -> str:
    shift, kind, relu = KINDS[place]
    given = {
        "INPUTS": 1,
        "INPUT_WIDTH": DATA,
        "WEIGHT_WIDTH": WEIGHT,
        "BIAS_WIDTH": BIAS,
        "BIAS_SHIFT": BIAS_SHIFT,
        "ACC_WIDTH": ACC,
        "SHIFT": shift,
        "OUT_WIDTH": OUT,
        "OUT_SIGNED": int(kind.signed),
        "ROUNDING": ROUNDING_NUMBER[kind.rounding],
        "OVERFLOW": OVERFLOW_NUMBER[kind.overflow],
        "RELU": int(relu),
    }
    return (
        f"neuron #({parameter_text(given)}) u_{place} (.data_i(in_i[0+:{DATA}]), "
        f".weight_i(in_i[{DATA}+:{WEIGHT}]), .bias_i(in_i[{DATA + WEIGHT}+:{BIAS}]), "
        f".data_o(out_o[{place * OUT}+:{OUT}]));"
    )


@functools.cache
def _answer(total: int, place: int) -> int:
    """Bits of the output of a neuron for its accumulator; most rows share theirs with others."""
    shift, kind, relu = KINDS[place]
    return exact_reference.requantised(total, shift, kind, relu) & ((1 << OUT) - 1)


def _wrong(folder: Path, old: str = "", new: str = "") -> set[tuple[int, Rounding]]:
    """Shift and rounding of the neurons that answer wrong, with ``new`` for ``old`` in theirs."""
    rtl = folder / "rtl"
    rtl.mkdir()
    for name in FILES:
        shutil.copy(RTL / f"{name}.v", rtl)
    text = (rtl / "neuron.v").read_text()
    assert not old or text.count(old) == 1
    (rtl / "neuron.v").write_text(text.replace(old, new) if old else text)
    bits = len(KINDS) * OUT
    ports = f"input clk_i, input [{IN_BITS - 1}:0] in_i, output [{bits - 1}:0] out_o"
    bench = f"module bench ({ports});\n" + "\n".join(map(_instance, range(len(KINDS))))
    executable = verilate_vectors(folder / "b", f"{bench}\nendmodule\n", IN_BITS, bits, rtl=rtl)
    wrong = set()
    for row, found in zip(ROWS, run_vectors(executable, ROWS, IN_BITS, bits), strict=True):
        (weight,) = values(row >> DATA, WEIGHT, 1, True)
        (bias,) = values(row >> DATA + WEIGHT, BIAS, 1, True)
        total = (row & ((1 << DATA) - 1)) * weight + (bias << BIAS_SHIFT)
        for place, (shift, kind, _) in enumerate(KINDS):
            if found >> place * OUT & ((1 << OUT) - 1) != _answer(total, place):
                wrong.add((shift, kind.rounding))
    return wrong


def test_every_mode_and_operand(tmp_path: Path) -> None:
    assert _wrong(tmp_path) == set()


NEAREST = {Rounding.RND, Rounding.RND_CONV}
MUTATIONS = {
    "half a step less": ("<< BIAS_SHIFT) + HALF", "<< BIAS_SHIFT)", SHIFTS[1:], NEAREST),
    "halves are not told": ("~|total[SHIFT-1:0]", "1'b0", SHIFTS[1:], {Rounding.RND_CONV}),
    "a bit less": (": SHIFT) + 1", ": SHIFT)", SHIFTS[-1:], NEAREST),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_is_found_where_it_matters(name: str, tmp_path: Path) -> None:
    old, new, shifts, roundings = MUTATIONS[name]
    assert _wrong(tmp_path, old, new) == set(itertools.product(shifts, roundings))
