"""Damaged and impossible frames are named; possible ones are never refused."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asicae.chip import golden
from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import settings_from
from asicae.concentrator.frames import Frames
from asicae.foundation.errors import BadInput
from tests.concentrator.frame_cases import CASES, events, fitting


def damaged_cases():
    calq = events(9, rows=5)
    for name, case in CASES.items():
        settings = fitting(case, threshold=1000)
        yield name, settings, codec.encode(calq, settings)
    latents = np.random.default_rng(1).integers(0, 512, (4, 16)).astype(np.uint16)
    for links in range(1, 6):
        settings = settings_from({"alg_type": "autoencoder", "links": links})
        yield (
            f"autoencoder {links}",
            settings,
            codec.encode_latents(golden.ChipOutput(latents, latents[:, 0] >> 1), settings),
        )


@pytest.mark.parametrize(
    ("settings", "frames"), [pytest.param(s, f, id=name) for name, s, f in damaged_cases()]
)
def test_every_flipped_bit_is_refused_or_read_as_something_else(settings, frames):
    before = codec.decode(frames, settings)
    for row in range(len(frames)):
        for place in range(16 * frames.words.shape[1]):
            words = frames.words.copy()
            words[row, place // 16] ^= 0x8000 >> place % 16
            try:
                after = codec.decode(Frames(words, frames.counts), settings)
            except BadInput as error:
                assert f"frame {row}: " in str(error)
                continue
            assert any(
                not np.array_equal(getattr(before, field.name), getattr(after, field.name))
                for field in dataclasses.fields(before)
            )


def typed(bits, width):
    """One frame of typed bits behind two good ones of zeros, as words."""
    bits = bits.replace(" ", "").ljust(16 * width, "0")
    row = [int(bits[16 * word : 16 * word + 16], 2) for word in range(width)]
    return np.array([[0] * width, [0] * width, row], dtype=np.uint16)


# The two good frames of zeros say that no cell reached its threshold.
EVERYTHING_SILENT = {"threshold_sum": {"threshold": 1}}
THRESHOLD_1000 = {"alg_type": "threshold_sum", "threshold": 1000}
BEST_1 = {"alg_type": "best_choice", "links": 1}
ADAPTIVE_1 = {
    "alg_type": "adaptive_choice", "links": 1, "most_cells": 2, "compander": "log_1_16"
}  # fmt: skip
STC4_1 = {"alg_type": "super_trigger_cell", "stc_type": "stc4_4e3m", "links": 1}


@pytest.mark.parametrize(
    ("values", "bits", "count", "message"),
    [
        ({"alg_type": "threshold_sum"}, "00000 001", 1, "type 001, allowed are 000"),
        ({"alg_type": "threshold_sum"}, "00000 011", 1, "type 011, allowed are 000"),
        ({"alg_type": "threshold_sum"}, "00000 010", 2, r"a list of 0 cells, allowed is 1\.\.7"),
        (
            {"alg_type": "threshold_sum"},
            "00000 010 00000000 001 110000",
            2,
            r"address 48, allowed is 0\.\.47",
        ),
        (
            {"alg_type": "threshold_sum"},
            "00000 010 00000000 010 000101 000101",
            3,
            r"addresses \[5, 5\], allowed are ascending",
        ),
        (
            {"alg_type": "threshold_sum"},
            "00000 010 00000000 001 000101",
            3,
            "3 words, allowed is 2",
        ),
        (
            {"alg_type": "threshold_sum"},
            "00000 100 00000000 1111111",
            8,
            r"the map holds 7 cells, allowed is 8\.\.48",
        ),
        ({"alg_type": "threshold_sum"}, "00000 000 00000000 1", 1, "the padding is not zero"),
        ({"alg_type": "threshold_sum"}, "00000 110 00000000", 2, "2 words, allowed is 1"),
        (
            {"alg_type": "best_choice", "links": 1},
            "0000 00000000 110001",
            2,
            r"address 49, allowed is 0\.\.47",
        ),
        ({"alg_type": "best_choice", "links": 1}, "0", 1, "1 words, allowed is 2"),
        (
            {"alg_type": "best_choice", "links": 1},
            "0000 00000000 000000 0000000 1",
            2,
            "the padding is not zero",
        ),
        (
            {"alg_type": "super_trigger_cell", "links": 1},
            "0" * 30 + "1",
            2,
            "the padding is not zero",
        ),
        ({"alg_type": "repeater", "links": 11}, "0" * 341 + "1", 22, "the padding is not zero"),
        (
            {"alg_type": "autoencoder", "links": 1, "keep_auto_encoder_bits": (0x100,) * 16},
            "0" * 14 + "1",
            2,
            "the padding is not zero",
        ),
        # What the layout allows and the settings do not.
        (
            {"alg_type": "threshold_sum", "endless_buffer": True},
            "00000 110 00000000",
            1,
            "type 110, which the buffer of these settings never gives",
        ),
        ({"alg_type": "threshold_sum"}, "00000 111 00000000", 1, "type 111, which the buffer"),
        (
            {"alg_type": "threshold_sum", "buff_t2": 66, "buff_t3": 31},
            "00000 111 00000000",
            1,
            "type 111, which the buffer",  # 72 words, of which 6 leave: never above 66
        ),
        (
            {"alg_type": "threshold_sum", "links": 13},
            "00000 110 00000000",
            1,
            "type 110, which the buffer",  # 26 words leave, 25 enter
        ),
        (
            {"alg_type": "threshold_sum", "buff_t1": 1},
            "00000 010 00000001 001 000000 0000001",
            2,
            "2 words, the buffer takes frames of up to 1",
        ),
        (
            {"alg_type": "threshold_sum"},
            "00000 110 11001011",  # exponent 25, mantissa 3: below 1.5 * 2^27, as 48 (2^22 - 1) is
            1,
            None,
        ),
        (
            {"alg_type": "threshold_sum"},
            "00000 110 11001101",
            1,
            r"sum code 205, its cells allow 0\.\.203",
        ),
        (
            THRESHOLD_1000,
            "00000 010 00001000 001 000101 0000001",
            2,
            r"cell 5: code 1, its threshold allows 63\.\.127",
        ),
        (
            THRESHOLD_1000,  # 960 to 1023 at a threshold of 1000: the sum is 1000 or more
            "00000 010 00111110 001 000101 0111111",
            2,
            r"sum code 62, its cells allow 63\.\.",
        ),
        (THRESHOLD_1000, "00000 010 00111111 001 000101 0111111", 2, None),
        (
            {"alg_type": "threshold_sum"},
            "00000 010 00000010 001 000101 0000001",
            2,
            r"sum code 2, its cells allow 1\.\.1",  # the other cells have 0
        ),
        (
            THRESHOLD_1000 | {"use_sum": False},  # 47 cells of at most 999
            "00000 010 01101101 001 000101 0111111",
            2,
            r"sum code 109, its cells allow 0\.\.107",
        ),
        (BEST_1, "0000 00000000 000000 0000001", 2, r"sum code 0, its cells allow 1\.\."),
        (BEST_1, "0000 00000001 000000 0000000", 2, r"sum code 1, its cells allow 0\.\.0"),
        # Cell 5 has 5: the five before it 4 or less, the 42 behind it 5 or less, 235 in all.
        (BEST_1, "0000 00101110 000101 0000101", 2, None),
        (BEST_1, "0000 00101111 000101 0000101", 2, r"sum code 47, its cells allow 5\.\.46"),
        (BEST_1, "0000 00000000 000001 0000000", 2, r"cells \[1\] .*: cell 0 would go before"),
        (
            BEST_1 | {"use_sum": False},
            "0000 00000001 000000 0000000",
            2,
            r"sum code 1, its cells allow 0\.\.0",
        ),
        (STC4_1, "0000 010000", 2, r"group 0: sum code 0 at place 1, allowed is 1\.\.127"),
        (STC4_1 | {"drop_lsb": 1}, "0000 010000", 2, None),
        (
            STC4_1 | {"stc_type": "stc4_5e4m"},
            "0000 0000 000000000 101010000",
            2,
            r"group 1: sum code 336 at place 0, allowed is 0\.\.335$",
        ),
        (STC4_1 | {"stc_type": "stc4_5e4m"}, "0000 0000 000000000 101001111", 2, None),
        (
            ADAPTIVE_1,
            "00000 000000000 11111111111",
            2,
            r"rank 2047 of the cells, allowed is 0\.\.1176",
        ),
        (ADAPTIVE_1, "0" * 31 + "1", 2, "the padding is not zero"),
        (
            {"alg_type": "adaptive_choice", "links": 5, "most_cells": 24},
            "0" * 14 + "1" * 25,
            10,
            r"the map holds 25 cells, allowed is 0\.\.24",
        ),
        # Of cell 10, 997 to 1023 at sums of 512 to 1023; of cell 47 not 1 at a sum of 0.
        (
            ADAPTIVE_1,
            "00000 001100000 01011000000 1111111",
            2,
            r"sum code 96, its cells allow 111\.\.111",
        ),
        (ADAPTIVE_1, "00000 001101111 01011000000 1111111", 2, None),
        (
            ADAPTIVE_1,
            "00000 000000000 00000000001",
            2,
            "cell 47: no charge has code 0 of 7 bits at sum code 0",
        ),
        (
            {"alg_type": "autoencoder", "links": 1},
            "00000 111111111",
            2,
            r"sum code 511, its cells allow 0\.\.391",
        ),
    ],
)
def test_an_impossible_frame_is_named(values, bits, count, message):
    settings = settings_from({"links": 3} | EVERYTHING_SILENT.get(values["alg_type"], {}) | values)
    width = 25 if settings.alg_type == "threshold_sum" else settings.frame_words
    good = 1 if settings.alg_type == "threshold_sum" else width
    frames = Frames(typed(bits, width), np.array([good, good, count], dtype=np.uint8))
    if message is None:  # the nearest frame that is possible
        assert len(codec.decode(frames, settings).header) == 3
        return
    with pytest.raises(BadInput, match=f"^frame 2: {message}"):
        codec.decode(frames, settings)


@given(st.sampled_from(list(CASES.values())), st.integers(0, 2**32))
def test_what_a_chip_sends_is_never_refused(case, seed):
    rng = np.random.default_rng(seed)
    most = int(2 ** rng.uniform(0, 22))
    calq = rng.integers(0, most, (30, 48)) * (rng.random((30, 48)) < rng.random((30, 1)))
    values = {"drop_lsb": int(rng.integers(5)), "use_sum": bool(rng.integers(2))}
    values["threshold"] = rng.integers(0, max(most // 2, 1), 48).tolist()
    if rng.integers(2):
        values["threshold"] = int(rng.integers(0, 1 << 22))
    settings = fitting(case, **values)
    if case["alg_type"] == "threshold_sum" and rng.integers(2):
        limits = {"buff_t1": 512, "buff_t2": 100, "buff_t3": 32}
        buffer = {name: int(rng.integers(limit)) for name, limit in limits.items()}
        links = {"alg_type": "threshold_sum", "links": int(rng.integers(1, 14))}
        settings = settings_from(values | buffer | links)
    frames = codec.encode(calq, settings)
    assert np.array_equal(codec.pack(codec.decode(frames, settings), settings).words, frames.words)


def test_a_cell_without_a_threshold_is_always_sent():
    level = {"alg_type": "threshold_sum", "links": 3, "threshold": [1] * 7 + [0] + [1] * 40}
    frames = Frames(typed("00000 000 00000000", 25), np.ones(3, dtype=np.uint8))
    with pytest.raises(BadInput, match=r"^frame 0: cell 7 is not sent, a threshold of 0 "):
        codec.decode(frames, settings_from(level))


def test_a_map_of_another_number_of_cells_and_rows_of_another_width_are_refused():
    settings = settings_from({"alg_type": "best_choice", "links": 4})
    frames = codec.encode(events(1), settings)
    words = frames.words.copy()
    words[7, 1] ^= 0x0001  # one cell more or less in the map of 9
    with pytest.raises(BadInput, match=r"^frame 7: the map holds (8|10) cells, allowed is 9"):
        codec.decode(Frames(words, frames.counts), settings)
    with pytest.raises(BadInput, match="frames are rows of 6 words, allowed is 8"):
        codec.decode(Frames(frames.words[:, :6], frames.counts), settings)


def test_the_number_of_a_bad_frame_holds_beyond_the_first_chunk():
    settings = settings_from({"alg_type": "repeater", "links": 11})
    frames = codec.encode(np.zeros((5000, 48), dtype=np.int32), settings)
    frames.words[4321, 21] |= 1
    with pytest.raises(BadInput, match=r"^frame 4321: "):
        codec.decode(frames, settings)
