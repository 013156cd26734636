"""The section on the algorithms: what stands in its table, and files that it refuses."""

import json

import pytest

from asicae.concentrator.algorithms.table import ALGORITHMS
from asicae.foundation.errors import BadInput
from asicae.report.algorithm_figures import in_order, look_of
from asicae.report.algorithms import algorithm_section
from asicae.report.regimes import OLD
from asicae.report.run_data import Run
from tests.conformance.toy_algorithm import LargestCell


def point(name, algorithm, links, emd, **more):
    common = {
        "set": name,
        "algorithm": algorithm,
        "links": links,
        "emd": emd,
        "emd_error": 0.0071,
        "response": 1.0041,
        "resolution": 0.0123,
        "response_hottest": 0.9,
        "resolution_hottest": 0.2,
        "mean_bits": 31.6,
        "max_bits": 64,
        "events_lost": 0,
        "decode": "near_2",
        "settings": {},
        "tried_on_validation": {},
    }
    return common | more


def run_of(folder, content, data=None):
    (folder / "compare").mkdir()
    (folder / "compare" / "comparison.json").write_text(json.dumps(content))
    return Run(folder, {}, {}, {"settings": {"data": data}})


def content(*names):
    tried = {"drop": 2.55, "near_2": 1.63}
    return {
        "format": "asicae-comparison-1",
        "sets": [{"name": n, "events": 1234, "excluded": 3, "source": "made up"} for n in names],
        "points": [
            each
            for name in names
            for each in (
                point(name, "best_choice", 1, 1.63, tried_on_validation=tried),
                point(name, "repeater", 11, 0.02, decode="as_sent"),
                point(name, "autoencoder", 1, 1.05, decode="decoder"),
                point(name, "threshold_sum", 1, 2.8, settings={"threshold": 70}, events_lost=5),
            )
        ],
    }


def test_the_table_says_what_was_measured_and_chosen(tmp_path):
    section = algorithm_section(run_of(tmp_path, content("test", "pileup200")))
    (table,) = section.tables
    assert [row[:2] for row in table.rows] == [
        ["1", "Autoencoder"],
        ["1", "Best Choice"],
        ["1", "Threshold Sum (variable rate)"],
        ["11", "Repeater"],
    ]
    assert len(table.columns) == len(table.rows[0]) == 10
    assert table.rows[1][2:6] == ["1.630 ± 0.007", "1.004 ± 0.012", "32 (64)", "near 2"]
    assert table.rows[2][9] == "near 2, threshold 70, 5 events without any charge sent"
    assert "at 1 links from 2.55 to 1.63 (signal mixture, validation)" in table.remark
    assert len(section.panels) == 6 and section.lead == [OLD]
    for panel in section.panels:
        assert "Synthetic source" in panel.caption
        assert "1,234 test events, 3 of them without charge left out" in panel.caption


def test_regimes_come_first_and_say_who_is_nearest(tmp_path):
    made = content("test", "pileup200") | {"format": "asicae-comparison-2"}
    made["sets"][0]["omitted"] = {"class": "no module has a place"}
    for each in made["points"]:
        emd = {"autoencoder": 0.5, "best_choice": 0.75}.get(each["algorithm"], 0.25)
        of = {"emd": emd, "low": emd - 0.125, "high": emd + 0.125, "breakdown": "occupancy"}
        each["regimes"] = [of | {"name": "1-4", "events": 70}, of | {"name": "20+", "events": 5100}]
    section = algorithm_section(run_of(tmp_path, made))
    first, second, whole = section.tables
    assert first.columns == [
        *("regime, signal mixture", "events", "links", "Autoencoder", "Best Choice"),
        *("Threshold Sum (variable rate)", "nearest of fixed rate"),
    ]
    distances = ["0.500 ± 0.125", "0.750 ± 0.125", "0.250 ± 0.125"]
    assert first.rows[0] == ["1-4 cells", "70", "1", *distances, "Autoencoder = Best Choice"]
    assert first.rows[1][:2] == ["20+ cells", "5,100"] and len(second.rows) == 2
    assert "Left out, signal mixture: class: no module has a place." in first.remark
    assert "Left out" not in second.remark and whole.columns[0] == "links"
    assert [panel.title for panel in section.panels[:2]] == [
        f"Distance by cells above the lowest code, {name}"
        for name in ("signal mixture", "pileup 200")
    ]
    assert section.lead[0].startswith("Nearest of the codes of fixed rate, signal mixture: ")
    assert len(section.lead) == 2


def test_readouts_of_ones_own_are_named_so(tmp_path):
    section = algorithm_section(run_of(tmp_path, content("test"), data="mine.csv"))
    assert len(section.panels) == 4
    assert all(panel.caption.startswith("Your readouts, ") for panel in section.panels)
    assert "EMD, own readouts" in section.tables[0].columns


def test_an_algorithm_is_named_as_the_table_names_it(tmp_path, monkeypatch):
    monkeypatch.setitem(ALGORITHMS, LargestCell.name, LargestCell())
    looks = {name: look_of(name) for name in ALGORITHMS}
    assert looks[LargestCell.name][0] == "Largest Cell"
    assert in_order([*ALGORITHMS, "a later one"])[-2:] == ["repeater", "a later one"]
    assert look_of("a later one")[0] == "a later one"
    coloured = [name for name in looks if name != LargestCell.name]
    assert len({looks[name][1:] for name in coloured}) == len(coloured)
    record = content("test")
    record["points"] = [point("test", LargestCell.name, 1, 4.2), *record["points"]]
    (table,) = algorithm_section(run_of(tmp_path, record)).tables
    assert [row[1] for row in table.rows][:2] == ["Largest Cell", "Autoencoder"]


def test_nothing_compared_is_no_section_and_another_format_is_refused(tmp_path):
    assert algorithm_section(Run(tmp_path, {}, {}, {})).panels == []
    with pytest.raises(BadInput, match=r"comparison\.json: format: found 'asicae-comparison-0'"):
        algorithm_section(run_of(tmp_path, {"format": "asicae-comparison-0"}))


def test_a_class_of_modules_is_a_regime_and_no_mean_of_a_mixture(tmp_path):
    made = content("test", "class7") | {"format": "asicae-comparison-3"}
    look = {"breakdown": "all", "name": "", "events": 1231, "emd_by_charge": 0.5, "width": -0.25}
    look |= {"hottest_found": 0.75, "response_hottest": 1.0, "centroid": 0.125, "width_spread": 0.5}
    for each in made["points"]:
        of = {"emd": 0.5, "low": 0.4, "high": 0.6, "breakdown": "class", "name": "7"}
        each["regimes"] = [of | {"events": 1231}]
        each["shapes"] = [look]
    section = algorithm_section(run_of(tmp_path, made))
    shown = "class of 7 links (networks trained on the signal mixture)"
    assert [table.columns[0] for table in section.tables] == [
        *("regime, signal mixture", f"regime, {shown}"),
        *("look of the shower, signal mixture", f"look of the shower, {shown}", "links"),
    ]
    assert shown not in "".join(section.tables[-1].columns)
    look = ["75 %, 1.00, 0.12, -0.25, 0.50"] * 3
    assert section.tables[2].rows[0] == ["all", "1,231", "1", *look]
    titles = [panel.title for panel in section.panels]
    assert f"Look of the shower, {shown}" in titles and f"Distance by links, {shown}" not in titles
