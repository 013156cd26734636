"""Frames of Hybrid Choice: equal to the plain reference, worked by hand, and refused.

The event: cells 3, 8, 10, 20, 33, 47 with 100, 7, 1000, 31, 16, 5; sum 1159 = 10010000111b, whose
5E4M code is 00111 0010 and power of two 1024: a relative charge q 2^10 / 2^10 is the charge itself.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asicae.chip import golden
from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import HYBRID_CHOICE, settings_from
from asicae.concentrator.frames import Frames
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from tests.concentrator.frame_cases import events
from tests.judges.hybrid_reference import hidden_cells, hybrid_choice

EVENT = {3: 100, 8: 7, 10: 1000, 20: 31, 33: 16, 47: 5}
KINDS = (
    {"links": 1},
    {"links": 1, "busy_hits": 1, "busy_cells": 1, "busy_bits": 3, "most_cells": 1},
    {"links": 1, "busy_hits": 49},
    {"links": 2},
    {"links": 2, "busy_hits": 6, "busy_cells": 4, "busy_bits": 11, "held_back": 2},
    {"links": 2, "busy_cells": 5, "busy_bits": 20, "busy_compander": "power_2_5"},
    {"links": 2, "busy_hits": 20, "busy_cells": 3, "busy_bits": 31, "code_bits": 5},
)


def settings_of(**values):
    return settings_from({"alg_type": "hybrid_choice", **values})


def latents_at_random(width, number, seed=1):
    """What stands in the place of a network, and the cells that it was told not to see."""
    rng, seen = np.random.default_rng(seed), []

    def latents_of(calq, *, hidden=None):
        seen.append((calq, hidden))
        found = rng.integers(0, 1 << width, (len(calq), number)).astype(np.uint16)
        seen.append(found)
        return golden.ChipOutput(found, np.zeros(len(calq), dtype=np.uint16))

    return latents_of, seen


def frames_of(calq, settings, counter):
    """Frames, and the latents of each crossing; 0 of quiet ones."""
    latents_of, seen = latents_at_random(settings.latent_width, settings.latents)
    send = HYBRID_CHOICE.sender(settings, latents_of)
    frames = codec.encode(calq, settings, counter, send=send)
    (charges, hidden), found = seen
    latents = np.zeros((len(calq), settings.latents), dtype=np.uint16)
    latents[np.count_nonzero(calq, axis=1) >= settings.busy_hits] = found
    return frames, latents, charges, hidden


def text(words):
    return "".join(f"{word:016b}" for word in words)


@given(st.sampled_from(KINDS), st.integers(0, 2**32), st.data())
def test_frames_equal_the_plain_reference_and_decode_to_themselves(kind, seed, data):
    width = data.draw(st.integers(1, 9))
    masks = st.lists(st.integers(0, (1 << width) - 1), min_size=1, max_size=13)
    keep = data.draw(masks)
    settings = settings_of(**kind, keep_auto_encoder_bits=keep, latent_width=width)
    calq = events(seed, rows=24)
    counter = np.arange(len(calq)) % 32
    frames, latents, charges, hidden = frames_of(calq, settings, counter)
    values = settings.model_dump(mode="json")
    for row in range(len(calq)):
        given = calq[row].tolist(), latents[row].tolist(), int(counter[row])
        assert text(frames.words[row]) == hybrid_choice(*given, values)
    cells = [hidden_cells(row, settings.busy_cells) for row in charges.tolist()]
    assert [np.flatnonzero(mask).tolist() for mask in hidden] == cells
    fields = codec.decode(frames, settings)
    assert np.array_equal(codec.pack(fields, settings).words, frames.words)
    assert not (fields.latents & ~np.array(keep, dtype=np.uint16)).any()


@pytest.mark.parametrize("name", ["busy_hits", "busy_compander", "latents"])
def test_the_reference_tells_other_rules_apart(name):
    settings = settings_of(**KINDS[4])
    calq = events(3)
    frames, latents, *_ = frames_of(calq, settings, np.zeros(len(calq), dtype=np.int64))
    other = {"busy_hits": 7, "busy_compander": "log_1_256"}.get(name)
    values = settings.model_dump(mode="json") | ({name: other} if other else {})
    latents = latents if other else latents ^ 256
    found = [
        hybrid_choice(row.tolist(), mine.tolist(), 0, values)
        for row, mine in zip(calq, latents, strict=True)
    ]
    assert found != [text(words) for words in frames.words]


def busy_frame(typed, **values):
    """The frame of the event, which is the typed one, and what is received of it."""
    settings = settings_of(**values)
    calq = np.zeros((1, 48), dtype=np.int32)
    calq[0, list(EVENT)] = list(EVENT.values())
    latents = np.zeros((1, settings.latents), dtype=np.uint16)
    latents[0, :3] = 2, 1, 3

    def latents_of(calq, *, hidden=None):
        return golden.ChipOutput(latents, np.zeros(1, dtype=np.uint16))

    send = HYBRID_CHOICE.sender(settings, latents_of)
    frames = codec.encode(calq, settings, [0b10110], send=send)
    assert text(frames.words[0]) == typed.replace(" ", "")
    return codec.transmitted(codec.decode(frames, settings), settings)


def test_two_links_four_cells_and_latents():
    # Rank of {3, 10, 20, 33}: below(44, 4) + below(37, 3) + below(27, 2) + below(14, 1)
    # = 149986 + 8474 + 379 + 15 = 158854. log_1_16 is 64 2^(5c / 256): 100 c = 32, 1000 c = 203,
    # 31 and 16 are below 64: c = 0. Four bits each; 8 latents of 2 bits, the last one first.
    typed = f"1 1110 00111 0010 {158854:018b} 0010 1100 0000 0000 0000000000 11 01 10"
    known = busy_frame(
        typed, links=2, busy_hits=6, busy_cells=4, busy_bits=16, busy_compander="log_1_16",
        keep_auto_encoder_bits=[3] * 8, latent_width=2,
    )  # fmt: skip
    # Codes 32..47, 192..207 and twice 0..15: 99 (98.7) to 122, 862 (861.1) to 1069 (1069.3), 1 to
    # 79 (79.5), together 963 to 1349; their charges move alike to the middle, 193 above the least.
    cells = [3, 10, 20, 33]
    assert known.sent[0].nonzero()[0].tolist() == cells
    assert known.module_sum[0] == 1184 and known.charges[0, cells].sum() == 1156
    assert known.charges[0, 3] == 99 + 23 * 193 // 386


def test_one_hit_less_is_a_quiet_frame():
    typed = f"0 1110 00111 0010 {1029:011b} 001 110 0"  # as of Adaptive Choice with two cells
    busy_frame(
        typed, links=1, busy_hits=7, most_cells=2, compander="log_1_16",
        keep_auto_encoder_bits=[1] * 9, latent_width=2,
    )  # fmt: skip


ONE = {"links": 1, "busy_hits": 5, "busy_cells": 1, "busy_bits": 2, "most_cells": 2} | {
    "compander": "log_1_16", "keep_auto_encoder_bits": [1] * 9, "latent_width": 1
}  # fmt: skip


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        ("1 0000 000000000 000000 00", "0 cells in a busy frame, allowed is 1"),
        ("1 0000 000000101 110001 00", r"rank 49 of the cells, allowed is 0\.\.48"),
        # One cell with 1 and four hits more are 5 or more.
        ("1 0000 000000100 110000 01", r"sum code 4, its cells allow 5\.\."),
        ("1 0000 000000101 110000 01", None),
        ("1 0000 000000101 110000 01 1", "the padding is not zero"),
        ("0 0000 000000000 00000000000 0000001", "the padding is not zero"),
    ],
)
def test_an_impossible_frame_is_named(bits, message):
    bits = bits.replace(" ", "").ljust(32, "0")
    words = np.zeros((3, 2), dtype=np.uint16)
    words[2] = int(bits[:16], 2), int(bits[16:], 2)
    frames = Frames(words, np.full(3, 2, dtype=np.uint8))
    if message is None:
        assert len(codec.decode(frames, settings_of(**ONE)).header) == 3
        return
    with pytest.raises(BadInput, match=f"^frame 2: {message}"):
        codec.decode(frames, settings_of(**ONE))


def test_more_cells_than_a_quiet_crossing_has_are_refused():
    settings = settings_of(links=2, busy_hits=5, keep_auto_encoder_bits=[1], latent_width=1)
    adaptive = settings_from({"alg_type": "adaptive_choice", "links": 2})
    calq = np.zeros((2, 48), dtype=np.int32)
    calq[0, :4], calq[1, :5] = 9, 9
    frames = codec.encode(calq, adaptive, [0, 0])
    with pytest.raises(BadInput, match=r"^frame 1: 5 cells in a quiet frame, allowed is 0\.\.4"):
        codec.decode(frames, settings)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"links": 1, "busy_hits": 2, "busy_cells": 3}, "busy_hits is 2, allowed are busy_cells 3"),
        ({"links": 2, "busy_bits": 3}, "busy_bits is 3, allowed are busy_cells 4"),
        ({"links": 1, "busy_bits": 12}, "leave 0 bits for latents at 1 links"),
        ({"links": 1, "busy_hits": 50}, "busy_hits: found 50"),
    ],
)
def test_settings_that_do_not_fit_are_refused(values, message):
    with pytest.raises(BadInput, match=message):
        settings_of(**values)


def test_the_network_sees_no_cell_that_is_hidden():
    encoder = Encoder.random(Network.preset("econ-t"), 3)
    calq = events(7)
    hidden = np.zeros(calq.shape, dtype=bool)
    plain = golden.run(encoder, calq)
    assert np.array_equal(golden.run(encoder, calq, hidden=hidden).latents, plain.latents)
    hidden[:, :24] = True
    seen = golden.run(encoder, calq, hidden=hidden)
    assert not np.array_equal(seen.latents, plain.latents)
    assert np.array_equal(seen.sums, plain.sums)
    # Where among them the charge is makes no difference.
    others = np.concatenate([calq[:, 23::-1], calq[:, 24:]], axis=1)
    assert np.array_equal(golden.run(encoder, others, hidden=hidden).latents, seen.latents)
