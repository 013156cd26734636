"""The buffer of Threshold Sum, and the threshold that fills the links on average."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asicae.concentrator import buffer, codec
from asicae.concentrator.algorithms.table import settings_from
from asicae.concentrator.algorithms.threshold_sum import FRAME_WORDS
from asicae.concentrator.threshold_fit import lowest_threshold, mean_bits
from asicae.foundation.errors import BadInput
from asicae.module.codes import CALQ_MAX
from tests.judges import frame_reference as reference


def settings_of(links, **values):
    return settings_from({"alg_type": "threshold_sum", "links": links, **values})


def test_the_length_of_a_frame_by_hand():
    # 16; 19 + 13 n for a list; 64 + 7 n for a map; in words of 16 bits.
    typed = {0: 1, 1: 2, 2: 3, 3: 4, 4: 5, 5: 6, 6: 7, 7: 7, 8: 8, 9: 8, 10: 9, 48: 25}
    assert {number: int(FRAME_WORDS[number]) for number in typed} == typed
    assert (np.diff(FRAME_WORDS.astype(int)) >= 0).all()


def test_the_buffer_by_hand():
    # One link: two words leave per crossing, T1 = 10.
    #   frame  fill before  fits 10?     enters  fill after
    #   8      0            8 yes        8       6
    #   5      6            11 no, 110   1       5
    #   5      5            10 yes       5       8
    #   1      8            9 yes        1       7
    #   4      7            11 no, 110   1       6
    found = buffer.Buffer(settings_of(1, buff_t1=10)).fates(np.array([8, 5, 5, 1, 4]))
    assert found.tolist() == [0, 0b110, 0, 0, 0b110]
    # T2 = 5 and T3 = 5: with more than 5 words inside, frames of up to 5 words are refused first.
    #   8      0            yes          8       6
    #   5      6            11 no, 110   1       5
    #   5      5            not above 5  5       8
    #   1      8            above, 111   1       7
    #   2      7            9 yes, 111   1       6
    both_rules = settings_of(1, buff_t1=10, buff_t2=5, buff_t3=5)
    found = buffer.Buffer(both_rules).fates(np.array([8, 5, 5, 1, 2]))
    assert found.tolist() == [0, 0b110, 0, 0b111, 0b111]


@given(
    st.lists(st.integers(1, 25), max_size=60),
    st.integers(1, 13),
    st.integers(0, 120),
    st.integers(0, 120),
    st.integers(0, 31),
)
def test_the_buffer_equals_a_queue_of_words(words, links, t1, t2, t3):
    settings = settings_of(links, buff_t1=t1, buff_t2=t2, buff_t3=t3)
    expected = [int(kind or "0", 2) for kind in reference.fates(words, links, t1, t2, t3)]
    queue, sizes, half = buffer.Buffer(settings), np.array(words, dtype=np.uint8), len(words) // 2
    found = [*queue.fates(sizes[:half]), *queue.fates(sizes[half:])]
    assert found == expected
    assert set(found) <= set(buffer.possible_fates(settings, 25))
    endless = buffer.Buffer(settings_of(links, endless_buffer=True))
    assert not endless.fates(np.array(words)).any()


def crowd(seed, rows):
    rng = np.random.default_rng(seed)
    hit = rng.random((rows, 48)) < rng.random((rows, 1))
    return np.where(hit, 2 ** rng.uniform(0, 14, (rows, 48)), 0).astype(np.int32)


@pytest.mark.parametrize("use_sum", [True, False])
def test_an_overflow_is_never_silent(use_sum):
    calq, threshold = crowd(1, 4000), [40] * 48
    settings = settings_of(2, threshold=40, use_sum=use_sum)
    frames = codec.encode(calq, settings)
    whole = [
        reference.threshold_sum(row.tolist(), index % 32, threshold, use_sum=use_sum)
        for index, row in enumerate(calq)
    ]
    fates = reference.fates([len(text) // 16 for text in whole], 2, 48, 511, 0)
    known = codec.transmitted(codec.decode(frames, settings), settings)
    assert 0 < known.truncated.sum() < len(calq)
    for index, (text, fate) in enumerate(zip(whole, fates, strict=True)):
        words = frames.words[index, : frames.counts[index]]
        sent = "".join(f"{word:016b}" for word in words)
        kept = reference.truncated(calq[index].tolist(), index % 32, fate) if fate else text
        assert sent == kept
        assert known.truncated[index] == bool(fate)
    lost = known.truncated
    assert not known.sent[lost].any() and known.sum_of_all[lost].all()
    assert known.sum_of_all[~lost].all() == use_sum


@pytest.mark.parametrize("links", range(1, 14))
def test_the_lowest_threshold_is_the_lowest(links):
    calq = crowd(links, 500)
    threshold = lowest_threshold(calq, links)
    settings = settings_of(links, threshold=threshold, endless_buffer=True)
    frames = codec.encode(calq, settings)
    assert frames.mean_bits == mean_bits(calq, threshold) <= 32 * links
    assert not codec.transmitted(codec.decode(frames, settings), settings).truncated.any()
    if threshold:
        assert mean_bits(calq, threshold - 1) > 32 * links
    else:
        assert links == 13  # 48 cells are 400 bits, 13 links carry 416


def test_charges_that_fit_at_no_threshold_are_refused():
    with pytest.raises(BadInput, match="does not fit 1 links at any threshold"):
        lowest_threshold(np.full((3, 48), CALQ_MAX), 1)
    with pytest.raises(BadInput, match="no events"):
        lowest_threshold(np.zeros((0, 48), dtype=np.int32), 1)
    assert lowest_threshold(np.full((3, 48), CALQ_MAX - 1), 1) == CALQ_MAX
