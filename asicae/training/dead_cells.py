"""Trigger cells that deliver nothing: drawn, listed or told by module; no TensorFlow here."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.module.geometry import N_CELLS
from asicae.readout.place import at_place, checked_place
from asicae.readout.readouts import Readouts

MOST_DRAWN: Final = 40


def _checked(chosen: "Chosen") -> "Chosen":
    if isinstance(chosen, int):
        if not 0 <= chosen <= MOST_DRAWN:
            raise ValueError(
                f"allowed are 0 to {MOST_DRAWN} cells that are drawn, or their numbers"
            )
    elif isinstance(chosen, Mapping):
        for place, cells in chosen.items():
            checked_place(place)
            _check_cells(cells)
    else:
        _check_cells(chosen)
    return chosen


def _check_cells(cells: Sequence[int]) -> None:
    """Raises ValueError unless they are different cells, and not all that there are."""
    known = all(0 <= cell < N_CELLS for cell in cells)
    if not known or len(set(cells)) != len(cells) or len(cells) == N_CELLS:
        raise ValueError(
            f"dead cells {short(list(cells))}, allowed are different ones of 0..{N_CELLS - 1}, "
            "not all of them"
        )


Chosen = int | tuple[int, ...] | dict[str, tuple[int, ...]]
DeadCellChoice = Annotated[Chosen, AfterValidator(_checked)]
"""A setting: how many are drawn, which, or which of each module by its place LAYER,U,V."""
DeadCells = Sequence[int] | Mapping[str, Sequence[int]]
"""Cells in AE order, of all modules or of some by place."""


def chosen_cells(chosen: Chosen, seed: int) -> DeadCells:
    """The cells that a setting means; a number of them is drawn with ``seed``."""
    return draw_dead_cells(seed, chosen) if isinstance(chosen, int) else chosen


def are_any(chosen: Chosen) -> bool:
    """Whether a setting has any cell die."""
    if isinstance(chosen, int):
        return chosen > 0
    return any(chosen.values()) if isinstance(chosen, Mapping) else bool(chosen)


def draw_dead_cells(seed: int, count: int = 6) -> tuple[int, ...]:
    """``count`` different cells in AE order, ascending, drawn evenly."""
    drawn = np.random.default_rng(seed).choice(N_CELLS, count, replace=False)
    return tuple(sorted(int(cell) for cell in drawn))


def with_dead_cells(readouts: Readouts, cells: DeadCells) -> Readouts:
    """The readouts of the same events from modules whose ``cells`` deliver nothing.

    Their charge is missing at the normaliser and in the module sum. The intact readouts remain
    the reference: what matters downstream is the charge that was there.

    Raises:
        BadInput: a cell outside 0..47, one named twice, or all of them.
    """
    calq = readouts.calq.copy()
    calq[_mask(readouts, cells)] = 0
    if isinstance(cells, Mapping):
        told = f"dead cells in {len(cells)} modules"
    else:
        told = f"dead cells {', '.join(map(str, cells))}"
    return dataclasses.replace(readouts, calq=calq, source=f"{readouts.source}; {told}")


def are_damaged(readouts: Readouts, cells: DeadCells) -> npt.NDArray[np.bool_]:
    """Which events are of modules with dead ``cells``, bool[n]; errors as ``with_dead_cells``."""
    return np.asarray(_mask(readouts, cells).any(axis=1), dtype=bool)


def require_charge(parts: Mapping[str, Readouts], cells: DeadCells) -> None:
    """Make sure that dead ``cells`` make a difference to events, by what these are called.

    Raises:
        BadInput: no event of a part has charge in one; see ``with_dead_cells``.
    """
    for part, readouts in parts.items():
        if not readouts.calq[_mask(readouts, cells)].any():
            raise BadInput(
                f"dead cells: no {part} event has charge in one, allowed are some that do"
            )


def _mask(readouts: Readouts, cells: DeadCells) -> npt.NDArray[np.bool_]:
    """Which cells of which events deliver nothing, bool[n,48]."""
    mask = np.zeros((len(readouts), N_CELLS), dtype=bool)
    by_place = cells if isinstance(cells, Mapping) else {None: cells}
    for place, dead in by_place.items():
        try:
            _check_cells(dead)
        except ValueError as error:
            raise BadInput(str(error)) from None
        rows = np.ones(len(readouts), dtype=bool) if place is None else at_place(readouts, place)
        mask[np.ix_(rows, np.asarray(dead, dtype=np.intp))] = True
    return mask
