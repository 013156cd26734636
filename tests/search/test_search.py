"""A search ends the same whatever was killed; what is done is not done again; bad input."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asicae.chip.microarchitectures import NAIVE
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.runs.encoders import load_network
from asicae.search.base import SearchBase
from asicae.search.description import SearchDescription
from asicae.search.inputs import SOURCES, digests_of, inputs_of
from asicae.search.journal import JOURNAL
from asicae.search.picture import PUBLISHED, picture
from asicae.search.record import SEARCH_FILE, SearchRecord
from asicae.search.searching import search
from asicae.search.trial import done
from asicae.search.work import OUTCOME, TRIALS, TrialWork
from asicae.training.settings import TrainSettings
from tests.library.stand_in_base import base_run
from tests.search.inline_crew import InlineCrew, entered, made_up
from tests.support.pages import write_files
from tests.support.places import ROOT

SPACE = """
[space]
latents = [4, 5, 6, 8]
weight_bits = [4, 5, 6]
microarchitecture = ["naive", "lean"]
"train.epochs" = [1, 2, 3]
"train.loss" = ["sinkhorn", "telescope"]
"""
HEAD = 'trials = 12\nahead = 3\ndrawn = 4\nregimes = ["all", "occupancy 1-4"]\n'


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        yield base_run(tmp_path_factory.mktemp("base") / "run", patch)


@pytest.fixture(autouse=True)
def _text_in_place_of_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """To draw one takes longer than all else of a search here."""

    def text(record: SearchRecord) -> bytes:
        return record.model_dump_json().encode()

    monkeypatch.setattr("asicae.search.searching.picture", text)


def described(base: Path, folder: Path, head: str = HEAD, space: str = SPACE) -> SearchDescription:
    path = folder / "search.toml"
    path.write_text(f'base = "{base}"\n{head}{space}')
    return SearchDescription.read(path)


def searched(
    base: Path,
    out: Path,
    crew: InlineCrew,
    head: str = HEAD,
    space: str = SPACE,
    force: bool = False,
) -> SearchRecord:
    asked = described(base, out.parent, head, space)
    return search(asked, "search.toml", out, entered(crew), force)


def told(out: Path) -> list[dict[str, Any]]:
    """The journal without when and by which process its lines were written."""
    lines = [json.loads(line) for line in (out / JOURNAL).read_text().splitlines()]
    return [
        {key: value for key, value in line.items() if key != "worker_id" and "datetime" not in key}
        for line in lines
    ]


def test_a_search_that_is_cut_short_anywhere_ends_as_one_that_is_not(
    base: Path, tmp_path: Path
) -> None:
    crew = InlineCrew()
    whole = searched(base, tmp_path / "whole", crew)
    assert len(whole.rows) == 12 and any(row.pareto for row in whole.rows)
    assert len({json.dumps(row.choices) for row in whole.rows}) > 6
    # One line for the study and one for each trial: none is ever half told.
    assert len(told(tmp_path / "whole")) == 13
    seen: list[str] = []
    for limit in (1, 4, 2, None):
        part = InlineCrew(limit)
        with contextlib.suppress(KeyboardInterrupt):
            searched(base, tmp_path / "cut", part)
        seen += part.done
    assert told(tmp_path / "cut") == told(tmp_path / "whole")
    for name in (SEARCH_FILE, "search.md", "search.png"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert sorted(seen) == sorted(crew.done) and len(set(seen)) == len(seen)
    # More trials go on from those that are there, and are those of a search that had them at once.
    more, head = InlineCrew(), HEAD.replace("12", "15")
    searched(base, tmp_path / "cut", more, head)
    searched(base, tmp_path / "longer", InlineCrew(), head)
    assert told(tmp_path / "cut") == told(tmp_path / "longer")
    assert not set(more.done) & set(seen)


def test_what_a_stopped_machine_has_half_written_is_told_again(base: Path, tmp_path: Path) -> None:
    out = tmp_path / "made"
    searched(base, out, InlineCrew())
    journal, before = out / JOURNAL, told(out)
    journal.write_bytes(journal.read_bytes()[:-40])
    outcome = next((out / TRIALS).glob(f"*/{OUTCOME}"))
    outcome.write_text("{")
    crew = InlineCrew()
    searched(base, out, crew)
    assert told(out) == before and len(crew.done) <= 1


def test_trials_that_cannot_be_are_told_with_the_reason(base: Path, tmp_path: Path) -> None:
    space = '[space]\n"train.epochs" = [1, 9]\nlatents = [4, 8]\n'
    record = searched(base, tmp_path / "made", InlineCrew(), "trials = 8\n", space)
    refused = [row for row in record.rows if row.choices["train.epochs"] == "9"]
    assert refused and all("9 epochs" in row.outcome.reason for row in refused)
    assert not any(row.pareto for row in refused)
    page = (tmp_path / "made" / "search.md").read_text()
    assert "none: 9 epochs / are refused" in page


def test_the_front_is_what_no_other_trial_beats(base: Path, tmp_path: Path) -> None:
    record = searched(base, tmp_path / "made", InlineCrew())
    values = {row.number: row.outcome.values(record.objectives) for row in record.rows}
    known = {number: value for number, value in values.items() if value}
    front = {
        number
        for number, mine in known.items()
        if not any(
            other != mine and all(o <= m for o, m in zip(other, mine, strict=True))
            for other in known.values()
        )
    }
    assert {row.number for row in record.rows if row.pareto} == front
    assert picture(record).startswith(b"\x89PNG")
    assert {key: row.value for key, row in PUBLISHED.items()}["area.mm2_65nm"] == 3.6


@pytest.mark.parametrize(
    ("head", "space", "message"),
    [
        ("trials = 0\n", SPACE, "trials: found 0"),
        ("links = 6\n", SPACE, "links is 6, allowed is one of"),
        ("tries = 4\n", SPACE, "allowed are base, links, trials"),
        ('regimes = ["pileup 9"]\n', SPACE, "found 'pileup 9', of"),
        ("", "", "space"),
        ("", "[space]\nlatents = []\n", "space.latents"),
        ("", "[space]\nlatints = [4]\n", "toml: space: found axis 'latints'; nearest is latents"),
        ("", "[space]\nlatents = [4, 4]\n", "space: latents: a value is there twice"),
        ("", "[space]\nweight_bits = [0]\n", "space: weight_bits: '0' bits"),
        ("", '[space]\n"train.epochs" = [0]\n', "found 0"),
        ("", '[space]\n"train.speed" = [1]\n', "allowed are seed, epochs"),
        ("", '[space]\n"train.model" = ["a:b"]\n', "train.model: the network says that"),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_one_line(
    base: Path, tmp_path: Path, head: str, space: str, message: str
) -> None:
    with pytest.raises(BadInput) as caught:
        searched(base, tmp_path / "made", InlineCrew(), head, space)
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "made").exists()


def test_the_page_has_a_search_each_choice_of_which_is_a_chip(base: Path, tmp_path: Path) -> None:
    write_files((ROOT / "docs" / "search.md").read_text(encoding="utf-8"), tmp_path)
    asked = SearchDescription.read(tmp_path / "search.toml")
    asked = asked.model_copy(update={"base": str(base)})
    space = SearchBase.open(asked, "search.toml").space(asked, "search.toml")
    assert len(space.axes) == len(asked.space) > 4
    for choice in range(3):
        places = {axis.name: choice % len(axis.words) for axis in space.axes}
        assert space.point(places, asked.seed).chip, space.words(places)


def test_a_worker_with_other_files_does_no_trial(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loss, here = "losses:mine", inputs_of(base)
    (tmp_path / "losses.py").write_text("def mine(wanted, found): return wanted - found\n")
    for changed, found in (
        ({SOURCES: "0"}, "sources is another one where a worker is"),
        ({loss: "0"}, f"{loss} is another one where a worker is"),
    ):
        text = TrialWork(
            folder=str(tmp_path),
            run=str(base),
            network=load_network(base),
            configuration=NAIVE,
            train=TrainSettings(loss=loss),
            links=2,
            seed=1,
            inputs=here | digests_of({loss: tmp_path / "losses.py"}) | changed,
        ).text()
        with pytest.raises(CheckFailed, match=found):
            done(text, made_up)
    with pytest.raises(CheckFailed, match=f"a worker cannot read {tmp_path / 'none'}"):
        done(text.replace(str(base), str(tmp_path / "none")), made_up)
    assert not list(tmp_path.rglob(OUTCOME))


def test_another_search_is_not_begun_over(base: Path, tmp_path: Path) -> None:
    out = tmp_path / "made"
    searched(base, out, InlineCrew())
    other = SPACE.replace("[4, 5, 6, 8]", "[4, 8]")
    with pytest.raises(BadInput, match="add --force"):
        searched(base, out, InlineCrew(), space=other)
    assert len(searched(base, out, InlineCrew(), space=other, force=True).rows) == 12
    journal = (out / JOURNAL).read_text()
    (out / JOURNAL).write_text(journal.replace('"params":{"latents":', '"params":{"latents":9'))
    with pytest.raises(BadInput, match="trial 0: found"):
        searched(base, out, InlineCrew(), space=other)
    (out / JOURNAL).write_text('{"op_code": 0}\n')
    with pytest.raises(BadInput, match="is no journal of a search"):
        searched(base, out, InlineCrew(), space=other)
    (out / JOURNAL).write_text("no JSON\n")
    with pytest.raises(BadInput, match=r"journal\.log: line 1"):
        searched(base, out, InlineCrew(), space=other)
    stray = tmp_path / "stray"
    stray.mkdir()
    (stray / "mine").touch()
    with pytest.raises(BadInput, match="is no search"):
        searched(base, stray, InlineCrew())
