"""Fixed-point types mean what big-integer arithmetic says they mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from tests.judges.exact_reference import requantised

types = st.builds(
    FixedPoint,
    width=st.integers(1, 16),
    integer=st.integers(-3, 18),
    signed=st.booleans(),
    rounding=st.sampled_from(Rounding),
    overflow=st.sampled_from(Overflow),
)


@given(kind=types, raw=st.integers(-(2**30), 2**30), fraction=st.integers(0, 24))
def test_cast_equals_unlimited_integers(kind: FixedPoint, raw: int, fraction: int) -> None:
    assert int(kind.cast(raw, fraction)) == requantised(raw << 32, fraction + 32, kind)


@given(kind=types, raw=st.integers(-(2**20), 2**20), fraction=st.integers(0, 20))
def test_quantise_of_a_real_equals_cast_of_its_integer(
    kind: FixedPoint, raw: int, fraction: int
) -> None:
    assert int(kind.quantise(raw * 2.0**-fraction)) == int(kind.cast(raw, fraction))


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        (Rounding.TRN, [-2, -2, -1, -1, 0, 0, 1, 1, 2]),
        (Rounding.RND, [-2, -1, -1, 0, 0, 1, 1, 2, 2]),
        (Rounding.RND_CONV, [-2, -2, -1, 0, 0, 0, 1, 2, 2]),
        (Rounding.RND_CONV_ODD, [-2, -1, -1, -1, 0, 1, 1, 1, 2]),
        (Rounding.RND_INF, [-2, -2, -1, -1, 0, 1, 1, 2, 2]),
        (Rounding.RND_ZERO, [-2, -1, -1, 0, 0, 0, 1, 1, 2]),
        (Rounding.RND_MIN_INF, [-2, -2, -1, -1, 0, 0, 1, 1, 2]),
        (Rounding.TRN_ZERO, [-2, -1, -1, 0, 0, 0, 1, 1, 2]),
    ],
)
def test_halves_are_rounded_as_the_mode_says(rounding: Rounding, expected: list[int]) -> None:
    halves = np.arange(-4, 5)  # -2.0, -1.5, ... 2.0 with one fractional bit
    assert FixedPoint(4, 4, True, rounding).cast(halves, 1).tolist() == expected


@pytest.mark.parametrize(
    ("overflow", "expected"),
    [
        (Overflow.SAT, [-4, -4, -3, 3, 3]),
        (Overflow.SAT_SYM, [-3, -3, -3, 3, 3]),
        (Overflow.SAT_ZERO, [0, -4, -3, 3, 0]),
        (Overflow.WRAP, [3, -4, -3, 3, -4]),
    ],
)
def test_ends_of_the_range_are_as_the_mode_says(overflow: Overflow, expected: list[int]) -> None:
    kind = FixedPoint(3, 3, True, overflow=overflow)
    assert kind.cast([-5, -4, -3, 3, 4], 0).tolist() == expected


@given(kind=types)
def test_text_and_bits_round_trip(kind: FixedPoint) -> None:
    assert FixedPoint.parse(str(kind)) == kind
    raw = np.array([kind.raw_min, kind.raw_max, 0])
    assert kind.from_bits(kind.unsigned_bits(raw)).tolist() == raw.tolist()


@pytest.mark.parametrize("text", ["fixed<6>", "fixed<0,1>", "ufixed<17,1>", "fixed<6,1,UP>", "int"])
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        FixedPoint.parse(text)
