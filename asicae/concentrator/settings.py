"""Settings of the concentrator, by the names of the chip's registers.

Names, widths and defaults: register map of LDMX-Software/pflib (``register_maps``); docs/frames.md
lists the addresses. Link counts: github.com/hgc-tpg/hgcal-tpg-fe.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, model_validator

from asicae.concentrator.links import AUTOENCODER_LINKS
from asicae.foundation.validation import validated
from asicae.module.codes import CALIBRATION_MAX, CALIBRATION_ONE, CALQ_MAX, DROP_LSB_MAX
from asicae.module.geometry import N_CELLS

MOST_LINKS = 13
BEST_CHOICE_CELLS = (1, 4, 6, 9, 14, 18, 23, 28, 32, 37, 41, 46, 48)
"""Cells that Best Choice sends at 1 to 13 links."""
REPEATER_LINKS = 11
BUFFER_WORDS_PER_LINK = 24
"""Default of buff_t1: twelve crossings of traffic (48 words at the default of 2 links)."""


class Algorithm(StrEnum):
    """The algorithms in the order of their numbers in the register alg_type."""

    THRESHOLD_SUM = "threshold_sum"
    SUPER_TRIGGER_CELL = "super_trigger_cell"
    BEST_CHOICE = "best_choice"
    REPEATER = "repeater"
    AUTOENCODER = "autoencoder"


class StcType(StrEnum):
    """Super Trigger Cell: cells of a group and code of its sum, in the order of stc_type."""

    STC4_5E4M = "stc4_5e4m"
    STC16_5E4M = "stc16_5e4m"
    CTC4_4E3M = "ctc4_4e3m"
    STC4_4E3M = "stc4_4e3m"


CODED_5E4M: Final = (StcType.STC4_5E4M, StcType.STC16_5E4M)
"""Types whose sums are 5E4M codes, of which no bits are dropped."""
STC_GROUPS = {
    StcType.STC4_5E4M: (2, 5, 8, 11, 12),
    StcType.STC16_5E4M: (2, 3),
    StcType.CTC4_4E3M: (4, 8, 12),
    StcType.STC4_4E3M: (3, 6, 10, 12),
}
"""Groups that are sent at 1, 2, ... links; more links are not defined."""


INPUT_SETTINGS: Final = ("mux", "cal", "alg_high_density")
"""Of the blocks before the algorithms, which turn codes into CALQ (``received.calq_of_codes``)."""
BUFFER_SETTINGS: Final = ("buff_t1", "buff_t2", "buff_t3")
_COMMON: Final = ("alg_type", "links", *INPUT_SETTINGS)
_USED: Final = {
    Algorithm.THRESHOLD_SUM: (
        *("threshold", "drop_lsb", "use_sum", "endless_buffer"),
        *BUFFER_SETTINGS,
    ),
    Algorithm.SUPER_TRIGGER_CELL: ("stc_type", "drop_lsb"),
    Algorithm.BEST_CHOICE: ("drop_lsb", "use_sum"),
    Algorithm.REPEATER: ("drop_lsb",),
    Algorithm.AUTOENCODER: ("keep_auto_encoder_bits", "latent_width"),
}
"""What each algorithm looks at beside what all of them have in common."""


def _every_cell(value: Any) -> Any:
    return (value,) * N_CELLS if isinstance(value, int) else value


# Settings come from files and options: true is no number, "2" and 2.0 are no integers.
_EVERY_CELL = Field(min_length=N_CELLS, max_length=N_CELLS)
Channel = Annotated[int, Field(strict=True, ge=0, lt=N_CELLS)]
Factor = Annotated[int, Field(strict=True, ge=0, le=CALIBRATION_MAX)]
Charge = Annotated[int, Field(strict=True, ge=0, le=CALQ_MAX)]
LatentMask = Annotated[int, Field(strict=True, ge=0, le=0xFFFF)]
BufferWords = Annotated[int, Field(strict=True, ge=0, le=511)]


class ConcentratorSettings(BaseModel):
    """One configuration of the concentrator.

    A setting that is given although the algorithm does not look at it is refused.

    Attributes:
        alg_type: the algorithm.
        links: active links (eTx), the ones in the register active_etxs; 32 bits each per crossing.
        alg_high_density: 9 instead of 4 sensor cells per trigger cell.
        mux: input channel 0..47 of every output (AE order).
        cal: calibration factor of every output, 0x800 = 1; one number stands for all.
        threshold: smallest CALQ that Threshold Sum sends, per output; one number stands for all.
        drop_lsb: bits dropped before a 4E3M code, 0..4.
        use_sum: the module sum covers all cells (true) or those not sent.
        stc_type: kind of Super Trigger Cell.
        buff_t1: a Threshold Sum frame that would fill the buffer beyond this many words is
            truncated; 24 words a link unless given.
        buff_t2: fill above which frames of at most ``buff_t3`` words are truncated; 511 is never.
        buff_t3: see ``buff_t2``.
        endless_buffer: no frame is ever truncated: for rows that are not one module's crossings.
        keep_auto_encoder_bits: one mask per latent; bit j of mask i keeps bit j of latent i.
        latent_width: bits of a latent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    alg_type: Algorithm
    links: int = Field(strict=True, ge=1, le=MOST_LINKS)
    alg_high_density: StrictBool = False
    mux: Annotated[tuple[Channel, ...], _EVERY_CELL] = tuple(range(N_CELLS))
    cal: Annotated[tuple[Factor, ...], _EVERY_CELL, BeforeValidator(_every_cell)] = (
        CALIBRATION_ONE,
    ) * N_CELLS
    threshold: Annotated[tuple[Charge, ...], _EVERY_CELL, BeforeValidator(_every_cell)] = (
        0,
    ) * N_CELLS
    drop_lsb: int = Field(default=0, strict=True, ge=0, le=DROP_LSB_MAX)
    use_sum: StrictBool = True
    stc_type: StcType = StcType.STC16_5E4M
    buff_t1: BufferWords | None = None
    buff_t2: BufferWords = 511
    buff_t3: int = Field(default=0, strict=True, ge=0, le=31)
    endless_buffer: StrictBool = False
    keep_auto_encoder_bits: Annotated[
        tuple[LatentMask, ...], Field(min_length=1, max_length=4096)
    ] = (0x1FF,) * 16
    latent_width: int = Field(default=9, strict=True, ge=1, le=16)

    @model_validator(mode="after")
    def _defined(self) -> Self:
        allowed = links_of(self.alg_type, self.stc_type)
        if self.links not in allowed:
            name = self.alg_type.value
            if self.alg_type is Algorithm.SUPER_TRIGGER_CELL:
                name = f"{name} of type {self.stc_type.value}"
            span = f"{allowed[0]} to {allowed[-1]}" if len(allowed) > 1 else f"{allowed[0]} only"
            raise ValueError(f"links is {self.links}, {name} is defined at {span}")
        for name in ConcentratorSettings.model_fields:
            if name in self.model_fields_set and name not in self.used:
                own = [used for used in self.used if used not in _COMMON]
                raise ValueError(f"{name}: {self._reason(name)}, allowed are {', '.join(own)}")
        if max(self.keep_auto_encoder_bits) >> self.latent_width:
            raise ValueError(
                f"keep_auto_encoder_bits holds {max(self.keep_auto_encoder_bits)}, a latent of "
                f"{self.latent_width} bits allows 0 to {(1 << self.latent_width) - 1}"
            )
        return self

    @property
    def used(self) -> tuple[str, ...]:
        """Names of the settings that decide what these frames are."""
        names = _COMMON + _USED[self.alg_type]
        unused: tuple[str, ...] = ()
        if self.alg_type is Algorithm.SUPER_TRIGGER_CELL and self.stc_type in CODED_5E4M:
            unused = ("drop_lsb",)
        if self.alg_type is Algorithm.THRESHOLD_SUM and self.endless_buffer:
            unused = BUFFER_SETTINGS
        return tuple(name for name in names if name not in unused)

    def _reason(self, name: str) -> str:
        if name in BUFFER_SETTINGS and self.alg_type is Algorithm.THRESHOLD_SUM:
            return "is not used with an endless_buffer"
        if name == "drop_lsb" and self.alg_type is Algorithm.SUPER_TRIGGER_CELL:
            return f"is not used by type {self.stc_type.value}"
        return f"is not used by {self.alg_type.value}"

    def text(self) -> str:
        """JSON of the settings that are used; those of the input only where they were given."""
        left_out = {name for name in INPUT_SETTINGS if name not in self.model_fields_set}
        return self.model_dump_json(include=set(self.used) - left_out)

    @property
    def frame_words(self) -> int:
        """16-bit words that the links carry each bunch crossing."""
        return 2 * self.links

    @property
    def buffer_words(self) -> int:
        """The buffer threshold T1 in words."""
        return BUFFER_WORDS_PER_LINK * self.links if self.buff_t1 is None else self.buff_t1


def settings_from(values: Mapping[str, Any], source: str = "concentrator") -> ConcentratorSettings:
    """Settings from named values; ``source`` names where they come from.

    Raises:
        BadInput: naming the key, what was found and what is allowed.
    """
    return validated(ConcentratorSettings, dict(values), source)


def links_of(algorithm: Algorithm, stc_type: StcType) -> tuple[int, ...]:
    """The link counts at which an algorithm is defined."""
    match algorithm:
        case Algorithm.SUPER_TRIGGER_CELL:
            return tuple(range(1, len(STC_GROUPS[stc_type]) + 1))
        case Algorithm.REPEATER:
            return (REPEATER_LINKS,)
        case Algorithm.AUTOENCODER:
            return AUTOENCODER_LINKS
        case _:
            return tuple(range(1, MOST_LINKS + 1))
