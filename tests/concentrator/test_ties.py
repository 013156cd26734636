"""Of equal charges the lowest cell goes first, or what the public emulator puts there."""

import json

import numpy as np
import pytest

from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import settings_from
from asicae.concentrator.frame_files import load
from asicae.foundation.errors import BadInput
from tests.concentrator.frame_cases import CASES, events
from tests.judges import frame_reference as reference
from tests.support.command_line import call
from tests.support.places import SAMPLE

EMULATOR = {"ties": "emulator"}
BEST = [case for case in CASES.values() if case["alg_type"] == "best_choice"]
PLACES = [case for case in CASES.values() if case.get("stc_type", "ctc4").startswith("stc")]


def texts(frames):
    return ["".join(f"{word:016b}" for word in row) for row in frames.words]


def expected(case, calq, emulator):
    if case["alg_type"] == "best_choice":
        way, more = reference.best_choice, {"network": emulator}
    else:
        way, more = reference.super_trigger_cell, {"kind": case["stc_type"], "last": emulator}
    return [way(row.tolist(), i % 32, case["links"], **more) for i, row in enumerate(calq)]


@pytest.mark.parametrize("case", [*BEST, *PLACES], ids=str)
def test_frames_are_those_of_the_emulators_rule_and_decode(case):
    calq = events(8)
    frames = codec.encode(calq, settings_from(case | EMULATOR))
    assert texts(frames) == expected(case, calq, True)
    fields = codec.decode(frames, settings_from(case | EMULATOR))
    assert np.array_equal(codec.pack(fields, settings_from(case | EMULATOR)).words, frames.words)
    usual = texts(codec.encode(calq, settings_from(case)))
    assert usual == expected(case, calq, False)
    assert case["links"] == 13 or usual != texts(frames)  # 13 links have room for all cells


def test_the_network_sorts():
    for row in events(3):
        ranked = [row[cell] for cell in reference.merge_exchanged(row.tolist())]
        assert ranked == sorted(row.tolist(), reverse=True)


def test_a_frame_of_the_other_rule_may_be_impossible():
    # Of 48 equal charges the wiring alone decides.
    settings = {"alg_type": "best_choice", "links": 1}
    calq = np.full((1, 48), 9, dtype=np.int32)
    frames = codec.encode(calq, settings_from(settings | EMULATOR))
    chosen = codec.decode(frames, settings_from(settings | EMULATOR)).cells[0, 0]
    assert chosen == reference.merge_exchanged([9] * 48)[0]
    stc = {"alg_type": "super_trigger_cell", "stc_type": "stc4_4e3m", "links": 1}
    empty = codec.encode(0 * calq, settings_from(stc | EMULATOR))
    with pytest.raises(BadInput, match="group 0: sum code 0 at place 3"):
        codec.decode(empty, settings_from(stc))


def test_the_rule_is_told_where_it_was_given_and_only_where_it_matters(tmp_path, capsys):
    assert "ties" not in settings_from(BEST[0]).text()
    out = tmp_path / "frames.npz"
    words = ["encode", SAMPLE, "-o", out, "--links", "2", "--algorithm", "best_choice"]
    assert call(*words, "--ties", "emulator") == 0
    assert json.loads(load(out).settings.text())["ties"] == "emulator"
    assert call(*words, "--ties", "loudest", "--force") == 2
    assert "ties: found 'loudest'" in capsys.readouterr().err
    ctc4 = {"alg_type": "super_trigger_cell", "stc_type": "ctc4_4e3m", "links": 1}
    for values, name in ((ctc4, "type ctc4_4e3m"), (CASES["repeater"], "repeater")):
        with pytest.raises(BadInput, match=f"ties: is not used by {name}"):
            settings_from(values | EMULATOR)
