"""Runs side by side: what differs is told, nothing is invented, and what cannot be is refused."""

import csv
from collections.abc import Iterator
from pathlib import Path

import matplotlib.image
import pytest

from asicae.report.side_by_side import picture
from asicae.runs.job import Job
from asicae.runs.settings import RunSettings
from asicae.runs.side_by_side import Row, SideBySide, side_by_side, told
from tests.support.command_line import call
from tests.support.stand_in_run import finished, use_stand_ins

OTHER = RunSettings(network="small", links=(2, 3, 5), test_events=6000)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two runs, ``a`` and ``b``, of different settings; ``c`` has those of ``a``."""
    with pytest.MonkeyPatch.context() as patch:
        use_stand_ins(patch)
        folder = tmp_path_factory.mktemp("runs")
        finished(folder / "a")
        finished(folder / "b", OTHER)
        finished(folder / "c")
        yield folder


def test_the_settings_that_differ_are_told_and_no_others(made: Path) -> None:
    found = side_by_side([made / "a", made / "b"])
    assert {row.name: row.values for row in found.differing} == {
        "links": ("2, 5", "2, 3, 5"),
        "test_events": (RunSettings().test_events, 6000),
    }
    lines = list(told(found, ["readouts.made"]))
    assert lines[0] == f"settings that differ, 2 of {len(found.settings)}"
    assert any(line.split() == ["links", "2,", "5", "2,", "3,", "5"] for line in lines)
    assert side_by_side([made / "a", made / "c"]).differing == ()


def test_the_table_has_every_metric_as_it_was_recorded(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    assert call("compare", made / "a", made / "b", "-o", out) == 0
    head, *rows = csv.reader(out.read_text().splitlines())
    assert head == ["kind", "name", str(made / "a"), str(made / "b")]
    for column, name in enumerate("ab", start=2):
        metrics = Job.open(made / name).folder.metrics()
        assert {r[1]: r[column] for r in rows if r[0] == "metric"} == {
            key: str(value) for key, value in metrics.items()
        }
    assert ["setting", "test_events", str(RunSettings().test_events), "6000"] in rows


METRICS = (
    Row("emd.autoencoder.10links", (0.5, None)),
    Row("emd.autoencoder.5links", (1.0, 0.75)),
    Row("emd.autoencoder.5links.class_2", (9.0, 9.0)),
    Row("emd.class7.autoencoder.5links", (None, 2.0)),
    Row("rtl.latency_bx", (2, 3)),
)
FOUND = SideBySide(("a", "b"), (Row("seed", (1, 1)),), METRICS)


def test_headlines_come_in_their_order_and_what_is_missing_is_a_dash() -> None:
    *_, head, five, ten, of_class, latency = told(FOUND)
    assert head.split() == ["a", "b"]
    assert five.split() == ["emd.autoencoder.5links", "1", "0.75"]
    assert ten.split() == ["emd.autoencoder.10links", "0.5", "-"]
    assert of_class.split() == ["emd.class7.autoencoder.5links", "-", "2"]
    assert latency.split() == ["rtl.latency_bx", "2", "3"]


def test_the_picture_has_a_panel_for_all_modules_and_each_class(tmp_path: Path) -> None:
    curves = FOUND.curves()
    assert curves == {"": {"a": {10: 0.5, 5: 1.0}, "b": {5: 0.75}}, "class7": {"b": {5: 2.0}}}
    (tmp_path / "x.png").write_bytes(picture(curves))
    (tmp_path / "y.png").write_bytes(picture({"": curves[""]}))
    both, one = (matplotlib.image.imread(tmp_path / name) for name in ("x.png", "y.png"))
    assert both.shape[1] == 2 * one.shape[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("{made}/a", "found 1 run, allowed are two runs or more, each once"),
        ("{made}/a {made}/b {made}/../runs0/a", "twice, allowed are two runs or more"),
        ("{made}/a {made}/none", "no run folder"),
        ("{made}/a {made}/b --metric rtl.*", "'rtl.*', which is none of the 9 metrics"),
        ("{made}/a {made}/b -o {out}/x.txt", "found ending '.txt', allowed is .csv"),
        ("{made}/a {made}/b --picture {out}/x.svg", "found ending '.svg', allowed is .png"),
        ("{made}/a {made}/b --picture {out}/x.png", "none of these runs has measured the EMD"),
        ("{made}/a {made}/b -o {out}/there.csv", "exists"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    words: str, said: str, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there.csv").write_text("mine")
    assert call("compare", *words.format(made=made, out=tmp_path).split()) == 2
    assert said in capsys.readouterr().err
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"there.csv": "mine"}


def test_an_edited_record_is_refused(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = next((made / "c" / "stages").glob("*.json"))
    text = record.read_text()
    record.write_text(text.replace("1", "2", 1))
    assert call("compare", made / "a", made / "c") == 2
    assert str(record) in capsys.readouterr().err
    record.write_text(text)
