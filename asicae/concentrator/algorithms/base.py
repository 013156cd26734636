"""What an algorithm of the concentrator is: one object that knows all about itself.

Whoever makes frames, reads them, decodes them or compares algorithms asks the object; nobody else
knows their names (``table.ALGORITHMS``). A new algorithm is one file here and one row of the table.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from asicae.chip.golden import ChipOutput
from asicae.concentrator.charge_maps import Decode, MapOf, Training, without_place
from asicae.concentrator.frames import Bytes, Frames
from asicae.concentrator.settings import ConcentratorSettings
from asicae.concentrator.transmitted import Transmitted
from asicae.foundation.chunks import CHUNK_EVENTS, for_each_chunk
from asicae.module.geometry import Integers

Charges = npt.NDArray[np.int32]
Send = Callable[[Charges, Bytes, int | None], Frames]
"""Frames of CALQ int32[n, 48] and counters uint8[n], 0..31, on this many threads."""
Read = Callable[[str], Iterable[Charges]]
"""All charges of the events to encode, to fit the setting of this name to them."""


class LatentsOf(Protocol):
    """An encoder: what leaves the chip."""

    def __call__(self, calq: Charges, *, hidden: npt.NDArray[np.bool_] | None = None) -> ChipOutput:
        """Of CALQ int32[n, 48], whose ``hidden`` cells bool[n, 48] the network does not see."""


class Fields(Protocol):
    """What n frames say, a dataclass of arrays [n, ...] that are as long as the header."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def header(self) -> Bytes:
        """Bits uint8[n] of the bunch-crossing counter."""


@dataclass(frozen=True, eq=False)
class ChargesAndLatents:
    """What frames of cells and of latents are made from.

    Attributes:
        calq: int32[n, 48].
        latents: uint16[n, latents], after the keep mask.
    """

    calq: Charges
    latents: npt.NDArray[np.uint16]

    def part(self, chunk: slice) -> "ChargesAndLatents":
        """The events of a slice."""
        return ChargesAndLatents(self.calq[chunk], self.latents[chunk])


S = TypeVar("S", bound=ConcentratorSettings)
F = TypeVar("F", bound=Fields)
Source = TypeVar("Source", Charges, ChipOutput, ChargesAndLatents)


class ConcentratorAlgorithm(ABC, Generic[S, F, Source]):
    """One algorithm: settings, frames, what arrives, charge maps, and how it is compared.

    ``S`` are its settings, ``F`` the fields of its frames, and ``Source`` is what fields are
    selected from: charges, the latents and sums of an encoder, or charges and latents.

    Attributes:
        name: as in the register alg_type, in files and keys.
        label: for people.
        settings_type: the settings.
        fields_type: the fields.
        variable_rate: frames differ in length, and a full buffer truncates them.
        sends_cells: some or all cells are sent one by one.
        sends_rest: the largest cells are sent one by one, and the sum of all or of the others.
        is_reference: sends all cells; stands beside the others at its own number of links.
        chunk_events: crossings that are looked at together.
    """

    name: str
    label: str
    settings_type: type[S]
    fields_type: type[F]
    variable_rate: bool = False
    sends_cells: bool = False
    sends_rest: bool = False
    is_reference: bool = False
    chunk_events: int = CHUNK_EVENTS

    # Frames

    @abstractmethod
    def select(self, source: Source, counter: Bytes, settings: S) -> F:
        """Fields of n crossings and their counters uint8[n], 0..31, before any buffer.

        Args:
            source: CALQ int32[n, 48], or what an encoder gave.
            counter: bunch-crossing counters.
            settings: of the algorithm.

        Raises:
            BadInput: a source that does not fit the settings.
        """

    @abstractmethod
    def pack(self, fields: F, settings: S) -> Frames:
        """Frames of fields [n]; those of unpacked fields are the frames they came from."""

    @abstractmethod
    def unpack(self, frames: Frames, settings: S) -> F:
        """Fields of n frames.

        Raises:
            BadInput: naming the first frame that no chip with these settings can have sent.
        """

    @abstractmethod
    def transmitted(self, fields: F, settings: S) -> Transmitted:
        """What the fields of n frames say about charge, in CALQ units and AE order."""

    def charge_bounds(self, fields: F, settings: S) -> tuple[Integers, Integers] | None:
        """Smallest and largest charge int64[n, 48] that every cell sent one by one can have.

        0 for the others. None where the cells have codes with three bits of mantissa.
        """
        del fields, settings
        return None

    def row_words(self, settings: S) -> int:
        """Words of the longest frame: rows of ``Frames`` are as wide."""
        return settings.frame_words

    def frames_of(
        self, source: Source, counters: Bytes, settings: S, threads: int | None = None
    ) -> Frames:
        """Frames of any number of crossings, as they are before a buffer; see :meth:`select`."""
        words = np.empty((len(counters), self.row_words(settings)), dtype=np.uint16)
        counts = np.empty(len(counters), dtype=np.uint8)

        def run_chunk(chunk: slice) -> None:
            part: Any = source[chunk] if isinstance(source, np.ndarray) else source.part(chunk)
            frames = self.pack(self.select(part, counters[chunk], settings), settings)
            words[chunk], counts[chunk] = frames.words, frames.counts

        for_each_chunk(len(counters), run_chunk, threads, self.chunk_events)
        return Frames(words, counts)

    @abstractmethod
    def sender(self, settings: S, latents_of: LatentsOf | None = None) -> Send:
        """What makes frames of consecutive crossings of one module, with a buffer of its own.

        Args:
            settings: of the algorithm.
            latents_of: the encoder, for frames of latents.

        Raises:
            BadInput: an encoder is needed and missing.
        """

    def truncated(self, frames: Frames) -> npt.NDArray[np.bool_]:
        """Frames bool[n] that lost their cells to a full buffer."""
        return np.zeros(len(frames), dtype=bool)

    # Settings

    def settings(self, **values: Any) -> S:
        """Settings of this algorithm by name.

        Raises:
            ValidationError: values that do not fit (pydantic); see ``table.settings_from``.
        """
        return self.settings_type(alg_type=self.name, **values)

    def variants(self) -> Sequence[Mapping[str, Any]]:
        """Settings beside the links that change the layout of frames: one set of values a kind."""
        return ({},)

    def variant_of(self, settings: S) -> Mapping[str, Any]:
        """The one of :meth:`variants` that these settings have."""
        del settings
        return {}

    def link_counts(self, variant: Mapping[str, Any]) -> tuple[int, ...]:
        """Link counts at which a variant is defined, ascending."""
        return self.settings_type.model_construct(alg_type=self.name, **variant).link_counts

    def completed(self, values: Mapping[str, Any], read: Read) -> Mapping[str, Any]:
        """Values with those that stand for what was not given, for modules side by side in a file.

        Args:
            values: settings by name.
            read: charges of the events that will be encoded.

        Raises:
            BadInput: values that do not fit.
        """
        del read
        return values

    def summary(self, settings: S, truncated: int) -> str:
        """What there is to say of a file of frames, behind a comma each; may be empty."""
        del settings, truncated
        return ""

    # Decoding

    def groups(self, settings: S) -> Integers | None:
        """Cells int64[g, k], AE order, of the groups whose sums are sent; None if none are."""
        del settings
        return None

    @abstractmethod
    def maps(self, settings: S) -> dict[str, MapOf]:
        """The ways to a charge map that need no training events, the simplest first."""

    @abstractmethod
    def default_map(self, settings: S) -> str | None:
        """Name of the best of :meth:`maps` (docs/compare.md); None where there is none."""

    def trained_maps(self, settings: S, training: Training) -> dict[str, Decode]:
        """The ways to a charge map with what was measured or learned, the simplest first."""
        del training
        return without_place(self.maps(settings))

    # Comparison

    def candidates(self, links: int, calq: Charges) -> list[S]:
        """The settings that compete at a number of links: every variant there, or at the largest
        number below that it is defined at.

        Args:
            links: 32 bits each per crossing.
            calq: int32[n, 48], events that a setting may be fitted to.

        Raises:
            BadInput: no events to fit to.
        """
        del calq
        found = []
        for variant in self.variants():
            fitting = [n for n in self.link_counts(variant) if n <= links]
            if fitting:
                found.append(self.settings(links=fitting[-1], **variant))
        return found

    def buffered_candidates(self, links: int, calq: Charges) -> list[S]:
        """The settings that compete as one module sees it: with a buffer that ends.

        None where frames have one length and need no buffer.

        Args:
            links: 32 bits each per crossing.
            calq: int32[n, 48], crossings of modules of one class.

        Raises:
            BadInput: no events to fit to.
        """
        del links, calq
        return []

    def chosen_values(self, settings: S) -> dict[str, int | str]:
        """The settings that were fitted or chosen for a comparison, by their names."""
        return dict(self.variant_of(settings))
