"""What the fast model says of a chip beside its estimate."""

from collections.abc import Sequence

from asicae.chip.configuration import Configuration
from asicae.chip.microarchitectures import label_of
from asicae.foundation.json_record import JsonRecord
from asicae.network.description import Network
from asicae.scan.fast.fit import HeldOut, Sample
from asicae.scan.fast.model import ChipFigures, way_of
from asicae.scan.fast.parts import parts_of
from asicae.scan.measured import Stimulus
from asicae.simulation.drawn import DrawnChip


class Compared(JsonRecord):
    """A figure as estimated, and as the fast model has it."""

    estimated: float
    predicted: float

    @property
    def error(self) -> float:
        """By how much the model is off, as share of the estimate."""
        return self.predicted / self.estimated - 1


class FastRow(JsonRecord):
    """A chip that was synthesised.

    Attributes:
        network: its description.
        configuration: how it is built.
        figures: its estimate, block by block: all that a fit needs.
        area_um2: beside what a model says that was fitted without its network.
        dynamic_fj: likewise; energy in a clock without leakage.
    """

    network: Network
    configuration: Configuration
    figures: ChipFigures
    area_um2: Compared
    dynamic_fj: Compared

    @property
    def built(self) -> str:
        """How, in a word or few."""
        return label_of(self.configuration)


class FarRow(JsonRecord):
    """A chip far larger than all that the model was fitted on."""

    network: str
    built: str
    area_um2: Compared
    dynamic_fj: Compared


def samples_of(
    chips: Sequence[DrawnChip], figures: Sequence[ChipFigures], stimulus: Stimulus
) -> list[Sample]:
    """What a fit needs of chips of one seed; those of one description have one number."""
    names = list(dict.fromkeys(chip.network.name for chip in chips))
    calq = chips[0].calq(stimulus.events)
    return [
        Sample(
            network=names.index(chip.network.name),
            way=way_of(chip.configuration),
            parts=parts_of(chip, calq, stimulus.timed_events),
            figures=found,
        )
        for chip, found in zip(chips, figures, strict=True)
    ]


def rows_of(chips: Sequence[DrawnChip], points: Sequence[HeldOut]) -> list[FastRow]:
    """The chips with what was predicted of them, in their order."""
    return [
        FastRow(
            network=chip.network,
            configuration=chip.configuration,
            figures=point.sample.figures,
            area_um2=Compared(
                estimated=point.sample.figures.area_um2, predicted=point.predicted.area_um2
            ),
            dynamic_fj=Compared(
                estimated=point.sample.figures.dynamic_fj, predicted=point.predicted.dynamic_fj
            ),
        )
        for chip, point in zip(chips, points, strict=True)
    ]
