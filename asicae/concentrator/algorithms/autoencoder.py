"""Autoencoder frames: bunch-crossing counter, module sum, and the latent bits that were kept.

The latents form one word OUT_{n-1} .. OUT_0, each most significant bit first. The keep mask selects
bits of it, the survivors close up, and the last ``frame_latent_bits`` of them go into the frame,
filled up with zeros in front when they are fewer.

Source: github.com/cmantill/ECONT_Emulator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from asicae.chip.golden import ChipOutput
from asicae.concentrator.algorithms.networked import NetworkAlgorithm
from asicae.concentrator.bits import BitReader, field_bits, join_bits, pack_words
from asicae.concentrator.frames import Bytes, Frames, fixed_frames, require_fixed
from asicae.concentrator.links import AUTOENCODER_LINKS, frame_latent_bits
from asicae.concentrator.possible import MOST_CHARGE, require_sums
from asicae.concentrator.settings import ConcentratorSettings
from asicae.concentrator.transmitted import Transmitted, cells_and_sum, no_cells
from asicae.foundation.errors import BadInput
from asicae.module.codes import decode_5e4m, encode_5e4m
from asicae.network.encoder import Encoder

Masks = npt.NDArray[np.uint16]
LatentMask = Annotated[int, Field(strict=True, ge=0, le=0xFFFF)]


class AutoencoderSettings(ConcentratorSettings):
    """Settings of the autoencoder.

    Attributes:
        keep_auto_encoder_bits: one mask per latent; bit j of mask i keeps bit j of latent i.
        latent_width: bits of a latent.
    """

    keep_auto_encoder_bits: Annotated[
        tuple[LatentMask, ...], Field(min_length=1, max_length=4096)
    ] = (0x1FF,) * 16
    latent_width: int = Field(default=9, strict=True, ge=1, le=16)

    @model_validator(mode="after")
    def _kept_bits_exist(self) -> Self:
        if max(self.keep_auto_encoder_bits) >> self.latent_width:
            raise ValueError(
                f"keep_auto_encoder_bits holds {max(self.keep_auto_encoder_bits)}, a latent of "
                f"{self.latent_width} bits allows 0 to {(1 << self.latent_width) - 1}"
            )
        return self

    @property
    def link_counts(self) -> tuple[int, ...]:
        """As many as have room for all bits of ECON-T."""
        return AUTOENCODER_LINKS

    @property
    def latents(self) -> int:
        """Number of latents."""
        return len(self.keep_auto_encoder_bits)


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
    latents: Masks


class Autoencoder(NetworkAlgorithm[AutoencoderSettings, AutoencoderFields]):
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
        latents, width = source.latents, settings.latent_width
        if latents.shape[1] != settings.latents:
            raise BadInput(f"{latents.shape[1]} latents, the keep mask has {settings.latents}")
        if latents.size and int(latents.max()) >> width:
            most = int(latents.max())
            raise BadInput(f"latent {most}, {width} bits allow 0 to {(1 << width) - 1}")
        return AutoencoderFields(counter, source.sums, latents & _sent_bits(settings))

    def pack(self, fields: AutoencoderFields, settings: AutoencoderSettings) -> Frames:
        """Rows of 2 words a link."""
        places = _places(settings)
        word = field_bits(fields.latents[:, ::-1], settings.latent_width)
        spare = frame_latent_bits(settings.links) - len(places)
        parts = (
            field_bits(fields.header, 5),
            field_bits(fields.sums, 9),
            np.zeros((len(word), spare), dtype=np.uint8),
            word[:, places],
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
        header, sums = reader.field(5).astype(np.uint8), reader.field(9)
        places, width = _places(settings), settings.latent_width
        reader.bits(frame_latent_bits(settings.links) - len(places))
        word = np.zeros((len(frames), settings.latents * width), dtype=np.uint8)
        word[:, places] = reader.bits(len(places))
        backwards = join_bits(word.reshape(len(frames), settings.latents, width))
        fields = AutoencoderFields(header, sums, np.ascontiguousarray(backwards[:, ::-1]))
        frames.require_padding(self.pack(fields, settings))
        require_sums(frames, sums, 0, MOST_CHARGE, encode_5e4m)
        return fields

    def transmitted(self, fields: AutoencoderFields, settings: AutoencoderSettings) -> Transmitted:
        """The module sum of n frames; cells are for a trained decoder to find."""
        del settings
        return cells_and_sum(*no_cells(len(fields.sums)), decode_5e4m(fields.sums))

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
        kept = sum(mask.bit_count() for mask in settings.keep_auto_encoder_bits)
        sent = sum(int(mask).bit_count() for mask in _sent_bits(settings))
        return f", {sent} of {kept} kept latent bits fit"

    def latent_shape(self, settings: AutoencoderSettings) -> tuple[int, int]:
        """Number of latents and bits of each."""
        return settings.latents, settings.latent_width

    def latents(self, fields: AutoencoderFields) -> ChipOutput:
        """Latents and sums of n frames."""
        return ChipOutput(fields.latents, fields.sums)


def _sent_bits(settings: AutoencoderSettings) -> Masks:
    """Bits of every latent that are in the frame, uint16[latents]."""
    width = settings.latent_width
    word = np.zeros((1, settings.latents * width), dtype=np.uint8)
    word[0, _places(settings)] = 1
    return join_bits(word.reshape(1, settings.latents, width))[0, ::-1]


def _places(settings: AutoencoderSettings) -> npt.NDArray[np.intp]:
    """Where in the word OUT_{n-1} .. OUT_0 the bits of the frame come from."""
    masks = np.array([settings.keep_auto_encoder_bits[::-1]], dtype=np.uint16)
    kept = np.flatnonzero(field_bits(masks, settings.latent_width)[0])
    return kept[-frame_latent_bits(settings.links) :]
