import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asicae.foundation.errors import BadInput
from asicae.module import codes

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


# The middle of every bin. Low density drops 1 bit: the first 16 bins are 2 wide, so their middles
# are 1, 3, 5 ...; from code 16 on the width doubles every 8 codes. High density: four times that.
LOW_DENSITY = """
     1      3      5      7      9     11     13     15
    17     19     21     23     25     27     29     31
    34     38     42     46     50     54     58     62
    68     76     84     92    100    108    116    124
   136    152    168    184    200    216    232    248
   272    304    336    368    400    432    464    496
   544    608    672    736    800    864    928    992
  1088   1216   1344   1472   1600   1728   1856   1984
  2176   2432   2688   2944   3200   3456   3712   3968
  4352   4864   5376   5888   6400   6912   7424   7936
  8704   9728  10752  11776  12800  13824  14848  15872
 17408  19456  21504  23552  25600  27648  29696  31744
 34816  38912  43008  47104  51200  55296  59392  63488
 69632  77824  86016  94208 102400 110592 118784 126976
139264 155648 172032 188416 204800 221184 237568 253952
278528 311296 344064 376832 409600 442368 475136 507904
"""
HIGH_DENSITY = """
      4      12      20      28      36      44      52      60
     68      76      84      92     100     108     116     124
    136     152     168     184     200     216     232     248
    272     304     336     368     400     432     464     496
    544     608     672     736     800     864     928     992
   1088    1216    1344    1472    1600    1728    1856    1984
   2176    2432    2688    2944    3200    3456    3712    3968
   4352    4864    5376    5888    6400    6912    7424    7936
   8704    9728   10752   11776   12800   13824   14848   15872
  17408   19456   21504   23552   25600   27648   29696   31744
  34816   38912   43008   47104   51200   55296   59392   63488
  69632   77824   86016   94208  102400  110592  118784  126976
 139264  155648  172032  188416  204800  221184  237568  253952
 278528  311296  344064  376832  409600  442368  475136  507904
 557056  622592  688128  753664  819200  884736  950272 1015808
1114112 1245184 1376256 1507328 1638400 1769472 1900544 2031616
"""


@pytest.mark.parametrize(("density", "table"), [(False, LOW_DENSITY), (True, HIGH_DENSITY)])
def test_the_typed_table_of_all_128_codes(density, table):
    typed = [int(number) for number in table.split()]
    assert codes.decode_4e3m(np.arange(128), density).tolist() == typed
    assert codes.encode_4e3m(np.array(typed), density).tolist() == list(range(128))
    # Both edges of a bin belong to its code: a bin ends where half of it lies above its middle.
    dropped = 3 if density else 1
    for code, middle in enumerate(typed):
        half = 1 << (max((code >> 3) - 1, 0) + dropped - 1)
        edges = [middle - half, middle + half - 1]
        assert codes.encode_4e3m(edges, density).tolist() == [code, code]


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


@pytest.mark.parametrize(
    ("value", "code", "decoded"),
    [
        (7, 7, 7),
        (15, 15, 15),  # e = 1: bins of 1 still
        (16, 16, 17),  # e = 2: bins of 2
        (1159, 8 << 3 | 1, 1216),  # 0b10010000111: e = 11 - 3, m = (1159 >> 7) & 7 = 1; 1152 + 64
        ((1 << 34) - 1, 255, (15 << 30) + (1 << 29)),
        (1 << 34, 255, (15 << 30) + (1 << 29)),
    ],
)
def test_5e3m_hand_worked(value, code, decoded):
    assert codes.encode_5e3m(value) == code
    assert codes.decode_5e3m(code) == decoded


@given(st.lists(st.integers(0, (1 << 53) - 1), min_size=1))
def test_5e3m_encode_equals_the_rule(values):
    expected = [encode_by_hand(value, 3, 31) for value in values]
    assert codes.encode_5e3m(np.array(values)).tolist() == expected
    every = np.arange(256)
    assert (codes.encode_5e3m(codes.decode_5e3m(every)) == every).all()


@given(st.integers(0, (1 << 22) - 1), st.integers(0, 4))
def test_a_charge_survives_the_concentrator_code_to_half_a_bin(charge, drop):
    code = codes.encode_charge(charge, drop)
    assert code == encode_by_hand(charge >> drop, 3, 15)
    back = codes.decode_charge(code, drop)
    assert codes.encode_charge(back, drop) == code
    if code == 0:
        assert back == 0 and charge < 1 << drop
    elif charge < 1 << (18 + drop):  # above, the code saturates
        assert abs(int(back) - charge) <= max(charge / 16, 1 << drop >> 1)


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
    with pytest.raises(BadInput, match="code 256"):
        codes.decode_5e3m([256])
    with pytest.raises(BadInput, match=r"drop_lsb is 5, allowed is 0\.\.4"):
        codes.encode_charge([1], 5)
    with pytest.raises(BadInput, match="factor 4096"):
        codes.calibrate(1, 4096)
    with pytest.raises(BadInput, match="type float64"):
        codes.encode_5e4m([1.0])
