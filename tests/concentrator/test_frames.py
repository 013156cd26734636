"""Properties of all frames: equal to the plain reference, reversible."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asicae.chip import golden
from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import settings_from
from asicae.foundation.errors import BadInput
from tests.concentrator.frame_cases import CASES, MOST_CODE, events, fitting
from tests.judges import frame_reference as reference
from tests.judges.adaptive_reference import adaptive_choice


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
        case "adaptive_choice":
            kind = case["most_cells"], case["compander"], case["code_bits"], case["held_back"]
            return adaptive_choice(charges, counter, links, *kind)
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
    frames = codec.encode_latents(golden.ChipOutput(latents, sums), settings)
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
        ({"alg_type": "adaptive_choice", "links": 11}, "adaptive_choice is defined at 1 to 10"),
        (
            {"alg_type": "adaptive_choice", "links": 1, "most_cells": 4},
            "most_cells is 4, at 1 links that leaves 0 bits for charges",
        ),
        ({"alg_type": "adaptive_choice", "links": 1, "most_cells": 0}, "most_cells: found 0"),
        ({"alg_type": "adaptive_choice", "links": 1, "compander": "log"}, "compander: found 'log'"),
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
    latents = np.full((2, 16), 512, dtype=np.uint16)
    encoded = golden.ChipOutput(latents, np.zeros(2, dtype=np.uint16))
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
