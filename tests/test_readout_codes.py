import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asicae.errors import BadInput
from asicae.readout import codes

DENSITY = st.booleans()


def encode_by_hand(value, mantissa, largest_exponent):
    """The published rule on Python integers, independent of the vectorised code."""
    if value < 1 << mantissa:
        return value
    exponent = value.bit_length() - mantissa
    if exponent > largest_exponent:
        return (largest_exponent << mantissa) | ((1 << mantissa) - 1)
    return (exponent << mantissa) | ((value >> (exponent - 1)) & ((1 << mantissa) - 1))


def decode_by_hand(code, high_density):
    exponent, mantissa = code >> 3, code & 7
    if exponent == 0:
        return (mantissa << 3) + 4 if high_density else (mantissa << 1) + 1
    shift = exponent + 2 + (3 if high_density else 1)
    return 1 << shift | mantissa << (shift - 3) | 1 << (shift - 4)


@pytest.mark.parametrize(
    ("charge", "high_density", "code", "decoded"),
    [  # worked by hand: v = charge >> 1 or >> 3; e = floor(log2 v) - 2; m = (v >> (e-1)) & 7
        (0, False, 0, 1),
        (1, False, 0, 1),
        (15, False, 7, 15),  # v = 7, the last denormal
        (16, False, 8, 17),  # v = 8: e = 1, m = 0; 16 | 0 | 1
        (35, False, 16, 34),  # v = 17 = 0b10001: e = 2, m = 0; 32 | 0 | 2
        (1000, False, 55, 992),  # v = 500 = 0b111110100: e = 6, m = 7; 512 | 448 | 32
        (524287, False, 127, 507904),  # v = 2**18 - 1: e = 15, m = 7
        (524288, False, 127, 507904),  # v = 2**18 saturates
        (7, True, 0, 4),
        (63, True, 7, 60),
        (64, True, 8, 68),
        (1000, True, 39, 992),  # v = 125 = 0b1111101: e = 4, m = 7; 512 | 448 | 32
        (1 << 30, True, 127, 2031616),
    ],
)
def test_4e3m_hand_worked(charge, high_density, code, decoded):
    assert codes.encode_4e3m(charge, high_density) == code
    assert codes.decode_4e3m(code, high_density) == decoded


def test_4e3m_decode_of_every_code():
    every = np.arange(128)
    for density in (False, True):
        expected = [decode_by_hand(code, density) for code in range(128)]
        assert codes.decode_4e3m(every, density).tolist() == expected
        assert (codes.encode_4e3m(codes.decode_4e3m(every, density), density) == every).all()
        assert (np.diff(codes.decode_4e3m(every, density)) > 0).all()
    mixed = codes.decode_4e3m(np.array([0, 0]), np.array([False, True]))
    assert mixed.tolist() == [1, 4] and mixed.dtype == np.int32


@given(st.lists(st.integers(0, (1 << 53) - 1), min_size=1), DENSITY)
def test_4e3m_encode_equals_the_rule(charges, density):
    expected = [encode_by_hand(c >> (3 if density else 1), 3, 15) for c in charges]
    assert codes.encode_4e3m(np.array(charges), density).tolist() == expected


@given(st.integers(0, (1 << 22) - 1), st.integers(0, (1 << 22) - 1), DENSITY)
def test_4e3m_is_monotonic_and_within_half_a_bin(first, second, density):
    low, high = sorted((first, second))
    assert codes.encode_4e3m(low, density) <= codes.encode_4e3m(high, density)
    largest = ((1 << 18) << (3 if density else 1)) - 1
    if high <= largest:
        back = int(codes.decode_4e3m(codes.encode_4e3m(high, density), density))
        # A bin is 1/8 of its power of two, so its middle is at most 1/16 away.
        assert abs(back - high) <= max(high / 16, 4 if density else 1)


@pytest.mark.parametrize(
    ("value", "code", "decoded"),
    [
        (15, 15, 15),
        (16, 16, 16),  # e = 1, m = 0
        (31, 31, 31),
        (32, 32, 33),  # e = 2: bins of 2
        (1000, 6 << 4 | 15, 1008),  # 0b1111101000: e = 9 - 3, m = (1000 >> 5) & 15 = 15
        ((1 << 35) - 1, 511, (31 << 30) + (1 << 29)),
        (1 << 35, 511, (31 << 30) + (1 << 29)),
    ],
)
def test_5e4m_hand_worked(value, code, decoded):
    assert codes.encode_5e4m(value) == code
    assert codes.decode_5e4m(code) == decoded


@given(st.lists(st.integers(0, (1 << 53) - 1), min_size=1))
def test_5e4m_encode_equals_the_rule(values):
    expected = [encode_by_hand(value, 4, 31) for value in values]
    assert codes.encode_5e4m(np.array(values)).tolist() == expected


def test_5e4m_round_trip_of_every_code():
    every = np.arange(512)
    decoded = codes.decode_5e4m(every)
    assert (codes.encode_5e4m(decoded) == every).all() and (np.diff(decoded) > 0).all()


@given(st.integers(0, (1 << 35) - 1))
def test_5e4m_is_within_half_a_bin(value):
    back = int(codes.decode_5e4m(codes.encode_5e4m(value)))
    assert abs(back - value) <= value / 32


def test_calibration_hand_worked():
    assert codes.calibrate([1000, 1000, 3, 4], [0x800, 0x400, 0x7FF, 511]).tolist() == [
        1000, 500, 2, 0,
    ]  # fmt: skip
    assert codes.calibrate(2031616, 0xFFF) == 2031616 * 0xFFF >> 11
    assert codes.calibrate(1 << 22, 0x800) == (1 << 22) - 1  # saturates at 22 bits


@given(st.integers(0, (1 << 32) - 1), st.integers(0, 0xFFF))
def test_calibration_equals_the_rule(decoded, factor):
    assert codes.calibrate(decoded, factor) == min(decoded * factor >> 11, (1 << 22) - 1)


def test_values_out_of_range_are_refused():
    with pytest.raises(BadInput, match=r"charge -1 is out of range"):
        codes.encode_4e3m([3, -1], False)
    with pytest.raises(BadInput, match="code 128 is out of range"):
        codes.decode_4e3m(128, False)
    with pytest.raises(BadInput, match="code 512"):
        codes.decode_5e4m([512])
    with pytest.raises(BadInput, match="factor 4096"):
        codes.calibrate(1, 4096)
    with pytest.raises(BadInput, match="type float64"):
        codes.encode_5e4m([1.0])
