"""Autoencoder frames: bunch-crossing counter, module sum, and the latent bits that were kept.

Source: github.com/cmantill/ECONT_Emulator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.chip.golden import ChipOutput
from asicae.concentrator.algorithms.base import Charges, LatentsOf
from asicae.concentrator.algorithms.networked import NetworkAlgorithm
from asicae.concentrator.bits import BitReader, field_bits, pack_words
from asicae.concentrator.frames import Bytes, Frames, fixed_frames, require_fixed
from asicae.concentrator.latent_word import Latents, LatentSettings, LatentWord
from asicae.concentrator.links import AUTOENCODER_LINKS, frame_latent_bits
from asicae.concentrator.possible import MOST_CHARGE, require_sums
from asicae.concentrator.transmitted import Transmitted, cells_and_sum, no_cells
from asicae.module.codes import decode_5e4m, encode_5e4m
from asicae.network.encoder import Encoder

HEADER_BITS: Final = 5
SUM_BITS: Final = 9


class AutoencoderSettings(LatentSettings):
    """Settings of the autoencoder."""

    @property
    def link_counts(self) -> tuple[int, ...]:
        """As many as have room for all bits of ECON-T."""
        return AUTOENCODER_LINKS

    @property
    def latent_word(self) -> LatentWord:
        """The latents in a frame."""
        return self.word(frame_latent_bits(self.links))


@dataclass(frozen=True, eq=False)
class AutoencoderFields:
    """Fields of n frames.

    Attributes:
        header: uint8[n], 5 bits.
        sums: uint16[n], 5E4M code of the module sum.
        latents: uint16[n, latents], bit patterns; bits that are not in the frame are 0.
    """

    header: Bytes
    sums: npt.NDArray[np.uint16]
    latents: Latents


class Autoencoder(NetworkAlgorithm[AutoencoderSettings, AutoencoderFields, ChipOutput]):
    """Sends the latents of a network."""

    name = "autoencoder"
    label = "Autoencoder"
    settings_type = AutoencoderSettings
    fields_type = AutoencoderFields

    def select(
        self, source: ChipOutput, counter: Bytes, settings: AutoencoderSettings
    ) -> AutoencoderFields:
        """Fields of what the encoder gave.

        Raises:
            BadInput: latents of another number or width than the settings have.
        """
        latents = settings.latent_word.selected(source.latents)
        return AutoencoderFields(counter, source.sums, latents)

    def pack(self, fields: AutoencoderFields, settings: AutoencoderSettings) -> Frames:
        """Rows of 2 words a link."""
        parts = (
            field_bits(fields.header, HEADER_BITS),
            field_bits(fields.sums, SUM_BITS),
            settings.latent_word.pack(fields.latents),
        )
        return fixed_frames(pack_words(parts, settings.frame_words))

    def unpack(self, frames: Frames, settings: AutoencoderSettings) -> AutoencoderFields:
        """Fields of the frames.

        Raises:
            BadInput: naming the first frame of another length, with padding that is not zero, or a
                sum above that of any module.
        """
        require_fixed(frames, settings.frame_words)
        reader = BitReader(frames.words)
        header, sums = reader.field(HEADER_BITS).astype(np.uint8), reader.field(SUM_BITS)
        word = settings.latent_word
        fields = AutoencoderFields(header, sums, word.unpack(reader.bits(word.room)))
        frames.require_padding(self.pack(fields, settings))
        require_sums(frames, sums, 0, MOST_CHARGE, encode_5e4m)
        return fields

    def transmitted(self, fields: AutoencoderFields, settings: AutoencoderSettings) -> Transmitted:
        """The module sum of n frames; cells are for a trained decoder to find."""
        del settings
        return cells_and_sum(*no_cells(len(fields.sums)), decode_5e4m(fields.sums))

    def encoded(
        self, calq: Charges, latents_of: LatentsOf, settings: AutoencoderSettings
    ) -> ChipOutput:
        """Latents and sums."""
        del settings
        return latents_of(calq)

    def values_of(self, encoder: Encoder) -> Mapping[str, Any]:
        """The keep mask of the weight set, and the width of the network's latents."""
        network, weights = encoder.network, encoder.weights
        return {
            "keep_auto_encoder_bits": tuple(weights.keep.tolist()),
            "latent_width": network.latent_type.width,
        }

    def summary(self, settings: AutoencoderSettings, truncated: int) -> str:
        """How many of the kept bits are in the frame."""
        del truncated
        return settings.latent_word.told()

    def latent_shape(self, settings: AutoencoderSettings) -> tuple[int, int]:
        """Number of latents and bits of each."""
        return settings.latents, settings.latent_width

    def latents(self, fields: AutoencoderFields) -> ChipOutput:
        """Latents and sums of n frames."""
        return ChipOutput(fields.latents, fields.sums)
