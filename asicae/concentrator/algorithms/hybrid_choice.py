"""Hybrid Choice: Adaptive Choice when quiet; when busy some cells, and latents of the others.

A definition of the kit, no algorithm of ECON-T; docs/frames.md has every field. One bit says which
of the two a frame is. A quiet frame is one of Adaptive Choice. A busy frame begins like one, with
as many cells in every crossing, and ends with the latents of a network that sees the other cells.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from asicae.chip.golden import ChipOutput
from asicae.concentrator.algorithms.adaptive_choice import (
    HEADER_BITS,
    SUM_BITS,
    AdaptiveChoice,
    AdaptiveChoiceFields,
    AdaptiveChoiceSettings,
)
from asicae.concentrator.algorithms.base import Charges, ChargesAndLatents, LatentsOf
from asicae.concentrator.algorithms.networked import NetworkAlgorithm
from asicae.concentrator.bits import WORD_BITS, BitReader, pack_words
from asicae.concentrator.companders import Compander
from asicae.concentrator.frames import Bytes, Frames, fixed_frames, require_fixed, short_header
from asicae.concentrator.largest import largest
from asicae.concentrator.latent_word import Latents, LatentSettings, LatentWord
from asicae.concentrator.possible import MOST_CHARGE, require_sums
from asicae.concentrator.subset_ranks import ranks_of
from asicae.concentrator.transmitted import Transmitted, cells_and_sum
from asicae.module.codes import encode_5e4m
from asicae.module.geometry import N_CELLS, Integers
from asicae.network.encoder import Encoder

Masks = npt.NDArray[np.bool_]

_ADAPTIVE: Final = AdaptiveChoice()
_COUNTER_BITS: Final = HEADER_BITS - 1
NEVER_BUSY: Final = N_CELLS + 1
"""Hits from which a crossing is busy that none has."""
_USUAL: Final[Mapping[int, Mapping[str, Any]]] = {
    1: {"busy_hits": 10, "busy_cells": 1, "busy_bits": 4, "busy_compander": Compander.LOG_1_16},
    2: {"busy_hits": 12, "busy_cells": 4, "busy_bits": 16, "busy_compander": Compander.LOG_1_16},
}
"""By links, unless set."""
LINKS: Final = tuple(_USUAL)


class _BusySettings(AdaptiveChoiceSettings):
    """Settings of what a busy frame begins with.

    Attributes:
        latent_room: bits for latents.
    """

    latent_room: int = 0

    @property
    def reserved(self) -> int:
        """Latents are no charges."""
        return self.latent_room


class HybridChoiceSettings(LatentSettings, AdaptiveChoiceSettings):
    """Settings of Hybrid Choice; those of Adaptive Choice are of quiet frames.

    Attributes:
        busy_hits: cells with charge from which on a crossing is busy; ``NEVER_BUSY``: none is.
        busy_cells: cells that are sent of a busy crossing.
        busy_bits: bits that their charges share.
        busy_compander: of these charges.
    """

    busy_hits: int = Field(default=1, strict=True, ge=1, le=NEVER_BUSY)
    busy_cells: int = Field(default=1, strict=True, ge=1, le=N_CELLS)
    busy_bits: int = Field(default=1, strict=True, ge=1)
    busy_compander: Compander = Compander.LOG_1_16

    @model_validator(mode="before")
    @classmethod
    def _busy_by_links(cls, values: Any) -> Any:
        """Fill in what the number of links decides, so that settings say all that they mean."""
        links = values.get("links") if isinstance(values, Mapping) else None
        if type(links) is not int or links not in LINKS:
            return values
        return {**_USUAL[links], **values}

    @model_validator(mode="after")
    def _busy_fits(self) -> Self:
        if self.busy_hits < self.busy_cells:
            raise ValueError(
                f"busy_hits is {self.busy_hits}, allowed are busy_cells {self.busy_cells} and more"
            )
        if self.busy_bits < self.busy_cells:
            raise ValueError(
                f"busy_bits is {self.busy_bits}, allowed are busy_cells {self.busy_cells} and more"
            )
        if self._latent_room < 1:
            raise ValueError(
                f"busy_cells {self.busy_cells} and busy_bits {self.busy_bits} leave"
                f" {max(self._latent_room, 0)} bits for latents at {self.links} links, one or more"
                " are needed"
            )
        return self

    @property
    def link_counts(self) -> tuple[int, ...]:
        """Those at which latents help."""
        return LINKS

    @property
    def busy(self) -> AdaptiveChoiceSettings:
        """What a busy frame begins with."""
        numbers = self.links, self.busy_cells, self._latent_room
        return _busy_settings(*numbers, self.busy_compander)

    @property
    def latent_word(self) -> LatentWord:
        """The latents at its end."""
        return self.word(self._latent_room)

    def busy_rows(self, calq: Charges) -> Masks:
        """Which crossings bool[n] of CALQ int32[n, 48] are busy."""
        return np.asarray(np.count_nonzero(calq, axis=1) >= self.busy_hits)

    @property
    def _latent_room(self) -> int:
        taken = HEADER_BITS + SUM_BITS + ranks_of(self.busy_cells).bits + self.busy_bits
        return WORD_BITS * self.frame_words - taken


@lru_cache(maxsize=256)
def _busy_settings(
    links: int, cells: int, latent_room: int, compander: Compander
) -> AdaptiveChoiceSettings:
    return _BusySettings(
        alg_type=_ADAPTIVE.name,
        links=links,
        most_cells=cells,
        compander=compander,
        latent_room=latent_room,
    )


@dataclass(frozen=True, eq=False)
class HybridChoiceFields:
    """Fields of n frames.

    Attributes:
        header: uint8[n], 4 bits.
        busy: bool[n], which of the two a frame is.
        sums: uint16[n], 5E4M code of the module sum.
        sent: bool[n, 48], the cells in the frame.
        codes: uint8[n, 48], their codes of 8 bits; bits that are not in the frame are 0, and so are
            codes of other cells.
        latents: uint16[n, latents], bit patterns of a busy frame; bits that are not in it are 0.
    """

    header: Bytes
    busy: Masks
    sums: npt.NDArray[np.uint16]
    sent: Masks
    codes: Bytes
    latents: Latents


class HybridChoice(NetworkAlgorithm[HybridChoiceSettings, HybridChoiceFields, ChargesAndLatents]):
    """Sends the largest cells, of busy crossings beside the latents of a network."""

    name = "hybrid_choice"
    label = "Hybrid Choice"
    settings_type = HybridChoiceSettings
    fields_type = HybridChoiceFields
    sends_cells = True
    chunk_events = _ADAPTIVE.chunk_events

    def encoded(
        self, calq: Charges, latents_of: LatentsOf, settings: HybridChoiceSettings
    ) -> ChargesAndLatents:
        """Charges, and latents of the cells that busy frames do not send; 0 of quiet crossings."""
        rows = settings.busy_rows(calq)
        busy = calq[rows]
        found = latents_of(busy, hidden=largest(busy, settings.busy_cells)).latents
        latents = np.zeros((len(calq), found.shape[1]), dtype=np.uint16)
        latents[rows] = found
        return ChargesAndLatents(calq, latents)

    def select(
        self, source: ChargesAndLatents, counter: Bytes, settings: HybridChoiceSettings
    ) -> HybridChoiceFields:
        """The fields of each crossing as busy or quiet as it is.

        Raises:
            BadInput: latents of another number or width than the settings have.
        """
        busy, header = settings.busy_rows(source.calq), short_header(counter)
        parts = [
            (rows, _ADAPTIVE.select(source.calq[rows], header[rows], part))
            for rows, part in _parts(busy, settings)
        ]
        latents = settings.latent_word.selected(source.latents)
        latents[~busy] = 0
        return _together(busy, parts, latents)

    def pack(self, fields: HybridChoiceFields, settings: HybridChoiceSettings) -> Frames:
        """Rows of 2 words a link."""
        words = np.zeros((len(fields.header), settings.frame_words), dtype=np.uint16)
        for rows, part in _parts(fields.busy, settings):
            words[rows] = _ADAPTIVE.pack(_adaptive(fields, rows), part).words
        word = settings.latent_word
        front = np.zeros((len(words), WORD_BITS * words.shape[1] - word.room), dtype=np.uint8)
        latents = word.pack(fields.latents) & fields.busy[:, None].astype(np.uint8)
        return fixed_frames(words | pack_words((front, latents), words.shape[1]))

    def unpack(self, frames: Frames, settings: HybridChoiceSettings) -> HybridChoiceFields:
        """Fields of the frames.

        Raises:
            BadInput: naming the first quiet or busy frame that Adaptive Choice refuses, or with
                cells or a sum that no crossing with so many hits gives, or padding that is not
                zero.
        """
        require_fixed(frames, settings.frame_words)
        reader = BitReader(frames.words)
        busy = reader.field(1).astype(bool)
        parts = [
            (rows, _ADAPTIVE.unpack(frames.part(rows), part))
            for rows, part in _parts(busy, settings)
        ]
        word = settings.latent_word
        reader.bits(WORD_BITS * settings.frame_words - word.room - 1)
        latents = word.unpack(reader.bits(word.room))
        latents[~busy] = 0
        fields = _together(busy, parts, latents)
        _require_hits(frames, fields, settings)
        frames.require_padding(self.pack(fields, settings))
        return fields

    def transmitted(
        self, fields: HybridChoiceFields, settings: HybridChoiceSettings
    ) -> Transmitted:
        """Charge of the cells that were sent and the module sum, as in Adaptive Choice."""
        charges = np.zeros(fields.sent.shape, dtype=np.int64)
        module_sum = np.zeros(len(charges), dtype=np.int64)
        for rows, part in _parts(fields.busy, settings):
            known = _ADAPTIVE.transmitted(_adaptive(fields, rows), part)
            charges[rows], module_sum[rows] = known.charges, np.asarray(known.module_sum)
        return cells_and_sum(charges, fields.sent, module_sum)

    def charge_bounds(
        self, fields: HybridChoiceFields, settings: HybridChoiceSettings
    ) -> tuple[Integers, Integers]:
        """Smallest and largest charge int64[n, 48] of every cell that was sent; 0 of others."""
        bounds = np.zeros((2, *fields.sent.shape), dtype=np.int64)
        for rows, part in _parts(fields.busy, settings):
            low, high = _ADAPTIVE.charge_bounds(_adaptive(fields, rows), part)
            bounds[0, rows], bounds[1, rows] = low, high
        return bounds[0], bounds[1]

    def values_of(self, encoder: Encoder) -> Mapping[str, Any]:
        """The keep mask of the weight set, and the width of the network's latents."""
        network, weights = encoder.network, encoder.weights
        return {
            "keep_auto_encoder_bits": tuple(weights.keep.tolist()),
            "latent_width": network.latent_type.width,
        }

    def summary(self, settings: HybridChoiceSettings, truncated: int) -> str:
        """How many of the kept bits are in a busy frame."""
        del truncated
        return settings.latent_word.told()

    def latent_shape(self, settings: HybridChoiceSettings) -> tuple[int, int]:
        """Number of latents and bits of each."""
        return settings.latents, settings.latent_width

    def latents(self, fields: HybridChoiceFields) -> ChipOutput:
        """Latents and sums of n frames."""
        return ChipOutput(fields.latents, fields.sums)

    def chosen_values(self, settings: HybridChoiceSettings) -> dict[str, int | str]:
        """Hits of a busy crossing, and what Adaptive Choice chooses."""
        return {"busy_hits": settings.busy_hits, **_ADAPTIVE.chosen_values(settings)}


def _parts(
    busy: Masks, settings: HybridChoiceSettings
) -> tuple[tuple[Masks, AdaptiveChoiceSettings], ...]:
    """Rows bool[n] of quiet and of busy frames, and how Adaptive Choice sees them."""
    return (~busy, settings), (busy, settings.busy)


def _adaptive(fields: HybridChoiceFields, rows: Masks) -> AdaptiveChoiceFields:
    """Fields of some rows, with the mode as the first bit of the header."""
    mode = np.left_shift(fields.busy[rows], _COUNTER_BITS, dtype=np.uint8)
    header = mode | fields.header[rows]
    return AdaptiveChoiceFields(header, fields.sums[rows], fields.sent[rows], fields.codes[rows])


def _together(
    busy: Masks, parts: list[tuple[Masks, AdaptiveChoiceFields]], latents: Latents
) -> HybridChoiceFields:
    """Fields of all n rows; the first bit of a header there is the mode."""
    rows = len(busy)
    header, sums = np.zeros(rows, dtype=np.uint8), np.zeros(rows, dtype=np.uint16)
    sent = np.zeros((rows, N_CELLS), dtype=bool)
    codes = np.zeros((rows, N_CELLS), dtype=np.uint8)
    for mine, part in parts:
        header[mine], sums[mine] = part.header & ((1 << _COUNTER_BITS) - 1), part.sums
        sent[mine], codes[mine] = part.sent, part.codes
    return HybridChoiceFields(header, busy, sums, sent, codes, latents)


def _require_hits(
    frames: Frames, fields: HybridChoiceFields, settings: HybridChoiceSettings
) -> None:
    """Stop at the first frame that no crossing with as many hits as its mode says gives."""
    number, cells = np.count_nonzero(fields.sent, axis=1), settings.busy_cells
    frames.refuse(
        fields.busy & (number != cells),
        lambda row: f"{number[row]} cells in a busy frame, allowed is {cells}",
    )
    most = settings.busy_hits - 1
    frames.refuse(
        ~fields.busy & (number > most),
        lambda row: f"{number[row]} cells in a quiet frame, allowed is 0..{most}",
    )
    # Each hit that is not sent adds 1 or more to what was sent.
    low = _ADAPTIVE.charge_bounds(_adaptive(fields, fields.busy), settings.busy)[0].sum(axis=1)
    require_sums(
        frames.part(fields.busy),
        fields.sums[fields.busy],
        low + settings.busy_hits - cells,
        MOST_CHARGE,
        encode_5e4m,
    )
