"""Every record of a measurement has the one shape."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from asicae.campaigns import physics, silicon
from asicae.campaigns.record import Record, publish, record
from asicae.foundation.errors import BadInput
from tests.support.places import ROOT

RESULTS = sorted((ROOT / "docs" / "results").glob("*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_committed_record_is_one(path: Path) -> None:
    found = Record.load(path)
    assert found.command.startswith("python -m ") and found.figures and found.violations == []
    assert not any(word.startswith("/") for word in shlex.split(found.command))
    assert {"asicae", "python"} < found.versions.keys()


def test_there_are_records() -> None:
    assert len(RESULTS) > 5


def test_what_has_another_shape_is_refused(tmp_path: Path) -> None:
    path = record(3, {"a": 1}, {"b": [2.5]}, packages=["numpy"]).save(tmp_path / "r.json")
    assert Record.load(path).figures == {"b": [2.5]}
    content = json.loads(path.read_text())
    for changed in (content | {"passed": True}, {k: content[k] for k in content if k != "seed"}):
        path.write_text(json.dumps(changed))
        with pytest.raises(BadInput, match=r"r\.json"):
            Record.load(path)


@pytest.mark.parametrize("violations", [[], ["a bit is wrong"]], ids=["none", "one"])
@pytest.mark.parametrize("picture", [None, b"PNG"], ids=["no picture", "picture"])
def test_a_measurement_is_published_whole_and_ends_the_program(
    violations: list[str],
    picture: bytes | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = record(1, {}, {"a": 1}, violations=violations)
    with pytest.raises(SystemExit) as ended:
        publish(found, "# A page\n", tmp_path / "a.json", picture)
    assert ended.value.code == len(violations)
    assert Record.load(tmp_path / "a.json") == found
    assert (tmp_path / "a.md").read_text() == "# A page\n" and "# A page" in capsys.readouterr().out
    drawn = tmp_path / "a.png"
    assert (drawn.read_bytes() if drawn.exists() else None) == picture


@pytest.mark.parametrize(
    ("main", "words", "told"),
    [
        (silicon.main, ["--measured-at", "HEAD"], "--measured-at: found without --rows"),
        (physics.main, ["--runs", "r", "--modules", "dense"], "--modules: found dense, mixture"),
    ],
    ids=["silicon", "physics"],
)
def test_what_does_not_fit_together_is_refused_before_any_work(
    main: Callable[[], None],
    words: list[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["campaign", "--out", "none.json", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2 and told in capsys.readouterr().err
