"""The requantiser of the RTL: every mode on every value, and a fault of each mode is seen."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest

from asicae.chip.blocks import OVERFLOW_NUMBER, ROUNDING_NUMBER
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from tests.judges import exact_reference
from tests.support.rtl_harness import (
    RTL,
    lint,
    parameter_text,
    run_vectors,
    vector,
    verilate_vectors,
)

ACC = 10
OUT = 12
IN_BITS = 96  # the harness wants vectors of more than 64 bits
ROWS = range(-(1 << (ACC - 1)), 1 << (ACC - 1))
Mode = tuple[int, FixedPoint, bool]
"""Shift, output type (whole numbers), ReLU."""


def _modes(shifts: Sequence[int], widths: Sequence[int]) -> list[Mode]:
    return [
        (shift, FixedPoint(width, width, signed, rounding, overflow), relu)
        for shift, width, signed, relu, rounding, overflow in itertools.product(
            shifts, widths, (False, True), (False, True), Rounding, Overflow
        )
    ]


def _instance(module: str, place: int, mode: Mode) -> str:
    shift, kind, relu = mode
    given = {
        "ACC_WIDTH": ACC,
        "SHIFT": shift,
        "OUT_WIDTH": kind.width,
        "OUT_SIGNED": int(kind.signed),
        "ROUNDING": ROUNDING_NUMBER[kind.rounding],
        "OVERFLOW": OVERFLOW_NUMBER[kind.overflow],
        "RELU": int(relu),
    }
    low = place * OUT
    text = (
        f"{module} #({parameter_text(given)}) u_{place} "
        f"(.acc_i(in_i[{ACC - 1}:0]), .data_o(out_o[{low}+:{kind.width}]));\n"
    )
    if kind.width < OUT:
        text += f"assign out_o[{low + kind.width}+:{OUT - kind.width}] = 0;\n"
    return text


def _bench(instances: Sequence[str], modules: str = "") -> str:
    bits = len(instances) * OUT
    ports = f"input clk_i, input [{IN_BITS - 1}:0] in_i, output [{bits - 1}:0] out_o"
    return f"{modules}\nmodule bench ({ports});\n{''.join(instances)}endmodule\n"


def _outputs(folder: Path, instances: Sequence[str], modules: str = "") -> list[list[int]]:
    """What every instance answers to ROWS, two's complement patterns."""
    bits = len(instances) * OUT
    executable = verilate_vectors(folder, _bench(instances, modules), IN_BITS, bits)
    found = run_vectors(executable, [vector([row], ACC) for row in ROWS], IN_BITS, bits)
    mask = (1 << OUT) - 1
    return [[(row >> place * OUT) & mask for row in found] for place in range(len(instances))]


def _expected(mode: Mode) -> list[int]:
    shift, kind, relu = mode
    mask = (1 << kind.width) - 1
    return [exact_reference.requantised(row, shift, kind, relu) & mask for row in ROWS]


SHIFTS, WIDTHS = (0, 1, 2, 5, 11), (1, 4, 12)


def _instances(modes: Sequence[Mode]) -> list[str]:
    return [_instance("requantise", place, mode) for place, mode in enumerate(modes)]


@pytest.mark.build
@pytest.mark.parametrize("width", WIDTHS)
def test_every_mode_and_value(width: int, tmp_path: Path) -> None:
    modes = _modes(SHIFTS, (width,))
    for mode, found in zip(modes, _outputs(tmp_path, _instances(modes)), strict=True):
        assert found == _expected(mode), mode


@pytest.mark.slow
def test_no_mode_gives_a_warning(tmp_path: Path) -> None:
    assert lint(tmp_path, _bench(_instances(_modes(SHIFTS, WIDTHS)))) == ""


# What stands in requantise.v, what to put there, and the modes that this breaks.
MUTATIONS = [
    ("if (ROUNDING == TRN) begin", "if (1'b0) begin", {"TRN"}),
    ("negative && (half || rest)", "(half || rest)", {"TRN_ZERO"}),
    ("(ROUNDING == RND) ||", "", {"RND"}),
    ("(ROUNDING == RND_ZERO) && negative", "(ROUNDING == RND_ZERO) && !negative", {"RND_ZERO"}),
    ("(ROUNDING == RND_INF) && !negative", "(ROUNDING == RND_INF) && negative", {"RND_INF"}),
    ("(ROUNDING == RND) ||", "(ROUNDING == RND) || (ROUNDING == 5) ||", {"RND_MIN_INF"}),
    ("(ROUNDING == RND_CONV) && odd", "(ROUNDING == RND_CONV) && !odd", {"RND_CONV"}),
    ("(ROUNDING == RND_CONV_ODD) && !odd", "(ROUNDING == RND_CONV_ODD)", {"RND_CONV_ODD"}),
    ("(rest || tie_up)", "tie_up", set(Rounding) - {"TRN", "TRN_ZERO", "RND"}),
    ("LOWEST ^ {OUT_WIDTH{!full[FULL-1]}}", "LOWEST", {"SAT", "SAT_SYM"}),
    ("(OVERFLOW == SAT_ZERO) ? ZERO", "(OVERFLOW == SAT_ZERO) ? ONES", {"SAT_ZERO"}),
    ("LOWEST + 1'b1", "LOWEST", {"SAT_SYM"}),
    ("assign limited = full[OUT_WIDTH-1:0]", "assign limited = ~full[OUT_WIDTH-1:0]", {"WRAP"}),
    ("(SIGN != 0) && (&high)", "1'b0", {"SAT", "SAT_ZERO", "SAT_SYM"}),
]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> list[list[Mode]]:
    """The modes that go wrong with each mutation."""
    source = (RTL / "requantise.v").read_text()
    modes, modules, instances = _modes((2,), (4,)), "", []
    for number, (old, new, _) in enumerate(MUTATIONS):
        assert source.count(old) == 1, old
        name = f"requantise_{number}"
        modules += source.replace(old, new).replace("module requantise ", f"module {name} ")
        instances += [_instance(name, len(instances) + k, mode) for k, mode in enumerate(modes)]
    found = _outputs(tmp_path_factory.mktemp("broken"), instances, modules)
    wanted = [_expected(mode) for mode in modes]
    starts = range(0, len(found), len(modes))
    return [
        [mode for k, mode in enumerate(modes) if found[start + k] != wanted[k]] for start in starts
    ]


@pytest.mark.build
@pytest.mark.parametrize("number", range(len(MUTATIONS)), ids=[old for old, _, _ in MUTATIONS])
def test_a_fault_of_a_mode_is_seen_there_only(broken: list[list[Mode]], number: int) -> None:
    names = MUTATIONS[number][2]
    roundings = names if names <= set(Rounding) else set(Rounding)
    overflows = names if names <= set(Overflow) else set(Overflow)
    assert {str(kind.rounding) for _, kind, _ in broken[number]} == roundings
    assert {str(kind.overflow) for _, kind, _ in broken[number]} == overflows
