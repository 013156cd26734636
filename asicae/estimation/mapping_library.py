"""The library as Yosys and ABC are given it: one plain file of what this room has understood.

Their readers know less of the format, each in its own way: no packed files, current-source groups,
dialects; several files are one to them only by chance. So what they map to is written anew, in our
units, from the cells as read: names, areas, functions, delay tables, and what holds state. A cell
that was left out does not exist for them.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from asicae.estimation.library import DELAYS
from asicae.estimation.logic import Expression
from asicae.estimation.tables import Table
from asicae.estimation.technology import Arc, Cell, Pin, Storage, Technology

_HEAD = """library (cells) {
  delay_model : table_lookup;
  time_unit : "1ns"; voltage_unit : "1V"; current_unit : "1mA"; pulling_resistance_unit : "1kohm";
  leakage_power_unit : "1nW"; capacitive_load_unit (1, ff);
"""
_FAR = 1e3
"""A second point, in ns or fF, for tables that are constant along an axis: ABC wants two."""


def mapping_library(technology: Technology) -> str:
    """Liberty text of the cells of a library."""
    shapes = sorted(
        {
            _widened(table).values.shape
            for cell in technology.cells.values()
            for pin in cell.pins.values()
            for arc in pin.arcs
            for table in arc.tables.values()
        }
    )
    parts = [_HEAD, f"  nom_voltage : {technology.voltage!r};\n"]
    parts += [_template(*shape) for shape in shapes]
    for cell in technology.cells.values():
        parts += _cell(cell)
    return "".join([*parts, "}\n"])


def _template(slews: int, loads: int) -> str:
    return (
        f"  lu_table_template (t{slews}x{loads}) {{\n"
        "    variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;\n"
        f"    index_1 ({_numbers(range(slews))}); index_2 ({_numbers(range(loads))});\n  }}\n"
    )


def _numbers(values: Iterable[float] | npt.NDArray[np.float64]) -> str:
    return '"' + ", ".join(repr(float(value)) for value in values) + '"'


def _cell(cell: Cell) -> Iterator[str]:
    yield f"  cell ({cell.name}) {{\n    area : {cell.area!r};\n"
    yield f"    cell_leakage_power : {cell.leakage!r};\n"
    if not cell.mapped:
        yield "    dont_use : true;\n"
    if cell.storage is not None:
        yield _storage(cell.storage)
    for pin in cell.pins.values():
        if pin.direction != "internal":
            # A clock gate is no AND gate to them.
            yield from _pin(pin, None if cell.clock_gate else pin.function)
    yield "  }\n"


def _storage(storage: Storage) -> str:
    data, control = ("next_state", "clocked_on") if storage.kind == "ff" else ("data_in", "enable")
    lines = {data: storage.data, control: storage.control}
    lines |= {
        name: value
        for name, value in (("clear", storage.clear), ("preset", storage.preset))
        if value is not None
    }
    text = " ".join(f'{name} : "{value.text}";' for name, value in lines.items())
    return f"    {storage.kind} ({', '.join(storage.state)}) {{ {text} }}\n"


def _pin(pin: Pin, function: Expression | None) -> Iterator[str]:
    yield f"    pin ({pin.name}) {{\n      direction : {pin.direction};\n"
    yield f"      capacitance : {pin.capacitance!r};\n"
    if pin.max_capacitance:
        yield f"      max_capacitance : {pin.max_capacitance!r};\n"
    if pin.clock:
        yield "      clock : true;\n"
    if function is not None:
        yield f'      function : "{function.text}";\n'
    for arc in pin.arcs:
        if any(name in arc.tables for name in DELAYS):
            yield from _arc(arc)
    yield "    }\n"


def _arc(arc: Arc) -> Iterator[str]:
    yield f'      timing () {{\n        related_pin : "{arc.related}";\n'
    yield f"        timing_sense : {arc.sense};\n"
    if arc.kind != "combinational":
        yield f"        timing_type : {arc.kind};\n"
    for name in DELAYS:
        if name in arc.tables:
            table = _widened(arc.tables[name])
            rows = ", ".join(_numbers(row) for row in table.values)
            yield (
                f"        {name} (t{table.values.shape[0]}x{table.values.shape[1]}) {{\n"
                f"          index_1 ({_numbers(table.slew)}); index_2 ({_numbers(table.load)});\n"
                f"          values ({rows});\n        }}\n"
            )
    yield "      }\n"


def _widened(table: Table) -> Table:
    slew, load, values = table.slew, table.load, table.values
    if len(slew) == 1:
        slew, values = np.append(slew, slew[-1] + _FAR), values.repeat(2, axis=0)
    if len(load) == 1:
        load, values = np.append(load, load[-1] + _FAR), values.repeat(2, axis=1)
    return Table(slew, load, values)
