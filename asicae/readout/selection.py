"""Which modules of a file are wanted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.module.link_map import class_links
from asicae.readout.module_class import module_links
from asicae.readout.options import integers_from
from asicae.readout.part import Part

DENSITIES = {"HD": True, "LD": False}


@dataclass(frozen=True)
class Selection:
    """Conditions that must all hold; ``None`` and empty mean any.

    Attributes:
        layers: detector layers.
        wafers: places (u, v) of the module in its layer.
        wafer_types: 0, 1, 2 = sensor of 120, 200, 300 µm.
        high_density: module of 9 (true) or 4 (false) sensor cells per trigger cell.
        min_signal_fraction: at least this share of the event's signal energy in the module.
        links: trigger links of the module in the public map: its class.
    """

    layers: frozenset[int] = frozenset()
    wafers: frozenset[tuple[int, int]] = frozenset()
    wafer_types: frozenset[int] = frozenset()
    high_density: bool | None = None
    min_signal_fraction: float | None = None
    links: int | None = None

    def of(self, part: Part) -> Part:
        """The modules of ``part`` that are wanted."""
        readouts = part.readouts
        wanted: npt.NDArray[np.bool_] = np.ones(len(readouts), dtype=np.bool_)
        if self.layers:
            wanted &= np.isin(readouts.layer, sorted(self.layers))
        if self.wafers:
            here = zip(readouts.wafer_u.tolist(), readouts.wafer_v.tolist(), strict=True)
            wanted &= np.fromiter((place in self.wafers for place in here), np.bool_)
        if self.wafer_types:
            wanted &= np.isin(readouts.wafer_type, sorted(self.wafer_types))
        if self.high_density is not None:
            wanted &= readouts.high_density == self.high_density
        if self.min_signal_fraction is not None and part.signal_fraction is not None:
            wanted &= part.signal_fraction >= self.min_signal_fraction
        if self.links is not None:
            wanted &= module_links(readouts) == self.links
        return part if wanted.all() else part.select(wanted)

    def __str__(self) -> str:
        words = []
        if self.layers:
            words.append(f"layers {','.join(map(str, sorted(self.layers)))}")
        if self.wafers:
            words.append(f"wafers {' '.join(f'{u},{v}' for u, v in sorted(self.wafers))}")
        if self.wafer_types:
            words.append(f"types {','.join(map(str, sorted(self.wafer_types)))}")
        if self.high_density is not None:
            words.append("HD" if self.high_density else "LD")
        if self.min_signal_fraction is not None:
            words.append(f"signal fraction {self.min_signal_fraction:g} or more")
        if self.links is not None:
            words.append(f"class of {self.links} links")
        return "; ".join(words)


def selection_from(
    layers: str | None = None,
    wafers: Sequence[str] = (),
    wafer_types: str | None = None,
    density: str | None = None,
    min_signal_fraction: float | None = None,
    module_class: str | None = None,
) -> Selection:
    """A selection from texts: layers ``"5,7-9"``, wafers ``["3,-2"]``, types ``"0,1"``, ``"HD"``.

    ``module_class`` is the name of a class or its links, as in ``"dense"`` and ``"7"``.

    Raises:
        BadInput: naming the text, what was found and what is allowed.
    """
    if density not in (None, *DENSITIES):
        raise BadInput(f"density {density!r}: allowed are {' and '.join(DENSITIES)}")
    if min_signal_fraction is not None and not 0 <= min_signal_fraction <= 1:
        raise BadInput(f"signal fraction {min_signal_fraction:g}: allowed is 0..1")
    places = [integers_from(text, "wafer", 2) for text in wafers]
    return Selection(
        frozenset(ranges(layers, "layers", 1, 200) if layers else ()),
        frozenset((u, v) for u, v in places),
        frozenset(ranges(wafer_types, "types", 0, 2) if wafer_types else ()),
        DENSITIES[density] if density else None,
        min_signal_fraction,
        class_links(module_class) if module_class else None,
    )


def ranges(text: str, name: str, low: int, high: int) -> set[int]:
    """Numbers ``low``..``high`` from a text as in ``"1,5-7"``.

    Raises:
        BadInput: naming the text, what was found and what is allowed.
    """
    numbers: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        try:
            begin, end = int(first), int(last or first)
        except ValueError:
            begin, end = -1, -1
        if not low <= begin <= end <= high:
            raise BadInput(
                f"{name} {text!r}: found {part!r}, allowed are numbers {low}..{high} as in 1,5-7"
            )
        numbers |= set(range(begin, end + 1))
    return numbers
