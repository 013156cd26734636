"""Settings of the concentrator, by the names of the chip's registers: what all algorithms share.

Every algorithm adds its own to them (``algorithms``); values become settings in
``algorithms.table.settings_from``. Names, widths and defaults: register map of LDMX-Software/pflib
(``register_maps``); docs/frames.md lists the addresses. Link counts:
github.com/hgc-tpg/hgcal-tpg-fe.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from asicae.foundation.validation import Exact
from asicae.module.codes import CALIBRATION_MAX, CALIBRATION_ONE, DROP_LSB_MAX
from asicae.module.geometry import N_CELLS

MOST_LINKS: Final = 13
INPUT_SETTINGS: Final = ("mux", "cal", "alg_high_density")
"""Of the blocks before the algorithms, which turn codes into CALQ (``module.calibration``)."""
IF_GIVEN: Final = (*INPUT_SETTINGS, "ties", "held_back")
"""Left out of what is said of settings unless they were given."""
_COMMON: Final = ("alg_type", "links", *INPUT_SETTINGS)


def every_cell(value: Any) -> Any:
    """One number stands for all cells."""
    return (value,) * N_CELLS if isinstance(value, int) else value


# Settings come from files and options: true is no number, "2" and 2.0 are no integers.
EVERY_CELL: Final = Field(min_length=N_CELLS, max_length=N_CELLS)
Channel = Annotated[int, Field(strict=True, ge=0, lt=N_CELLS)]
Factor = Annotated[int, Field(strict=True, ge=0, le=CALIBRATION_MAX)]
DroppedBits = Annotated[int, Field(strict=True, ge=0, le=DROP_LSB_MAX)]


class ConcentratorSettings(Exact):
    """One configuration of the concentrator, as far as all algorithms have it.

    A setting that is given although the algorithm does not look at it is refused.

    Attributes:
        alg_type: name of the algorithm.
        links: active links (eTx), the ones in the register active_etxs; 32 bits each per crossing.
        alg_high_density: 9 instead of 4 sensor cells per trigger cell.
        mux: input channel 0..47 of every output (AE order).
        cal: calibration factor of every output, 0x800 = 1; one number stands for all.
    """

    alg_type: str
    links: int = Field(strict=True, ge=1, le=MOST_LINKS)
    alg_high_density: StrictBool = False
    mux: Annotated[tuple[Channel, ...], EVERY_CELL] = tuple(range(N_CELLS))
    cal: Annotated[tuple[Factor, ...], EVERY_CELL, BeforeValidator(every_cell)] = (
        CALIBRATION_ONE,
    ) * N_CELLS

    @model_validator(mode="after")
    def _defined(self) -> Self:
        allowed = self.link_counts
        if self.links not in allowed:
            span = f"{allowed[0]} to {allowed[-1]}" if len(allowed) > 1 else f"{allowed[0]} only"
            raise ValueError(f"links is {self.links}, {self.kind} is defined at {span}")
        for name, reason in self.unused.items():
            if name in self.model_fields_set:
                raise ValueError(f"{name}: {reason}, allowed are {', '.join(self.own)}")
        return self

    @property
    def link_counts(self) -> tuple[int, ...]:
        """Link counts at which frames of this kind are defined, ascending."""
        return tuple(range(1, MOST_LINKS + 1))

    @property
    def kind(self) -> str:
        """What these frames are, for messages."""
        return self.alg_type

    @property
    def unused(self) -> Mapping[str, str]:
        """Settings of the algorithm that frames of this kind do not look at: name to reason."""
        return {}

    @property
    def own(self) -> tuple[str, ...]:
        """Names of the settings beside the common ones that decide what these frames are."""
        hidden = {*_COMMON, *self.unused}
        return tuple(name for name in type(self).model_fields if name not in hidden)

    def text(self) -> str:
        """JSON of the settings that are used; some only where they were given (``IF_GIVEN``)."""
        left_out = {name for name in IF_GIVEN if name not in self.model_fields_set}
        return self.model_dump_json(exclude=left_out | set(self.unused))

    @property
    def frame_words(self) -> int:
        """16-bit words that the links carry each bunch crossing."""
        return 2 * self.links
