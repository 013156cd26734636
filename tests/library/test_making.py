"""A library is made once: what is done stays, what cannot be made is one line."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.library.base import Base, require_code
from asicae.library.description import LibraryDescription
from asicae.library.events import events_of
from asicae.library.making import make
from asicae.library.record import LIBRARY_FILE, LibraryRecord
from asicae.library.stored import Library
from asicae.readout.conversion import save
from asicae.readout.place import places_of
from asicae.readout.reading import load
from asicae.runs.job import Job
from asicae.runs.readouts import load_part
from tests.library.stand_in_base import BATCH, Tuner, base_run

MAP = {"9,3,1": [3, 17], "9,4,1": [5]}
SETS = """
[[sets]]
name = "all"
links = 2

[[sets]]
name = "all-5"
links = 5

[[sets]]
name = "front"
links = 2
select = { layers = "1-13" }

[[sets]]
name = "no-pileup"
links = 2
when = "pileup 0"
source = { pileup = [0], events = 400 }

[[sets]]
name = "broken"
links = 2
dead_cells = [3, 17, 40]
modules = ["1,3,1", "1,4,1"]
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        yield base_run(tmp_path_factory.mktemp("base") / "run", patch)


def described(base: Path, folder: Path, sets: str = SETS, more: str = "") -> LibraryDescription:
    path = folder / "library.toml"
    path.write_text(f'base = "{base}"\n{more}{sets}')
    return LibraryDescription.read(path)


def made(base: Path, out: Path, tuner: Tuner, sets: str = SETS, force: bool = False) -> Library:
    return make(described(base, out.parent, sets), "library.toml", out, force, tuner)


def test_a_library_says_who_gets_which_set(base: Path, tmp_path: Path) -> None:
    tuner, out = Tuner(), tmp_path / "made"
    library = made(base, out, tuner)
    assert [each.name for each in library.record.sets] == [
        "all", "all-5", "front", "no-pileup", "broken"
    ]  # fmt: skip
    owners = library.record.owners()
    assert owners["", 2, "1,3,1"] == owners["", 2, "1,4,1"] == "broken"
    assert owners["", 5, "1,3,1"] == "all-5" and owners["pileup 0", 2, "1,3,1"] == "no-pileup"
    front = {place for (when, links, place), name in owners.items() if name == "front"}
    assert {int(place.split(",")[0]) for place in front} == set(range(1, 14, 2))
    # Every module that an event may be of has a set.
    every = [load_part(base, part) for part in ("train", "validation", "test")]
    for links in (2, 5):
        assert {owners["", links, place] for part in every for place in places_of(part)} <= {
            "all", "all-5", "front", "broken"
        }  # fmt: skip
    # Each control has as many steps as the set, and serves all sets of as many.
    trained = dict(tuner.tuned)
    events = {
        name: count // BATCH * BATCH for name, count in trained.items() if "links-" not in name
    }
    assert {f"2links-{events['front']}", f"2links-{events['all']}", f"5links-{events['all']}"} <= {
        *trained
    }
    assert (
        len(tuner.tuned)
        == len(trained)
        == len(events)
        + len({(links, events[name]) for name, links in zip(events, (2, 5, 2, 2, 2), strict=True)})
    )
    page = (out / "library.md").read_text()
    assert "| broken | dead cells 3, 17, 40 | 2 |  | 2 | " in page
    assert "1.0000 | 0.7500 | 0.5000 | 0.2500 ± 0.1250 (33.3 %) |" in page
    sent = load(out / "events" / "broken.npz")
    assert not sent.calq[:, [3, 17, 40]].any() and sent.calq.any()


def test_what_is_done_is_not_done_again(base: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole", tmp_path / "cut"
    made(base, whole, Tuner())
    tuner = Tuner(fail_at=4)
    with pytest.raises(KeyboardInterrupt):
        made(base, out, tuner)
    begun = [name for name, _ in tuner.tuned]
    assert not (out / LIBRARY_FILE).exists()
    tuner = Tuner()
    made(base, out, tuner)
    assert not {name for name, _ in tuner.tuned} & set(begun)
    names = [LIBRARY_FILE, "library.md", "network.json"]
    names += [str(p.relative_to(whole)) for p in whole.rglob("*.npz")]
    assert len(names) > 12
    for name in names:
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    tuner = Tuner()
    made(base, out, tuner)
    assert tuner.tuned == []
    # A file that is not what it was, and nothing else.
    (out / "weights" / "front.npz").write_bytes(b"")
    made(base, out, tuner)
    assert [name for name, _ in tuner.tuned] == ["front"]
    assert (out / LIBRARY_FILE).read_bytes() == (whole / LIBRARY_FILE).read_bytes()


def test_other_sets_replace_those_there_only_when_told_to(base: Path, tmp_path: Path) -> None:
    out, tuner = tmp_path / "made", Tuner()
    made(base, out, tuner)
    (out / "mine.txt").write_text("mine")
    other = SETS.replace('"front"', '"behind"').replace('"1-13"', '"13-47"')
    with pytest.raises(BadInput, match="of another description; add --force"):
        made(base, out, tuner, other)
    assert LibraryRecord.load(out / LIBRARY_FILE).sets[2].name == "front"
    made(base, out, tuner, other, force=True)
    assert {name for name, _ in tuner.tuned if "links-" not in name} == {"behind"}
    assert not list(out.rglob("front*")) and (out / "mine.txt").read_text() == "mine"
    with pytest.raises(BadInput, match="exists already and is no library"):
        made(base, base, tuner)


def test_events_of_a_condition_are_its_own_and_tests_unseen(base: Path, tmp_path: Path) -> None:
    found = described(
        base,
        tmp_path,
        SETS
        + f"""
[[sets]]
name = "mapped"
links = 2
dead_cells = {json.dumps(MAP).replace(":", " =")}
""",
    )
    opened = Base.open(found, "library.toml")
    by_name = {asked.name: asked for asked in found.sets}
    training, _, test = opened.parts
    front = events_of(by_name["front"], opened)
    assert (front.training.layer <= 13).all() and front.training.calq.any()
    assert len(front.test) == int((test.layer <= 13).sum())
    quiet = events_of(by_name["no-pileup"], opened)
    assert (quiet.training.pileup == 0).all() and len(quiet.training) == 400 - 300
    assert not np.array_equal(quiet.test.calq[:50], test.calq[:50])
    with pytest.raises(BadInput, match=r"set mapped: \d+ events with charge are left to train"):
        events_of(by_name["mapped"], opened)
    # Whatever was trained on measures nothing.
    again = save(training, tmp_path / "again.npz")
    words = f'[[sets]]\nname = "again"\nlinks = 2\ndata = "{again}"\n'
    asked = described(base, tmp_path, words).sets[0]
    with pytest.raises(BadInput, match="0 events with charge are left that no training saw"):
        events_of(asked, opened)


ONE = '[[sets]]\nname = "one"\nlinks = 2\n'


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        (ONE.replace("2", "3"), "set one: links is 3, allowed are those of "),
        (ONE.replace("2", "6"), "links is 6, allowed is one of [1, 2, 3, 4, 5]"),
        (ONE + ONE.replace("one", "One"), "sets: 2 are named one"),
        (ONE.replace("one", "../one"), "sets.0.name: found '../one'"),
        (ONE + 'link = "x"\n', "sets.0.link: found 'x', extra inputs are not permitted"),
        (ONE + 'data = "a.csv"\nsource = {}\n', "source is given beside data"),
        (ONE + 'reading = { order = "ae" }\n', "reading is given, allowed is that only beside"),
        (ONE + 'select = { layers = "x" }\n', "select: layers 'x'"),
        (ONE + 'select = { layers = "200" }\n', "set one: 0 events with charge are left to train"),
        (ONE + 'select = { module_class = "99" }\n', "select: class: found '99'"),
        (ONE + "source = { pileup = [-1] }\n", "set one: source: pileup is (-1,)"),
        (ONE + 'data = "absent.csv"\n', "absent.csv: no such file"),
        (ONE + "dead_cells = [48]\n", "sets.0.dead_cells"),
        (ONE + 'modules = ["9,3"]\n', "'9,3' is no module, allowed is LAYER,U,V"),
        (ONE + 'modules = ["9,3,1", "9,3,1"]\n', "modules names one twice"),
        ("sets = []\n", "sets: found"),
        ("", "sets: field required"),
    ],
)
def test_a_description_that_cannot_be_is_refused_before_anything_is_made(
    sets: str, told: str, base: Path, tmp_path: Path
) -> None:
    tuner, out = Tuner(), tmp_path / "made"
    with pytest.raises(BadInput) as refused:
        made(base, out, tuner, sets)
    line = str(refused.value)
    assert told in line and "\n" not in line
    assert not out.exists() and not tuner.tuned


def test_a_base_that_is_no_sealed_run_is_refused(base: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no run folder"):
        made(tmp_path, tmp_path / "out", Tuner(), ONE)
    path = base / "weights" / "2links.npz"
    before = path.read_bytes()
    path.write_bytes(before + b"\0")
    try:
        with pytest.raises(BadInput, match=r"2links\.npz: is not what stage train left"):
            made(base, tmp_path / "out", Tuner(), ONE)
    finally:
        path.write_bytes(before)


def test_code_that_the_base_did_not_begin_with_is_not_run(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The base may be of others' making, and name whatever module of the user."""
    monkeypatch.chdir(tmp_path)
    job = Job.open(base)
    train = job.settings.train.model_copy(update={"loss": "mine:loss"})
    named = replace(job, settings=job.settings.model_copy(update={"train": train}))
    require_code(job)
    with pytest.raises(BadInput, match=r"mine:loss: .*mine\.py: no such file"):
        require_code(named)
    (tmp_path / "mine.py").write_text("raise SystemExit")
    with pytest.raises(BadInput, match="mine:loss: its file is not the one that"):
        require_code(named)
