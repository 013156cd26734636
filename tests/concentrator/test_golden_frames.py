"""Frames of every algorithm, worked by hand bit by bit from docs/frames.md.

The event: cells 3, 8, 10, 20, 33, 47 with 100, 7, 1000, 31, 16, 5; all others 0; sum 1159.

4E3M (e = bits - 3, m = next three bits):
    100 = 1100100b     7 bits, e 4, m 100   0100100
      7 = 111b         itself               0000111
   1000 = 1111101000b 10 bits, e 7, m 111   0111111
     31 = 11111b       5 bits, e 2, m 111   0010111
     16 = 10000b       5 bits, e 2, m 000   0010000
      5 = 101b         itself               0000101
Sum 1159 = 10010000111b: 11 bits. 5E3M: e 8, m 001 = 01000 001. 5E4M: e 7, m 0010 = 00111 0010.
Counter 22 = 10110b; Best Choice and Super Trigger Cell send its bits 4, 2, 1, 0: 1110.
"""

import numpy as np
import pytest

from asicae.chip import golden
from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import settings_from

EVENT = {3: 100, 8: 7, 10: 1000, 20: 31, 33: 16, 47: 5}
COUNTER = 22


def charges(event):
    calq = np.zeros((1, 48), dtype=np.int32)
    for cell, charge in event.items():
        calq[0, cell] = charge
    return calq


def settings_of(algorithm, links, **values):
    return settings_from({"alg_type": algorithm, "links": links, **values})


def text(frames, row=0):
    return "".join(f"{word:016b}" for word in frames.words[row, : frames.counts[row]])


def check(frames, settings, typed, bits):
    """The frame is the typed one filled with zeros to ``bits``, and decodes to itself."""
    typed = typed.replace(" ", "")
    assert text(frames) == typed.ljust(bits, "0") and len(typed) > bits - 32
    fields = codec.decode(frames, settings)
    again = codec.pack(fields, settings)
    assert np.array_equal(again.words, frames.words)
    assert np.array_equal(again.counts, frames.counts)
    return fields, codec.transmitted(fields, settings)


def encoded(algorithm, links, typed, bits, event=EVENT, **values):
    settings = settings_of(algorithm, links, **values)
    frames = codec.encode(charges(event), settings, [COUNTER])
    return check(frames, settings, typed, bits)


# Best Choice -----------------------------------------------------------------------------------

# 9 cells: the six of the event and the lowest of those with 0: 0, 1, 2. For 14 also 4 5 6 7 9.
MAP_9 = "111100001010000000001000000000000100000000000001"
MAP_14 = "111111111110000000001000000000000100000000000001"


@pytest.mark.parametrize(
    ("links", "typed"),
    [
        (1, "1110 01000001 001010 0111111"),  # n = 1: cell 10
        (
            2,  # n = 4: cells 3, 10, 20, 33 ascending
            "1110 01000001 000011 001010 010100 100001 0100100 0111111 0010111 0010000",
        ),
        (
            3,  # n = 6: all
            "1110 01000001 000011 001000 001010 010100 100001 101111"
            " 0100100 0000111 0111111 0010111 0010000 0000101",
        ),
        (
            4,  # n = 9: cells 0 1 2 3 8 10 20 33 47; 4 + 8 + 48 + 63 = 123 bits
            f"1110 01000001 {MAP_9} 0000000 0000000 0000000 0100100 0000111 0111111"
            " 0010111 0010000 0000101",
        ),
        (
            5,  # n = 14: cells 0 to 10, 20, 33, 47; 4 + 8 + 48 + 98 = 158 bits
            f"1110 01000001 {MAP_14} 0000000 0000000 0000000 0100100 0000000 0000000 0000000"
            " 0000000 0000111 0000000 0111111 0010111 0010000 0000101",
        ),
    ],
)
def test_best_choice(links, typed):
    fields, known = encoded("best_choice", links, typed, 32 * links)
    assert fields.header[0] == 0b1110 and fields.sums[0] == 0b01000001
    # 1159 lies in the 5E3M bin 1152..1279; its middle is 1216.
    assert known.module_sum[0] == 1216 and known.sum_of_all[0]
    # 4E3M bins: 1000 in 960..1023, middle 992; 100 in 96..103, middle 100.
    assert known.charges[0, 10] == 992
    assert known.charges[0, 3] == (100 if links > 1 else 0)
    assert known.rest()[0] == 1216 - known.charges[0].sum()


def test_best_choice_sum_of_the_rest_and_dropped_bits():
    # Rest of n = 1: 159 = 10011111b, 8 bits, e 5, m 001.
    _, known = encoded("best_choice", 1, "1110 00101001 001010 0111111", 32, use_sum=False)
    assert known.module_sum[0] == known.rest()[0] == 152  # bin 144..159, middle 152
    # Two bits dropped: 25, 1, 250, 7, 4, 1; sum 288 = 100100000b, e 6, m 001.
    # 250 = 11111010b: e 5, m 111.
    _, known = encoded("best_choice", 1, "1110 00110001 001010 0101111", 32, drop_lsb=2)
    assert known.charges[0, 10] == 992  # 240..255 is 960..1023 before the drop
    assert known.module_sum[0] == (288 + 16) << 2  # bin 288..319, middle 304


def test_best_choice_of_equal_charges_takes_the_lower_cell():
    tied = dict.fromkeys((40, 11, 30, 2, 25), 9)
    # 9 = 1001b: e 1, m 001. Five times 9 is 45 = 101101b: e 3, m 011.
    typed = "1110 00011011 000010 001011 011001 011110 0001001 0001001 0001001 0001001"
    fields, _ = encoded("best_choice", 2, typed, 64, tied)
    assert fields.cells.tolist() == [[2, 11, 25, 30]]  # and not 40


@pytest.mark.parametrize("links", range(1, 14))
def test_best_choice_sizes_by_the_table(links):
    n = (1, 4, 6, 9, 14, 18, 23, 28, 32, 37, 41, 46, 48)[links - 1]
    used = 12 + (6 * n if n < 8 else 48) + 7 * n
    assert 32 * (links - 1) < used <= 32 * links or links == 13  # 13 links hold 396 bits of 416
    full = dict.fromkeys(range(48), 127 << 15)  # saturates: all codes are ones
    settings = settings_of("best_choice", links)
    frames = codec.encode(charges(full), settings, [31])
    assert text(frames)[used - 7 * n :] == ("1" * 7 * n).ljust(32 * links - used + 7 * n, "0")


# Super Trigger Cell ----------------------------------------------------------------------------

# Groups of 4 of the event, with the place of the largest (cells in brackets, kit numbering):
#   0 (0 1 8 9)      7 at place 2          6 (20 21 28 29)   31 at place 0
#   1 (2 3 10 11) 1100, 1000 at place 2    8 (32 33 36 37)   16 at place 1
#   others 0, place 0                     11 (42 43 46 47)    5 at place 3
PLACES = "10 10 00 00 00 00 00 00 01 00 00 11".split()
# 5E4M: 1100 = 10001001100b: 11 bits, e 7, m 0001; 31: e 1, m 1111; 16: e 1, m 0000.
SUMS_9 = (
    "000000111 001110001 000000000 000000000 000000000 000000000"
    " 000011111 000000000 000010000 000000000 000000000 000000101"
).split()
# 4E3M: 1100: e 8, m 000; 31: e 2, m 111; 16: e 2, m 000.
SUMS_7 = (
    "0000111 1000000 0000000 0000000 0000000 0000000"
    " 0010111 0000000 0010000 0000000 0000000 0000101"
).split()


@pytest.mark.parametrize(("links", "groups"), enumerate((2, 5, 8, 11, 12), start=1))
def test_stc4_5e4m(links, groups):
    typed = "1110" + "".join(PLACES[:groups] + SUMS_9[:groups])
    assert len(typed) == 4 + groups * 11
    _, known = encoded("super_trigger_cell", links, typed, 32 * links, stc_type="stc4_5e4m")
    assert known.groups.sums[0, :2].tolist() == [7, 1120]  # bin 1088..1151, middle 1120
    assert known.groups.peaks[0, :2].tolist() == [8, 10]
    assert known.module_sum is None and not known.sent.any()
    image = known.image()[0]
    assert image[8] == 7 and image[10] == 1120 and image[3] == 0


@pytest.mark.parametrize(("links", "groups"), [(1, 2), (2, 3)])
def test_stc16_5e4m(links, groups):
    # Rhombus upper left: cells 0-3, 8-11, ...: 100 + 7 + 1000 = 1107 = 10001010011b: e 7, m 0001;
    # cell 10 is its place 6. Upper right: 31 in cell 20, place 8. Lower left: 16 + 5 = 21 = 10101b:
    # e 1, m 0101; cell 33 is place 1.
    typed = "1110" + "".join(["0110", "1000", "0001"][:groups])
    typed += "".join(["001110001", "000011111", "000010101"][:groups])
    _, known = encoded("super_trigger_cell", links, typed, 32 * links, stc_type="stc16_5e4m")
    assert known.groups.peaks[0].tolist() == [10, 20, 33][:groups]


@pytest.mark.parametrize(("links", "groups"), [(1, 4), (2, 8), (3, 12)])
def test_ctc4_4e3m(links, groups):
    typed = "1110" + "".join(SUMS_7[:groups])
    _, known = encoded("super_trigger_cell", links, typed, 32 * links, stc_type="ctc4_4e3m")
    assert known.groups.peaks is None
    # 1100 is in the bin 1024..1151, middle 1088: a quarter for each of its cells.
    assert known.image()[0, [2, 3, 10, 11]].tolist() == [272.0] * 4


@pytest.mark.parametrize(("links", "groups"), [(1, 3), (2, 6), (3, 10), (4, 12)])
def test_stc4_4e3m(links, groups):
    typed = "1110" + "".join(PLACES[:groups] + SUMS_7[:groups])
    encoded("super_trigger_cell", links, typed, 32 * links, stc_type="stc4_4e3m")


def test_stc_drops_bits_of_the_sum_only_and_of_equal_cells_names_the_first():
    # 3 + 3 = 6, then one bit dropped: 3. Dropping before adding would give 2. Places: cells 8 and 9
    # of group 0 are equal: place 2.
    typed = "1110 10 00 00 0000011 0000000 0000000"
    event = {8: 3, 9: 3}
    _, known = encoded("super_trigger_cell", 1, typed, 32, event, stc_type="stc4_4e3m", drop_lsb=1)
    assert known.groups.sums[0].tolist() == [7, 0, 0]  # 6 or 7 before the drop; code 0 is no charge


# Threshold Sum ---------------------------------------------------------------------------------


def test_threshold_sum_without_a_cell():
    _, known = encoded("threshold_sum", 1, "10110 000 01000001", 16, threshold=1001)
    assert not known.sent.any() and known.module_sum[0] == known.rest()[0] == 1216
    assert not known.truncated.any()


def test_threshold_sum_list():
    # A cell at its threshold is sent: 16 at 16. 16 + 3 + 4 * 13 = 71 bits, five words.
    typed = "10110 010 01000001 100 000011 001010 010100 100001 0100100 0111111 0010111 0010000"
    _, known = encoded("threshold_sum", 3, typed, 80, threshold=16)
    assert np.flatnonzero(known.sent[0]).tolist() == [3, 10, 20, 33]
    # The others hold 12 = 1100b: e 1, m 100.
    typed = typed.replace("01000001", "00001100", 1)
    _, known = encoded("threshold_sum", 3, typed, 80, threshold=16, use_sum=False)
    assert known.module_sum[0] == known.rest()[0] == 12 and not known.sum_of_all.any()


def test_threshold_sum_has_a_threshold_for_every_cell():
    threshold = [1 << 20] * 48
    threshold[8] = 7
    # 7 >> 1 is 3; the sum does not drop bits.
    typed = "10110 010 01000001 001 001000 0000011"
    encoded("threshold_sum", 1, typed, 32, threshold=threshold, drop_lsb=1)


@pytest.mark.parametrize(
    ("cells", "typed", "bits"),
    [
        (
            7,  # a list of 7: 16 + 3 + 91 = 110 bits. Sum 1 + ... + 7 = 28 = 11100b: e 2, m 110
            "10110 010 00010110 111 000000 000001 000010 000011 000100 000101 000110"
            " 0000001 0000010 0000011 0000100 0000101 0000110 0000111",
            112,
        ),
        (
            8,  # a map: 16 + 48 + 56 = 120 bits. Sum 36 = 100100b: e 3, m 001; 8: e 1, m 000
            "10110 100 00011001 11111111 0000000000000000000000000000000000000000"
            " 0000001 0000010 0000011 0000100 0000101 0000110 0000111 0001000",
            128,
        ),
    ],
)
def test_threshold_sum_changes_from_list_to_map_at_8_cells(cells, typed, bits):
    event = {cell: cell + 1 for cell in range(cells)}
    _, known = encoded("threshold_sum", 5, typed, bits, event, threshold=1)
    assert known.charges[0, :cells].tolist() == list(range(1, cells + 1))


def test_threshold_sum_at_two_links():
    # Five cells of 7 or more: 16 + 3 + 5 * 13 = 84 bits, six words; four go at once, two wait.
    typed = (
        "10110 010 01000001 101 000011 001000 001010 010100 100001"
        " 0100100 0000111 0111111 0010111 0010000"
    )
    _, known = encoded("threshold_sum", 2, typed, 96, threshold=7)
    assert np.flatnonzero(known.sent[0]).tolist() == [3, 8, 10, 20, 33]
    # The one cell left has 5.
    typed = typed.replace("01000001", "00000101", 1)
    _, known = encoded("threshold_sum", 2, typed, 96, threshold=7, use_sum=False)
    assert known.module_sum[0] == 5


def test_threshold_sum_at_four_links():
    # Three cells more, 3, 2 and 9: nine cells, a map, 16 + 48 + 63 = 127 bits, eight words as four
    # links carry. Sum 1173 = 10010010101b: e 8, m 001. 9 = 1001b: e 1, m 001.
    event = EVENT | {0: 3, 1: 2, 46: 9}
    typed = (
        "10110 100 01000001"
        " 1101 0000 1010 0000 0000 1000 0000 0000 0100 0000 0000 0011"
        " 0000011 0000010 0100100 0000111 0111111 0010111 0010000 0001001 0000101"
    )
    _, known = encoded("threshold_sum", 4, typed, 128, event, threshold=1)
    assert known.charges[0, [0, 1, 46, 47]].tolist() == [3, 2, 9, 5]


@pytest.mark.parametrize(
    ("links", "whole"),
    [
        (1, 0),  # T1 = 24 words: 25 never enter
        (2, 2),  # T1 = 48, 4 leave: 0 + 25, 21 + 25 = 46; 42 + 25 = 67 is too much
        (3, 3),  # T1 = 72, 6 leave: 0, 19, 38 + 25 = 63; 57 + 25 = 82
        (4, 5),  # T1 = 96, 8 leave: 0, 17, 34, 51, 68 + 25 = 93; 85 + 25 = 110
        (5, 7),  # T1 = 120, 10 leave: 0, 15, 30, 45, 60, 75, 90 + 25 = 115; 105 + 25 = 130
    ],
)
def test_threshold_sum_fills_its_buffer_at_every_link_count(links, whole):
    # All 48 cells are 16 + 48 + 336 = 400 bits, 25 words. Sum 48 + 1159 - 6 = 1201: e 8, m 001.
    event = dict.fromkeys(range(48), 1) | EVENT
    settings = settings_of("threshold_sum", links, threshold=1)
    frames = codec.encode(np.repeat(charges(event), 8, axis=0), settings, [COUNTER] * 8)
    assert frames.counts[: whole + 1].tolist() == [25] * whole + [1]
    assert text(frames, whole) == "1011011001000001"
    codes = ["0000001"] * 48
    codes[3], codes[8], codes[10] = "0100100", "0000111", "0111111"
    codes[20], codes[33], codes[47] = "0010111", "0010000", "0000101"
    for row in range(whole):
        assert text(frames, row) == "1011010001000001" + "1" * 48 + "".join(codes)


def test_threshold_sum_truncated_shows_it_and_sends_the_sum_of_all():
    # 48 cells are 25 words; T1 of one link is 24 words, so the frame can never enter.
    event = dict.fromkeys(range(48), 1) | EVENT
    settings = settings_of("threshold_sum", 1, use_sum=False)
    frames = codec.encode(charges(event), settings, [COUNTER])
    # 42 cells of 1 and the event: 1201 = 10010110001b: e 8, m 001.
    _, known = check(frames, settings, "10110 110 01000001", 16)
    assert known.truncated[0] and known.sum_of_all[0] and not known.sent.any()
    # Rule 2: an empty buffer is not above T2 = 0, the next crossing finds it filled. With T1 large
    # enough 25 words enter, 2 leave, and then frames of up to 25 words are refused as type 111.
    settings = settings_of("threshold_sum", 1, buff_t1=100, buff_t2=0, buff_t3=25)
    frames = codec.encode(np.repeat(charges(event), 2, axis=0), settings, [COUNTER, COUNTER])
    assert frames.counts.tolist() == [25, 1]
    assert text(frames, 1) == "10110" + "111" + "01000001"


# Repeater --------------------------------------------------------------------------------------


def test_repeater():
    codes = ["0000000"] * 48
    codes[3], codes[8], codes[10] = "0100100", "0000111", "0111111"
    codes[20], codes[33], codes[47] = "0010111", "0010000", "0000101"
    _, known = encoded("repeater", 11, "10110" + "".join(codes), 352)
    assert known.sent.all() and known.module_sum is None
    assert known.charges[0, [3, 8, 10]].tolist() == [100, 7, 992]


@pytest.mark.parametrize(("high_density", "drop"), [(False, 1), (True, 3)])
def test_repeater_returns_every_code_that_came_from_the_front_end(high_density, drop):
    from asicae.module.calibration import calq_of_codes

    received = np.resize(np.arange(128, dtype=np.uint8), (8, 48))
    calq = calq_of_codes(received, range(48), 0x800, high_density)
    settings = settings_of("repeater", 11, drop_lsb=drop)
    assert np.array_equal(codec.decode(codec.encode(calq, settings), settings).codes, received)


# Autoencoder -----------------------------------------------------------------------------------

LATENTS = {15: "101110001", 0: "011000110"}  # all others are 0
SUM = "001110010"  # 1159 as 5E4M


def latent_frame(links, keep):
    latents = np.zeros((1, 16), dtype=np.uint16)
    for number, bits in LATENTS.items():
        latents[0, number] = int(bits, 2)
    settings = settings_of("autoencoder", links, keep_auto_encoder_bits=keep)
    encoded = golden.ChipOutput(latents, np.array([int(SUM, 2)], dtype=np.uint16))
    return codec.encode_latents(encoded, settings, [COUNTER]), settings


@pytest.mark.parametrize(("links", "bits"), [(1, 1), (2, 3), (3, 5), (4, 7), (5, 9)])
def test_autoencoder_with_the_leading_bits_of_every_latent(links, bits):
    # 16 x bits survive and 2 more fit (18, 50, 82, 114, 146), so two zeros go in front.
    keep = (0x1FF >> (9 - bits) << (9 - bits),) * 16
    frames, settings = latent_frame(links, keep)
    typed = f"10110 {SUM} 00 {LATENTS[15][:bits]} {'0' * 14 * bits} {LATENTS[0][:bits]}"
    fields, known = check(frames, settings, typed, 32 * links)
    assert fields.latents[0, 15] == int(LATENTS[15][:bits].ljust(9, "0"), 2)
    assert fields.latents[0, 0] == int(LATENTS[0][:bits].ljust(9, "0"), 2)
    assert not fields.latents[0, 1:15].any()
    assert known.module_sum[0] == 1184  # 5E4M bin 1152..1215


def test_autoencoder_sends_the_last_survivors():
    # All 144 bits kept at 1 link: OUT_1 and OUT_0 are the last 18.
    frames, settings = latent_frame(1, (0x1FF,) * 16)
    fields, _ = check(frames, settings, f"10110 {SUM} 000000000 {LATENTS[0]}", 32)
    assert fields.latents[0, 15] == 0  # its bits were kept by the mask, but had no room
    # A mask of two bits: bit 8 of OUT_15 comes before bit 1 of OUT_0, sixteen zeros in front.
    keep = (0b10, *[0] * 14, 0x100)
    frames, settings = latent_frame(1, keep)
    check(frames, settings, f"10110 {SUM} {'0' * 16} 1 1", 32)
