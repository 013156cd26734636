"""The stored comparison: its bytes, what it refuses, and what is read from it."""

import json
from pathlib import Path

import pytest

from asicae.comparison.record import (
    EVERY,
    OWN,
    PILEUP,
    ComparedEvents,
    ComparedPoint,
    ComparisonRecord,
    RegimeDistance,
    RegimeShape,
    Tried,
    class_set,
    links_of_set,
)
from asicae.comparison.run_choice import chosen_map
from asicae.concentrator.algorithms.table import settings_from
from asicae.foundation.errors import BadInput

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from asicae.comparison.compare import metrics_of

SAMPLE = Path(__file__).with_name("sample.json")
"""Five points as the kit has written them; one has regimes, one a buffer."""


def regime(breakdown: str, name: str, events: int, emd: float, width: float) -> RegimeDistance:
    low, high = emd - width, emd + width
    return RegimeDistance(
        breakdown=breakdown, name=name, events=events, emd=emd, low=low, high=high
    )


@pytest.fixture
def record() -> ComparisonRecord:
    return ComparisonRecord.load(SAMPLE)


def test_the_file_is_the_same_to_the_byte(record: ComparisonRecord, tmp_path: Path) -> None:
    stored = record.save(tmp_path / "comparison.json").read_bytes()
    assert stored == SAMPLE.read_bytes()


def test_a_record_of_values_is_the_file_of_these_values(
    record: ComparisonRecord, tmp_path: Path
) -> None:
    tried = [
        Tried({"stc_type": "ctc4_4e3m"}, "even", 3.2532),
        Tried({"stc_type": "ctc4_4e3m"}, "even+lost_near_0.5", 3.0606),
        Tried({"stc_type": "ctc4_4e3m"}, "even+lost_near_1", 3.0987),
        Tried({"stc_type": "stc4_5e4m"}, "peak_share+lost_near_0.5", 3.865),
        Tried({"stc_type": "stc4_5e4m"}, "peak_share+lost_near_1", 3.8213),
    ]
    point = ComparedPoint(
        set=OWN,
        algorithm="super_trigger_cell",
        links=2,
        emd=1.0950365831787188,
        emd_error=0.02387242709278183,
        response=1.0036281948789607,
        resolution=0.009876381454672001,
        response_hottest=1.0222178741930907,
        resolution_hottest=0.4111023486308248,
        mean_bits=64.0,
        max_bits=64,
        events_lost=0,
        decode="peak_by_size_near",
        settings={"stc_type": "stc16_5e4m"},
        tried_on_validation={each.label: each.emd for each in tried},
        regimes=(
            regime("occupancy", "1-4", 160, 1.40625, 0.0625),
            regime("occupancy", "20+", 56, 0.84375, 0.03125),
            regime("class", "2", 470, 1.125, 0.03125),
        ),
        shapes=(
            RegimeShape(
                breakdown=EVERY, name="", events=500, emd_by_charge=0.9375, hottest_found=0.75,
                response_hottest=1.0625, centroid=0.3125, width=0.125, width_spread=0.25,
            ),
        ),
    )  # fmt: skip
    assert point == record.points[1]
    assert point.tried == tried
    assert record.points[0].tried[0] == Tried({"threshold": 26}, "class_image", 2.5212)
    assert [each.decode for each in record.points[4].tried] == ["as_sent"]
    about = ComparedEvents(name=PILEUP, events=500, excluded=0, source="asicae source")
    assert about == record.sets[1]
    path = ComparisonRecord(sets=(about,), points=(point,)).save(tmp_path / "one.json")
    content = json.loads(SAMPLE.read_text())
    content["sets"], content["points"] = content["sets"][1:], content["points"][1:2]
    assert path.read_text() == json.dumps(content, indent=2, sort_keys=True) + "\n"


def test_a_file_of_the_first_format_is_read_and_has_no_regimes(
    record: ComparisonRecord, tmp_path: Path
) -> None:
    content = json.loads(SAMPLE.read_text()) | {"format": "asicae-comparison-1"}
    for each in content["sets"]:
        del each["omitted"]
    for each in content["points"]:
        del each["regimes"], each["buffered"], each["shapes"]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(content))
    old = ComparisonRecord.load(path)
    assert not any(point.regimes for point in old.points)
    new = {"regimes": (), "shapes": (), "buffered": None}
    without = [point.model_copy(update=new) for point in record.points]
    assert list(old.points) == without
    assert not [key for key in metrics_of(old) if "occupancy" in key]
    frames = {"alg_type": "threshold_sum", "links": 2, "threshold": 30}
    assert chosen_map(path, settings_from(frames)) == "near_2"


def test_its_metrics(record: ComparisonRecord) -> None:
    metrics = metrics_of(record)
    assert metrics["readout.pileup200.test_events"] == 500
    assert metrics["emd.pileup200.events_excluded"] == 0
    assert metrics["threshold.threshold_sum.2links"] == 26
    assert metrics["stc_type.super_trigger_cell.2links"] == "stc16_5e4m"
    assert metrics["emd.pileup200.best_choice.2links"] == 0.6966958508028749
    assert metrics["decode.pileup200.repeater.11links"] == "as_sent"
    assert metrics["bits_sent.threshold_sum.2links.max"] == 320
    assert metrics["emd.super_trigger_cell.2links.occupancy_20+"] == 0.84375
    assert metrics["readout.test_events.class_2"] == 470
    assert metrics["emd_buffered.threshold_sum.2links"] == 2.125
    assert metrics["charge_lost.threshold_sum.2links"] == 0.0625
    assert metrics["emd_by_charge.super_trigger_cell.2links"] == 0.9375
    assert metrics["hottest_found.super_trigger_cell.2links"] == 0.75
    assert metrics["centroid.super_trigger_cell.2links"] == 0.3125
    # Those of the autoencoder on the run's own events come from the evaluation.
    own = {key for key in metrics if key.endswith(".autoencoder.5links")}
    assert own == {
        f"{key}.autoencoder.5links"
        for key in ("emd_error", "response_hottest", "resolution_hottest", "decode")
    }


def test_the_choice_of_a_run_is_that_of_the_type_of_the_frames() -> None:
    frames = {"alg_type": "super_trigger_cell", "links": 2}
    for kind, decode in (
        ("ctc4_4e3m", "even+lost_near_0.5"),
        ("stc4_5e4m", "peak_share+lost_near_1"),
    ):
        assert chosen_map(SAMPLE, settings_from(frames | {"stc_type": kind})) == decode
    with pytest.raises(BadInput, match="tells nothing of super_trigger_cell at 2 links"):
        chosen_map(SAMPLE, settings_from(frames | {"stc_type": "stc16_5e4m"}))
    threshold = {"alg_type": "threshold_sum", "links": 2, "threshold": 30}
    assert chosen_map(SAMPLE, settings_from(threshold)) == "near_2"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "asicae-comparison-4"}, "format: found 'asicae-comparison-4'"),
        ({"sets": 1}, "sets: found 1"),
        ({"points": [{"set": "test"}]}, r"points\.0\.algorithm: field required"),
        ({"more": 1}, "more: found 1"),
    ],
)
def test_another_content_is_refused(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "comparison.json"
    path.write_text(json.dumps(json.loads(SAMPLE.read_text()) | change))
    with pytest.raises(BadInput, match=rf"comparison\.json: {message}"):
        ComparisonRecord.load(path)


def test_a_set_of_a_class_is_known_by_its_name() -> None:
    assert links_of_set(class_set(7)) == 7
    assert [links_of_set(name) for name in (OWN, PILEUP, "class", "class07", "class_7")] == [
        None
    ] * 5
