"""A grid of chips by the fast model: milliseconds a point, nothing synthesised."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asicae.chip.microarchitectures import label_of
from asicae.estimation.libraries import load
from asicae.foundation.errors import BadInput
from asicae.scan.fast.model import FastModel, rtl_digest, way_of
from asicae.scan.fast.parts import parts_of
from asicae.scan.grid import Grid, Point
from asicae.scan.measured import Stimulus
from asicae.scan.record import ScanRecord, ScanRow, with_front
from asicae.scan.scan import Distances, built_row, points_of
from asicae.simulation.drawn import DrawnChip

ANEW = "`make campaign-fast` in a checkout fits it anew"


def predict(
    grid: Grid,
    stimulus: Stimulus,
    distances: Distances = (),
    model: FastModel | None = None,
    rtl_sha256: str | None = None,
) -> ScanRecord:
    """Figures of every point that the model was fitted for; the others have a reason.

    ``model`` and ``rtl_sha256`` are by default those of the kit; ``stimulus.liberty`` must be the
    library that the model was fitted with, where it names any.

    Raises:
        BadInput: another library, or no point can be built or is one that the model knows.
    """
    model = model or FastModel.stored()
    _check_library(model, stimulus.liberty)
    points = points_of(grid)
    reasons = [model.outside(point.chip) if point.chip else point.reason for point in points]
    if None not in reasons:
        raise BadInput(f"fast model: {reasons[0]}; without --fast it would be synthesised")
    calq = DrawnChip(grid.network, seed=stimulus.seed).calq(stimulus.events)
    rows = [
        predicted_row(model, point, reason, calq, stimulus, distances)
        for point, reason in zip(points, reasons, strict=True)
    ]
    chips = [p.chip for p, r in zip(points, reasons, strict=True) if p.chip and r is None]
    return with_front(
        ScanRecord(
            network=grid.network.name,
            axes={axis.name: axis.values for axis in grid.axes},
            seed=grid.seed,
            events=stimulus.events,
            timed_events=stimulus.timed_events,
            library=model.library.title,
            library_key=model.library.key,
            notes=tuple(notes_of(model, chips, rtl_sha256 or rtl_digest())),
            rows=tuple(rows),
        )
    )


def _check_library(model: FastModel, liberty: Sequence[Path]) -> None:
    if not liberty:
        return
    found = load(liberty)
    if found.sha256 != model.library.sha256:
        raise BadInput(
            f"--liberty: found {found.key}, the fast model was fitted with {model.library.key} "
            f"({', '.join(model.library.files)}); without --fast any library goes"
        )


def predicted_row(
    model: FastModel,
    point: Point,
    reason: str | None,
    calq: npt.NDArray[np.int32],
    stimulus: Stimulus,
    distances: Distances = (),
) -> ScanRow:
    """The row of a point with the figures of the model, or with the reason why there are none.

    ``reason`` is of the model; ``calq`` [n,48] are the events of ``stimulus``, AE order.
    """
    chip = point.chip
    if chip is None or reason is not None:
        label = label_of(chip.configuration) if chip else ""
        why = f"fast model: {reason}" if chip else str(reason)
        return ScanRow(choices=dict(point.choices), built=label, reason=why)
    figures = model.figures(chip, parts_of(chip, calq, stimulus.timed_events))
    row = built_row(point, figures, distances)
    return row.model_copy(update={"fast": model.errors[way_of(chip.configuration)]})


def notes_of(model: FastModel, chips: Sequence[DrawnChip], rtl_sha256: str) -> Iterator[str]:
    """What the figures are, and how far to trust them."""
    for way in dict.fromkeys(way_of(chip.configuration) for chip in chips):
        errors = model.errors[way]
        (area, most_area), (energy, most_energy) = errors.area, errors.energy
        yield (
            f"fast model, {way}: of {errors.points} chips that it was not fitted on the area was "
            f"off by {area:.1%} (median) to {most_area:.1%}, dynamic energy by {energy:.1%} to "
            f"{most_energy:.1%}; bands are wider by that"
        )
    beyond = [list(model.limits.beyond(chip.network)) for chip in chips]
    larger = [what for what in beyond if what]
    if larger:
        yield (
            f"fast model: {len(larger)} of {len(chips)} points are larger than all that it was "
            f"fitted on ({larger[0][0]}); there it goes on in a straight line"
        )
    if rtl_sha256 != model.rtl_sha256:
        yield f"fast model: the RTL has changed since it was fitted; {ANEW}"
    yield from model.library.notes
