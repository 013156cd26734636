"""Latents in a frame: the bits that a keep mask selects, in so much room as there is.

The latents form one word OUT_{n-1} .. OUT_0, each most significant bit first. The keep mask selects
bits of it, the survivors close up, and the last ones, as many as there is room for, go into the
frame, filled up with zeros in front when they are fewer.

Source: github.com/cmantill/ECONT_Emulator.
"""

from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from asicae.concentrator.bits import Bits, field_bits, join_bits
from asicae.concentrator.settings import ConcentratorSettings
from asicae.foundation.errors import BadInput

Latents = npt.NDArray[np.uint16]
LatentMask = Annotated[int, Field(strict=True, ge=0, le=0xFFFF)]


class LatentSettings(ConcentratorSettings):
    """Settings of frames with latents.

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
    def latents(self) -> int:
        """Number of latents."""
        return len(self.keep_auto_encoder_bits)

    def word(self, room: int) -> "LatentWord":
        """The latents in a frame with so many bits for them."""
        return LatentWord(self.keep_auto_encoder_bits, self.latent_width, room)


@dataclass(frozen=True)
class LatentWord:
    """Latents of so many bits each in a frame.

    Attributes:
        masks: bits of each that are kept.
        width: bits of each.
        room: bits that there are for all of them.
    """

    masks: tuple[int, ...]
    width: int
    room: int

    def selected(self, latents: Latents) -> Latents:
        """Latents uint16[n, latents] with the bits that are sent; the others are 0.

        Raises:
            BadInput: latents of another number or width.
        """
        if latents.shape[1] != len(self.masks):
            raise BadInput(f"{latents.shape[1]} latents, the keep mask has {len(self.masks)}")
        if latents.size and int(latents.max()) >> self.width:
            most = int(latents.max())
            raise BadInput(f"latent {most}, {self.width} bits allow 0 to {(1 << self.width) - 1}")
        return np.asarray(latents & self.sent)

    def pack(self, latents: Latents) -> Bits:
        """Bits uint8[n, room] of selected latents uint16[n, latents]."""
        places = self._places
        packed = np.zeros((len(latents), self.room), dtype=np.uint8)
        word = field_bits(latents[:, ::-1], self.width)
        packed[:, self.room - len(places) :] = word[:, places]
        return packed

    def unpack(self, packed: Bits) -> Latents:
        """Latents uint16[n, latents] in bits uint8[n, room]; zeros in front are not looked at."""
        places = self._places
        word = np.zeros((len(packed), len(self.masks) * self.width), dtype=np.uint8)
        word[:, places] = packed[:, self.room - len(places) :]
        return self._joined(word)

    @property
    def sent(self) -> Latents:
        """Bits of every latent that are in the frame, uint16[latents]."""
        word = np.zeros((1, len(self.masks) * self.width), dtype=np.uint8)
        word[0, self._places] = 1
        return np.asarray(self._joined(word)[0])

    @property
    def sources(self) -> tuple[int, ...]:
        """Which bit of the latents side by side, bit j of latent i at [i * width + j], is the last
        bit of the frame, the one before, and so on; zeros in front have none.
        """
        last = len(self.masks) * self.width - 1
        return tuple(last - place for place in reversed(self._places.tolist()))

    def told(self) -> str:
        """How many of the kept bits are in the frame."""
        kept = sum(mask.bit_count() for mask in self.masks)
        sent = sum(int(mask).bit_count() for mask in self.sent)
        return f", {sent} of {kept} kept latent bits fit"

    def _joined(self, word: Bits) -> Latents:
        """Latents of words uint8[n, latents * width]."""
        backwards = join_bits(word.reshape(len(word), len(self.masks), self.width))
        return np.ascontiguousarray(backwards[:, ::-1])

    @property
    def _places(self) -> npt.NDArray[np.intp]:
        """Where in the word OUT_{n-1} .. OUT_0 the bits of the frame come from."""
        masks = np.array([self.masks[::-1]], dtype=np.uint16)
        kept = np.flatnonzero(field_bits(masks, self.width)[0])
        return kept[max(len(kept) - self.room, 0) :]
