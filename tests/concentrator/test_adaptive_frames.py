"""Frames of Adaptive Choice worked by hand, what is received of them, and frames that are refused.

The event: cells 3, 8, 10, 20, 33, 47 with 100, 7, 1000, 31, 16, 5; sum 1159 = 10010000111b, whose
5E4M code is 00111 0010 and power of two 1024: a relative charge q 2^10 / 2^10 is the charge itself.
"""

import pytest

from asicae.concentrator.algorithms.table import ALGORITHMS
from tests.concentrator.test_golden_frames import encoded, settings_of

SUM = "00111 0010"
TWO_CELLS = {"most_cells": 2, "compander": "log_1_16"}


def test_one_link_two_cells():
    # Rank of {3, 10}: below(44, 2) + below(37, 1) = 1 + 44 + 946 + 1 + 37 = 1029.
    # 7 bits for 2 cells: 3 each, one more for the larger. log_1_16 is 64 2^(5c / 256): 1000 is
    # 64 2^3.966, c = 203 = 11001011b; 100 is 64 2^0.644, c = 32 = 00100000b.
    typed = f"10110 {SUM} 10000000101 001 110 0"
    fields, known = encoded("adaptive_choice", 1, typed, 32, **TWO_CELLS)
    assert fields.codes[0, [3, 10]].tolist() == [0b00100000, 0b11000000]
    # Cell 3: codes 32..63, 64 2^0.625 = 98.7 to below 64 2^1.25 = 152.2. Cell 10: 192..207, 861.1
    # to below 1069.3.
    settings = settings_of("adaptive_choice", 1, **TWO_CELLS)
    low, high = ALGORITHMS["adaptive_choice"].charge_bounds(fields, settings)
    assert low[0, [3, 10]].tolist() == [99, 862] and high[0, [3, 10]].tolist() == [152, 1069]
    # There may be more cells: the middle 1091 of 961..1221, of which 26 and 104 above the least.
    assert known.charges[0, [3, 10]].tolist() == [99 + 26, 862 + 104]
    assert known.module_sum[0] == 1184 and known.rest()[0] == 1184 - 1091


def test_two_links_six_cells():
    # Rank: below(44, 6) + below(39, 5) + below(37, 4) + below(27, 3) + below(14, 2) + below(0, 1)
    # = 8295046 + 667928 + 74519 + 3304 + 106 + 1 = 9040904. 26 bits: 4 each, two are left.
    # power_2_5 is 2048 (c / 256)^2.5, but c at least: 100, 7, 1000, 31, 16, 5 have 76, 7, 192, 31,
    # 16, 5; the largest first bits are those of cells 3 and 10, whose next ones are 1 and 0.
    rank = "100010011111010000001000"
    typed = f"10110 {SUM} {rank} 0100 0000 1100 0001 0001 0000 1 0"
    encoded("adaptive_choice", 2, typed, 64, most_cells=6, compander="power_2_5")


def test_five_links_have_a_map_and_whole_codes():
    # Ranks of 24 cells need 48 bits, so the map goes. log_1_128 is 8 2^(c / 32), but c at least:
    # 1000 = 8 2^6.966, c = 222; 100 = 8 2^3.644, c = 116, but that is above 100: c = 100; 31 and
    # 16 likewise; 7 and 5 are below 8: c = 0.
    cells = "000100001010000000001000000000000100000000000001"
    codes = "01100100 00000000 11011110 00011111 00010000 00000000"
    typed = f"10110 {SUM} {cells} {codes}" + "0" * 50
    _, known = encoded("adaptive_choice", 5, typed, 160, most_cells=24, compander="log_1_128")
    # These are all that have charge: 100, 1..8, 982..1002, 31, 16 and 1..8, in a sum of 1152..1215;
    # so it is 1152..1165, of which 1159 is the middle.
    assert known.charges[0].sum() == known.module_sum[0] == 1159 and known.rest()[0] == 0
    assert known.charges[0, [3, 20, 33]].tolist() == [100, 31, 16]


def test_one_cell_has_the_sum_and_an_empty_module_nothing():
    # 1000: 5E4M 00110 1111, power of two 512, relative 2000 = 64 2^4.966: c = 254, of which 7 bits.
    # {10}: below(37, 2) = 1 + 37 + 666 = 704.
    typed = "10110 00110 1111 01011000000 1111111"
    _, known = encoded("adaptive_choice", 1, typed, 32, {10: 1000}, **TWO_CELLS)
    # Codes 254 and 255 are 997..1023, the sum 992..1023.
    assert known.charges[0, 10] == known.module_sum[0] == 1010
    _, known = encoded("adaptive_choice", 1, "10110" + "0" * 27, 32, {}, **TWO_CELLS)
    assert known.module_sum[0] == 0 and not known.sent.any()


def test_of_equal_charges_the_lower_cells_are_sent_and_have_the_longer_codes():
    # 2 of 3 cells with 9, sum 27: 5E4M 00001 1011, power of two 16: relative 576 = 64 2^3.17,
    # c = 162 = 10100010b. {5, 20}: below(42, 2) + below(27, 1) = 904 + 28 = 932.
    typed = "10110 00001 1011 01110100100 101 101 0"
    fields, _ = encoded("adaptive_choice", 1, typed, 32, {41: 9, 20: 9, 5: 9}, **TWO_CELLS)
    widths = settings_of("adaptive_choice", 1, **TWO_CELLS).shared
    assert widths.share(2) == (3, 1) and fields.codes[0, [5, 20]].tolist() == [160, 160]


def test_bits_that_are_held_back_go_to_the_widest_bins():
    # As above, 26 bits for 6 codes: 4 each, of which 3 are first bits and 8 are left. Of the bins
    # of 3 bits of power_2_5, 000 is 0..31, octave 5; 010 is 64..176, octave 6; 110 is 998..1466,
    # octave 8. Down to octave 4 the six need 4 + 2 + 4 * 1 = 10 bits, down to 5 3 + 1 = 4. The 4
    # that are left go to the largest first bits and then to lower cells: 10, 3, 8, 20. Codes are
    # 01001100, 00000111, 11000000, 00011111, 00010000, 00000101.
    rank = "100010011111010000001000"
    typed = f"10110 {SUM} {rank} 010 000 110 000 000 000 01 0 0000 1"
    settings = {"most_cells": 6, "compander": "power_2_5", "held_back": 1}
    fields, _ = encoded("adaptive_choice", 2, typed, 64, **settings)
    assert fields.codes[0, [3, 8, 10, 20, 33, 47]].tolist() == [72, 0, 192, 16, 0, 0]


@pytest.mark.parametrize("links", range(1, 11))
def test_usual_settings_are_told_and_others_taken(links):
    usual = settings_of("adaptive_choice", links)
    assert f'"most_cells":{usual.most_cells}' in usual.text() and usual.compander in usual.text()
    assert settings_of("adaptive_choice", links, most_cells=1).most_cells == 1
    assert 14 + usual.ranks.bits + usual.shared.room == 32 * links
