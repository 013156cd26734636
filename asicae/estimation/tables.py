"""Non-linear delay and power tables (NLDM, NLPM) of Liberty and their interpolation."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from asicae.estimation.liberty import Group
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short

Floats = npt.NDArray[np.float64]
_Indices = npt.NDArray[np.intp]
# What an axis is, by the name of its variable. A constraint depends on two transitions: that of the
# constrained pin is its slew, that of the related pin stands where others have the load.
_SLEW, _LOAD, _OTHER = "slew", "load", "other"
AXES = {
    "input_net_transition": _SLEW,
    "input_transition_time": _SLEW,
    "constrained_pin_transition": _SLEW,
    "related_pin_transition": _LOAD,
    "total_output_net_capacitance": _LOAD,
    "equal_or_opposite_output_net_capacitance": _OTHER,
    "related_out_total_output_net_capacitance": _OTHER,
}
_TIMES = ("related_pin_transition",)
SCALAR = ("", "scalar")
"""Templates that every library has."""
_SEPARATOR = re.compile(r"[\s,\\]+")


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
        return self._in(self._place(slew, load))

    def _place(self, slew: npt.ArrayLike, load: npt.ArrayLike) -> "_Place":
        """The rectangles of the axes, which tables of the same axes share."""
        row, along = _locate(self.slew, np.asarray(slew, np.float64))
        column, across = _locate(self.load, np.asarray(load, np.float64))
        columns = len(self.load)
        row_next = np.minimum(row + 1, len(self.slew) - 1) * columns
        column_next, row = np.minimum(column + 1, columns - 1), row * columns
        low = (row + column, row + column_next)
        return _Place(low, (row_next + column, row_next + column_next), across, along)

    def _in(self, place: "_Place") -> Floats:
        values = self.values.ravel()
        left, right = 1 - place.across, place.across
        low, high = (values[p[0]] * left + values[p[1]] * right for p in (place.low, place.high))
        result: Floats = low * (1 - place.along) + high * place.along
        return result


@dataclass(frozen=True)
class _Place:
    """Flat indices of the corners at lower and higher slew, and the position between them."""

    low: tuple[_Indices, _Indices]
    high: tuple[_Indices, _Indices]
    across: Floats
    along: Floats


def at_all(tables: Iterable[Table], slew: npt.ArrayLike, load: npt.ArrayLike) -> list[Floats]:
    """``Table.at`` of each; what has the same axes is looked up in them once."""
    places: dict[tuple[bytes, bytes], _Place] = {}
    found: list[Floats] = []
    for table in tables:
        axes = (table.slew.tobytes(), table.load.tobytes())
        if axes not in places:
            places[axes] = table._place(slew, load)
        found.append(table._in(places[axes]))
    return found


def _locate(axis: Floats, value: Floats) -> tuple[_Indices, Floats]:
    """Interval of ``axis`` that holds ``value`` and the position in it (0..1, beyond: outside)."""
    if len(axis) == 1:
        return np.zeros(value.shape, np.intp), np.zeros(value.shape)
    # Of the inner points alone: below the second is in the first interval, wherever.
    index = np.asarray(axis[1:-1].searchsorted(value, side="right"))
    return index, (value - axis[index]) / (axis[index + 1] - axis[index])


def numbers(values: tuple[str, ...]) -> Floats:
    """Finite numbers of one or more quoted, comma-separated lists.

    Raises:
        BadInput: a word is none.
    """
    words = [word for text in values for word in _SEPARATOR.split(text) if word]
    try:
        found = np.array([float(word) for word in words])
    except ValueError as error:
        raise BadInput(f"{error}; allowed are numbers") from None
    if not np.isfinite(found).all():
        wrong = words[int(np.flatnonzero(~np.isfinite(found))[0])]
        raise BadInput(f"found {wrong}, allowed are numbers")
    return found


@dataclass(frozen=True)
class Units:
    """What one unit of a library's axes is in ours: ns and fF."""

    time_ns: float
    load_ff: float


def read_table(group: Group, templates: Mapping[str, Group], units: Units, scale: float) -> Table:
    """Table of one group such as ``cell_rise (template) { ... }``; ``scale`` of its values.

    Of a third axis, the load of the cell's other output, the first point is taken.

    Raises:
        BadInput: axes and values do not fit together, or it is no table.
    """
    try:
        return _table(group, _template(group, templates), units, scale)
    except BadInput as error:
        raise BadInput(f"{group.title}: {error}") from None


def _template(group: Group, templates: Mapping[str, Group]) -> Group:
    if group.values("coefs") or group.values("orders"):
        raise BadInput("a polynomial; allowed are tables")
    if group.name in SCALAR:
        return Group("template")
    if group.name not in templates:
        raise BadInput("there is no such template")
    return templates[group.name]


def _table(group: Group, template: Group, units: Units, scale: float) -> Table:
    axes: list[tuple[str, Floats]] = []
    for number in ("1", "2", "3"):
        variable = template.text(f"variable_{number}")
        index = group.values(f"index_{number}") or template.values(f"index_{number}")
        if not (variable and index):
            continue
        if variable not in AXES:
            raise BadInput(f"variable_{number} is {short(variable)}, allowed are {', '.join(AXES)}")
        axes.append((variable, _axis(f"index_{number}", index)))
    values = numbers(group.values("values")) * scale
    shape = tuple(len(axis) for _, axis in axes)
    if values.size != int(np.prod(shape)):
        raise BadInput(f"{values.size} values, the axes allow {shape}")
    return _ordered(axes, values.reshape(shape), units)


@lru_cache(maxsize=256)
def _axis(name: str, index: tuple[str, ...]) -> Floats:
    axis = numbers(index)
    if not (np.diff(axis) > 0).all() or axis[:1].min(initial=0.0) < 0:
        raise BadInput(f"{name} is {short(', '.join(index))}, allowed are rising numbers from 0 on")
    return axis


def _ordered(axes: list[tuple[str, Floats]], values: Floats, units: Units) -> Table:
    """With the slew first and the load second, whatever the library has first."""
    roles = [AXES[variable] for variable, _ in axes]
    if _LOAD not in roles and _OTHER in roles:
        roles[roles.index(_OTHER)] = _LOAD
    if max(roles.count(_SLEW), roles.count(_LOAD)) > 1:
        raise BadInput(f"axes {', '.join(variable for variable, _ in axes)} do not go together")
    found = {role: np.zeros(1) for role in (_SLEW, _LOAD)}
    order: list[int] = []
    for role in found:
        if role in roles:
            variable, axis = axes[roles.index(role)]
            of_load = role == _LOAD and variable not in _TIMES
            found[role] = axis * (units.load_ff if of_load else units.time_ns)
            order.append(roles.index(role))
    rest = [place for place in range(len(axes)) if place not in order]
    whole = values.transpose([*rest, *order])[(0,) * len(rest)]
    return Table(found[_SLEW], found[_LOAD], whole.reshape(len(found[_SLEW]), len(found[_LOAD])))
