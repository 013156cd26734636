"""Panels from the records of a run folder: which there are, and what they are drawn from."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.estimation.record import ESTIMATE_FILE, EstimateRecord
from asicae.layout.record import LAYOUT_FOLDER
from asicae.report import figures
from asicae.report.events import dead_cell_panels, event_panels
from asicae.report.layout import layout_section
from asicae.report.run_data import Run
from asicae.report.silicon import silicon_panels
from asicae.report.training import training_panels
from asicae.training.history import HISTORY_FILE, Epoch, write_history
from asicae.training.record import (
    DEAD_CELLS_BASE,
    DEAD_CELLS_TUNED,
    EVALUATION_FOLDER,
    EvaluationRecord,
    evaluation_file,
)
from tests.layout import records
from tests.support.places import TESTS

DEAD = [3, 17]
METRICS: dict[str, Any] = {
    "emd.autoencoder.2links": 1.5,
    "emd.autoencoder.5links": 0.5,
    "emd.mean_image": 3.0,
    "emd.untrained": 4.0,
}
PROVENANCE: dict[str, Any] = {"settings": {"links": [1, 2, 5], "data": None}}


def evaluation(seed: int, dead: list[int]) -> EvaluationRecord:
    drawn = np.random.default_rng(seed)
    reference = drawn.integers(1, 500, (20, 48)).astype(np.int32)
    calq = reference.copy()
    calq[:, dead] = 0
    kept = np.arange(20) != 4
    return EvaluationRecord(
        calq=calq,
        reference=reference,
        latents=drawn.integers(0, 512, (20, 16)).astype(np.uint16),
        sums=drawn.integers(0, 512, 20).astype(np.uint16),
        reconstructed=(reference * drawn.uniform(0.5, 1.5, (20, 48))).astype(np.float32),
        emd=np.where(kept, drawn.uniform(0, 3, 20), np.nan),
        kept=kept,
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path, dict(METRICS), {}, PROVENANCE)


def stored(run: Run, file: str, record: EvaluationRecord) -> None:
    record.save(run.folder / EVALUATION_FOLDER / file)


def drawn_with(monkeypatch: pytest.MonkeyPatch, name: str) -> list[tuple[Any, ...]]:
    """Arguments of a figure each time it is drawn."""
    calls: list[tuple[Any, ...]] = []
    draw = getattr(figures, name)

    def noted(*arguments: Any) -> Any:
        calls.append(arguments)
        return draw(*arguments)

    monkeypatch.setattr(figures, name, noted)
    return calls


def test_a_folder_without_records_has_no_panels(tmp_path: Path) -> None:
    empty = Run(tmp_path, {}, {}, PROVENANCE)
    for panels in (event_panels, dead_cell_panels, training_panels, silicon_panels):
        assert list(panels(empty)) == []


def test_events_are_those_at_fixed_quantiles_of_the_distance(run: Run) -> None:
    held_out = evaluation(1, [])
    stored(run, evaluation_file(5), held_out)
    found = list(event_panels(run))
    order = np.argsort(np.where(held_out.kept, held_out.emd, np.inf))
    expected = [int(order[int(quantile * 18)]) for quantile in (0.3, 0.6, 0.9)]
    assert [panel.title for panel in found] == [f"Event {k}" for k in expected]
    for k, panel in zip(expected, found, strict=True):
        assert panel.caption.startswith(f"EMD {held_out.emd[k]:.2f} at 5 links; ")


def test_dead_cells_are_marked_and_both_sets_named(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, tuned = evaluation(2, DEAD), evaluation(2, DEAD)
    stored(run, DEAD_CELLS_BASE, base)
    assert list(dead_cell_panels(run)) == []
    stored(run, DEAD_CELLS_TUNED, tuned)
    calls = drawn_with(monkeypatch, "dead_event")
    found = list(dead_cell_panels(run))
    assert len(found) == 3
    assert [call[4] for call in calls] == [DEAD] * 3
    means = [float(np.mean(each.distances)) for each in (base, tuned)]
    assert f"{means[0]:.3f} and {means[1]:.3f}" in found[0].caption


def test_weight_sets_are_named_in_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    epoch = Epoch(1, 2.0, 2.5, 0.01, 1.0)
    sets = {"1links": [epoch], "5links": [epoch, epoch], "dead_cells": [epoch]}
    write_history(run.folder / HISTORY_FILE, sets)
    for links in (2, 5):
        stored(run, evaluation_file(links), evaluation(links, []))
    curves = drawn_with(monkeypatch, "loss_curves")
    histograms = drawn_with(monkeypatch, "histograms")
    titles = [panel.title for panel in training_panels(run)]
    assert titles == [
        "Loss",
        "Distance by link count",
        "Distance, event by event",
        "Response of the hottest cell",
    ]
    losses: Mapping[str, Any] = curves[0][0]
    assert list(losses) == ["1 link", "5 links", "dead cells"]
    assert losses["5 links"][1].tolist() == [2.5, 2.5]
    assert [list(call[0]) for call in histograms] == [["2 links", "5 links"]] * 2
    assert len(histograms[0][0]["2 links"]) == 19  # the event without a distance is in neither
    assert len(histograms[1][0]["2 links"]) == 19


def test_energies_of_an_estimate_are_told_by_block(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run.folder / ESTIMATE_FILE).parent.mkdir()
    shutil.copy(TESTS / "estimation" / "sample.json", run.folder / ESTIMATE_FILE)
    calls = drawn_with(monkeypatch, "energy_by_kind")
    assert [panel.title for panel in silicon_panels(run)] == ["Energy by block and kind"]
    energies = calls[0][0]
    assert set(energies) == {"i2c_target", "dense"}
    assert energies["i2c_target"]["clock"] == pytest.approx(1.3074232019907174)
    dense = EstimateRecord.load(TESTS / "estimation" / "sample.json").blocks[1]
    assert energies["dense"]["data"] == pytest.approx(dense.zero_delay_fj.data / 1000)
    whole = dense.energy_fj.data / 1000
    assert energies["dense"]["data"] + energies["dense"]["glitches"] == pytest.approx(whole)


def test_blocks_are_shown_with_what_they_are_not(run: Run) -> None:
    assert layout_section(run).tables == ()
    for name in ("mac", "voter"):
        records.write(run.folder / LAYOUT_FOLDER / name, records.record(name))
    section = layout_section(run)
    assert [panel.title for panel in section.panels] == ["mac", "voter"]
    assert all(panel.wide and "data:image/png;base64," in panel.svg for panel in section.panels)
    (table,) = section.tables
    assert table.rows[0] == ["mac", "2", "12", "75 %", "0.01", "2.50", "4", "3", "toy"]
    for word in ("No power grid", "no clock tree", "DRC", "LVS"):
        assert word in table.remark
