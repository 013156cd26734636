"""Non-linear delay and power tables (NLDM, NLPM) of Liberty and their interpolation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.estimation.liberty import Group
from asicae.foundation.errors import BadInput

Floats = npt.NDArray[np.float64]
LOAD_AXES = ("total_output_net_capacitance", "equal_or_opposite_output_net_capacitance")
_SEPARATOR = re.compile(r"[\s,]+")


@dataclass(frozen=True)
class Table:
    """``values[slew, load]`` over input transition (ns) and output load (fF).

    An axis that the library lacks has one point, and the table is constant along it.
    """

    slew: Floats
    load: Floats
    values: Floats

    def at(self, slew: npt.ArrayLike, load: npt.ArrayLike) -> Floats:
        """Bilinear interpolation, linear extrapolation outside, for arrays that broadcast."""
        row, along = _locate(self.slew, np.asarray(slew, np.float64))
        column, across = _locate(self.load, np.asarray(load, np.float64))
        row_next = np.minimum(row + 1, len(self.slew) - 1)
        column_next = np.minimum(column + 1, len(self.load) - 1)
        low = self.values[row, column] * (1 - across) + self.values[row, column_next] * across
        high = (
            self.values[row_next, column] * (1 - across)
            + self.values[row_next, column_next] * across
        )
        result: Floats = low * (1 - along) + high * along
        return result


def _locate(axis: Floats, value: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
    """Interval of ``axis`` that holds ``value`` and the position in it (0..1, beyond: outside)."""
    if len(axis) == 1:
        return np.zeros(value.shape, np.intp), np.zeros(value.shape)
    index = np.clip(np.searchsorted(axis, value, side="right") - 1, 0, len(axis) - 2)
    return index, (value - axis[index]) / (axis[index + 1] - axis[index])


def numbers(values: tuple[str, ...]) -> Floats:
    """Numbers of one or more quoted, comma-separated lists."""
    words = [word for text in values for word in _SEPARATOR.split(text.strip()) if word]
    try:
        return np.array([float(word) for word in words])
    except ValueError as error:
        raise BadInput(f"Liberty table: {error}; allowed are numbers") from None


def read_table(group: Group, templates: Mapping[str, Group], load_ff: float, scale: float) -> Table:
    """Table of one group such as ``cell_rise (template) { ... }``.

    ``load_ff`` is the library's capacitance unit in fF, ``scale`` the unit of the values in ours.

    Raises:
        BadInput: axes and values do not fit together.
    """
    template = templates.get(group.name, Group("template"))
    axes = []
    for number in ("1", "2"):
        index = group.attributes.get(f"index_{number}") or template.attributes.get(
            f"index_{number}"
        )
        if index:
            axes.append((template.text(f"variable_{number}"), numbers(index)))
    values = numbers(group.attributes.get("values", ())) * scale
    shape = tuple(len(axis) for _, axis in axes)
    if values.size != int(np.prod(shape)) or (len(axes) == 0 and values.size != 1):
        raise BadInput(f"Liberty table {group.kind}: {values.size} values, the axes allow {shape}")
    values = values.reshape(shape)
    nothing = np.zeros(1)
    if not axes:
        return Table(nothing, nothing, values.reshape(1, 1))
    is_load = [name in LOAD_AXES for name, _ in axes]
    if len(axes) == 1:
        axis = axes[0][1]
        if is_load[0]:
            return Table(nothing, axis * load_ff, values.reshape(1, -1))
        return Table(axis, nothing, values.reshape(-1, 1))
    if is_load[0]:
        axes, values = axes[::-1], values.T
    unit = load_ff if any(is_load) else 1.0  # constraint tables have two slew axes
    return Table(axes[0][1], axes[1][1] * unit, values)
