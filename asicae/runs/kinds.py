"""The kinds of run: their stages in their order, and all else in which they differ."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from asicae.runs import imported, trained
from asicae.runs.settings import RunSettings
from asicae.runs.stage import Stage
from asicae.runs.stages import (
    compare,
    engines,
    estimate,
    evaluate,
    export,
    hybrid,
    importing,
    readouts,
    report,
    train,
    verify,
)


@dataclass(frozen=True)
class RunKind:
    """A kind of run.

    Attributes:
        stages: in their order.
        first: name of the stage that belongs to making the run: if it fails, there is no run.
        preparation: names of the stages that verification and estimation look at, brought up to
            date before them.
        begin: checks settings, and gives what writes into a new run folder what stages start from.
        files: what provenance hashes beside what stages wrote, from settings and run folder.
        weight_sets: names of those that the chip is verified with; the first is estimated.
    """

    stages: tuple[Stage, ...]
    first: str
    preparation: tuple[str, ...]
    begin: Callable[[RunSettings], Callable[[Path], None]]
    files: Callable[[RunSettings, Path], list[Path]]
    weight_sets: Callable[[RunSettings], tuple[str, ...]]


TRAINED = RunKind(
    stages=(
        readouts.STAGE,
        train.STAGE,
        evaluate.STAGE,
        compare.STAGE,
        export.STAGE,
        verify.STAGE,
        engines.STAGE,
        estimate.STAGE,
        report.STAGE,
    ),
    first="readouts",
    preparation=("export",),
    begin=trained.begin,
    files=trained.files,
    weight_sets=trained.weight_sets,
)
WITH_HYBRID = replace(
    TRAINED,
    stages=tuple(
        each
        for stage in TRAINED.stages
        for each in ((stage, hybrid.STAGE) if stage is train.STAGE else (stage,))
    ),
)
"""Runs that train the networks of Hybrid Choice, too."""
IMPORTED = RunKind(
    stages=(
        importing.STAGE,
        readouts.STAGE,
        export.STAGE,
        verify.STAGE,
        engines.STAGE,
        estimate.STAGE,
        report.STAGE,
    ),
    first="import",
    preparation=("import", "readouts", "export"),
    begin=imported.begin,
    files=imported.files,
    weight_sets=imported.weight_sets,
)

KINDS = (TRAINED, WITH_HYBRID, IMPORTED)


def every_stage() -> list[Stage]:
    """The stages of all kinds; those of several kinds are there once."""
    return list({stage.name: stage for kind in KINDS for stage in kind.stages}.values())


def kind_of(settings: RunSettings) -> RunKind:
    """The kind that settings ask for."""
    if settings.imported:
        return IMPORTED
    return WITH_HYBRID if settings.hybrid else TRAINED
