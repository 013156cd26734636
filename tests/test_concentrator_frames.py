"""Properties of all frames: equal to the plain reference, reversible, and hostile to damage."""

import dataclasses

import frame_reference as reference
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asicae.concentrator import codec, golden
from asicae.concentrator.frames import Frames
from asicae.concentrator.settings import settings_from
from asicae.errors import BadInput

CASES = {
    **{f"best_choice {n}": {"alg_type": "best_choice", "links": n} for n in range(1, 14)},
    **{
        f"{kind} {n}": {"alg_type": "super_trigger_cell", "stc_type": kind, "links": n}
        for kind, (numbers, *_) in reference.STC.items()
        for n in range(1, len(numbers) + 1)
    },
    "threshold_sum": {"alg_type": "threshold_sum", "links": 3, "endless_buffer": True},
    "repeater": {"alg_type": "repeater", "links": 11},
}


USED = {
    "best_choice": {"drop_lsb", "use_sum"},
    "threshold_sum": {"drop_lsb", "use_sum", "threshold"},
    "super_trigger_cell": {"drop_lsb"},
    "repeater": {"drop_lsb"},
}
MOST_CODE = 24 << 4 | 7  # 5E4M of 48 (2^22 - 1), which is 2^27.58


def fitting(case, **values):
    """The settings of a case with those of ``values`` that its algorithm looks at."""
    used = USED[case["alg_type"]] if not case.get("stc_type", "").endswith("5e4m") else set()
    return settings_from(case | {name: values[name] for name in used & set(values)})


def events(seed, rows=64):
    """Charges over all of 22 bits with many empty cells and many ties."""
    rng = np.random.default_rng(seed)
    wide = 2 ** rng.uniform(0, 22, (rows, 48)) * (rng.random((rows, 48)) < rng.random((rows, 1)))
    calq = np.where(rng.random((rows, 1)) < 0.3, rng.integers(0, 4, (rows, 48)), wide)
    calq[0], calq[1] = 0, (1 << 22) - 1
    return calq.astype(np.int32)


def text(frames, row):
    return "".join(f"{word:016b}" for word in frames.words[row, : frames.counts[row]])


def expected(case, row, counter, threshold, drop, use_sum):
    charges, links = row.tolist(), case["links"]
    match case["alg_type"]:
        case "best_choice":
            return reference.best_choice(charges, counter, links, drop, use_sum)
        case "threshold_sum":
            return reference.threshold_sum(charges, counter, threshold, drop, use_sum)
        case "repeater":
            return reference.repeater(charges, counter, drop)
    return reference.super_trigger_cell(charges, counter, links, case["stc_type"], drop)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("drop", "use_sum"), [(0, True), (1, False), (4, True)])
def test_frames_equal_the_plain_reference_and_decode_to_themselves(name, drop, use_sum):
    rng = np.random.default_rng(drop)
    threshold = (2 ** rng.uniform(0, 16, 48)).astype(int).tolist()
    case = CASES[name]
    settings = fitting(case, drop_lsb=drop, use_sum=use_sum, threshold=threshold)
    calq = events(drop)
    counter = rng.integers(0, 32, len(calq))
    frames = codec.encode(calq, settings, counter)
    for row in range(len(calq)):
        given = int(counter[row]), threshold, drop, use_sum
        assert text(frames, row) == expected(case, calq[row], *given)
    fields = codec.decode(frames, settings)
    again = codec.pack(fields, settings)
    assert np.array_equal(again.words, frames.words)
    assert np.array_equal(again.counts, frames.counts)


@given(st.integers(0, 2**32), st.integers(1, 5), st.data())
def test_autoencoder_frames_equal_the_plain_reference(seed, links, data):
    rng = np.random.default_rng(seed)
    latents = rng.integers(0, 512, (4, 16)).astype(np.uint16)
    sums = rng.integers(0, MOST_CODE + 1, 4).astype(np.uint16)
    masks = st.one_of(st.integers(0, 511), st.sampled_from([0, 511, 0x100, 1]))
    keep = data.draw(st.lists(masks, min_size=16, max_size=16))
    settings = settings_from(
        {"alg_type": "autoencoder", "links": links, "keep_auto_encoder_bits": keep}
    )
    frames = codec.encode_latents(golden.Encoded(latents, sums), settings)
    for row in range(4):
        arguments = latents[row].tolist(), int(sums[row]), row, links, keep
        assert text(frames, row) == reference.autoencoder(*arguments)
    fields = codec.decode(frames, settings)
    assert np.array_equal(codec.pack(fields, settings).words, frames.words)
    assert not (fields.latents & ~np.array(keep, dtype=np.uint16)).any()


def test_a_wrong_tie_break_would_be_seen():
    calq = events(5)
    frames = codec.encode(calq, settings_from({"alg_type": "best_choice", "links": 2}))
    wrong = [reference.best_choice(row.tolist(), 0, 2, tie=-1) for row in calq]
    seen = [text(frames, row)[4:] != wrong[row][4:] for row in range(len(calq))]
    assert seen[0] and sum(seen) > 10  # the event of zeros and many more have ties at the cut


def damaged_cases():
    calq = events(9, rows=12)
    for name, case in CASES.items():
        settings = fitting(case, threshold=1000)
        yield name, settings, codec.encode(calq, settings)
    latents = np.random.default_rng(1).integers(0, 512, (4, 16)).astype(np.uint16)
    for links in range(1, 6):
        settings = settings_from({"alg_type": "autoencoder", "links": links})
        yield (
            f"autoencoder {links}",
            settings,
            codec.encode_latents(golden.Encoded(latents, latents[:, 0] >> 1), settings),
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
            "0000 0000 000000000 111111111",
            2,
            r"group 1: sum code 511 at place 0, allowed is 0\.\.",
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


def test_threads_change_nothing():
    settings = settings_from({"alg_type": "best_choice", "links": 2})
    calq = np.tile(events(3), (100, 1))
    frames = codec.encode(calq, settings)
    assert np.array_equal(frames.words, codec.encode(calq, settings, threads=1).words)
    assert frames.mean_bits == 64.0


@pytest.mark.parametrize("name", CASES)
def test_no_crossings_are_no_frames(name):
    settings = settings_from(CASES[name])
    frames = codec.encode(np.zeros((0, 48), dtype=np.int32), settings)
    fields = codec.decode(frames, settings)
    assert len(frames) == len(fields.header) == 0
    assert codec.transmitted(fields, settings).image().shape == (0, 48)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"alg_type": "repeater", "links": 5}, "links is 5, repeater is defined at 11 only"),
        (
            {"alg_type": "super_trigger_cell", "links": 3},
            "super_trigger_cell of type stc16_5e4m is defined at 1 to 2",
        ),
        ({"alg_type": "autoencoder", "links": 6}, "autoencoder is defined at 1 to 5"),
        ({"alg_type": "best_choice", "links": 14}, "links: found 14"),
        ({"alg_type": "none", "links": 1}, "alg_type: found 'none'"),
        ({"alg_type": "best_choice", "links": 1, "mux": [0] * 47 + [48]}, "mux.47: found 48"),
        ({"alg_type": "best_choice", "links": 1, "cal": 4096}, "cal.0: found 4096"),
        ({"alg_type": "best_choice", "links": 1, "drop_lsb": 5}, "drop_lsb: found 5"),
        ({"alg_type": "threshold_sum", "links": 1, "threshold": [1, 2]}, "threshold: found"),
        (
            {"alg_type": "autoencoder", "links": 1, "keep_auto_encoder_bits": [512]},
            "keep_auto_encoder_bits holds 512",
        ),
        ({"alg_type": "best_choice", "links": 1, "speed": 3}, "speed: found 3"),
        # Given, but read by nothing.
        ({"alg_type": "best_choice", "links": 1, "threshold": 7}, "threshold: is not used by best"),
        ({"alg_type": "repeater", "links": 11, "use_sum": True}, "use_sum: is not used by repeat"),
        ({"alg_type": "threshold_sum", "links": 1, "stc_type": "ctc4_4e3m"}, "stc_type: is not"),
        (
            {"alg_type": "super_trigger_cell", "links": 1, "drop_lsb": 0},
            "drop_lsb: is not used by type stc16_5e4m, allowed are stc_type",
        ),
        (
            {"alg_type": "threshold_sum", "links": 1, "endless_buffer": True, "buff_t1": 9},
            "buff_t1: is not used with an endless_buffer",
        ),
        ({"alg_type": "best_choice", "links": 1, "latent_width": 9}, "latent_width: is not used"),
        # Of another type.
        ({"alg_type": "best_choice", "links": "2"}, "links: found '2'"),
        ({"alg_type": "best_choice", "links": True}, "links: found True"),
        ({"alg_type": "best_choice", "links": 2, "drop_lsb": 1.0}, r"drop_lsb: found 1\.0"),
        ({"alg_type": "best_choice", "links": 2, "use_sum": "off"}, "use_sum: found 'off'"),
        ({"alg_type": "best_choice", "links": 2, "use_sum": 0}, "use_sum: found 0"),
        ({"alg_type": "threshold_sum", "links": 2, "threshold": True}, "threshold.0: found True"),
        ({"alg_type": "super_trigger_cell", "links": 2, "stc_type": 1}, "stc_type: found 1"),
    ],
)
def test_settings_that_no_chip_has_are_refused(values, message):
    with pytest.raises(BadInput, match=message):
        settings_from(values)


def test_input_that_fits_no_frame_is_refused():
    classic = settings_from({"alg_type": "best_choice", "links": 1})
    coder = settings_from({"alg_type": "autoencoder", "links": 1})
    calq = events(1)
    encoded = golden.Encoded(np.full((2, 16), 512, dtype=np.uint16), np.zeros(2, dtype=np.uint16))
    for call, message in (
        (lambda: codec.encode(calq, coder), "needs a network"),
        (lambda: codec.encode_latents(encoded, classic), "not of best_choice"),
        (lambda: codec.encode_latents(encoded, coder), "latent 512, 9 bits allow 0 to 511"),
        (lambda: codec.encode(calq, classic, [32] * len(calq)), "counter of row 0 is 32"),
        (lambda: codec.encode(calq, classic, [1]), r"counters have shape \(1,\)"),
        (lambda: codec.encode(calq - 1, classic), "CALQ of row 0, cell 0 is -1"),
    ):
        with pytest.raises(BadInput, match=message):
            call()
