"""Whether a library has what the chip is built of, told before anything is built.

A synthesiser that finds no flip-flop for a register, or no gate to map to, speaks of the register;
tables that are missing would count as zero without a word.
"""

from collections.abc import Callable, Iterable

from asicae.chip.configuration import Configuration
from asicae.chip.microarchitectures import NAIVE
from asicae.estimation.leaf_cells import clock_gate
from asicae.estimation.logic import Expression
from asicae.estimation.technology import Cell, Technology
from asicae.foundation.errors import BadInput

_NAMED = 3
"""Cells that are named as examples."""


def check_suited(technology: Technology, configuration: Configuration = NAIVE) -> None:
    """Make sure that a chip built so can be mapped to a library, weighed and timed.

    Raises:
        BadInput: cells are missing; all of them are named, with what was left out and why.
    """
    usable = [cell for cell in technology.cells.values() if cell.mapped]
    needed: dict[str, Callable[[Cell], bool]] = {
        "an inverter": lambda cell: cell.computes(True, False),
        "a buffer": lambda cell: cell.computes(False, True),
        "a two-input NAND": lambda cell: cell.computes(True, True, True, False),
        "a flip-flop with asynchronous reset or preset, one data and one clock pin": resets,
    }
    missing = [name for name, fits in needed.items() if not any(map(fits, usable))]
    latches = any(map(_latches, usable))
    if configuration.bank == "latch" and not latches:
        missing.append("a latch (banks 'ff' and 'gated' need none)")
    if configuration.bank == "gated" and not (latches or clock_gate(technology) is not None):
        missing.append("a clock gate of the rising edge, or a latch (bank 'ff' needs none)")
    if missing:
        without = _left_out(technology)
        raise BadInput(f"{technology.path}: the chip needs {', '.join(missing)}; {without}")


def _latches(cell: Cell) -> bool:
    return cell.storage is not None and cell.storage.kind == "latch"


def _left_out(technology: Technology) -> str:
    idle = [
        f"{cell.name} (dont_use)"
        for cell in technology.cells.values()
        if not cell.mapped and cell.clock_gate is None
    ]
    names = [f"{name} ({reason})" for name, reason in technology.unusable.items()] + idle
    if not names:
        return "no cell was left out"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"left out: {', '.join(names[:_NAMED])}{more}"


def resets(cell: Cell) -> bool:
    """Whether Yosys' ``dfflibmap`` takes a cell for a register with asynchronous reset or preset.

    Each of its functions is one pin or the inverse of one, and an output shows the state itself.
    """
    held = cell.storage
    if held is None or held.kind != "ff" or (held.clear is None and held.preset is None):
        return False
    pins = [
        _pin(expression)
        for expression in (held.data, held.control, held.clear, held.preset)
        if expression is not None
    ]
    shown = [cell.pins[name].function for name in cell.outputs]
    direct = [function.name for function in shown if function is not None]
    return None not in pins and set(pins) == set(cell.inputs) and bool({*direct} & {*held.state})


def _pin(expression: Expression) -> str | None:
    inner = expression.operands[0] if expression.operator == "!" else expression
    return inner.name or None


def missing_tables(technology: Technology) -> tuple[str, ...]:
    """What figures leave out because the library says nothing of it, one line each."""
    cells = [cell for cell in technology.cells.values() if cell.mapped and cell.outputs]
    logic = [cell for cell in cells if cell.inputs]
    registers = [cell for cell in cells if cell.storage is not None and cell.storage.kind == "ff"]
    notes = {
        "internal energy (internal_power): energy.* is that of switching and clock pins": [
            c for c in logic if not any(pin.power for pin in c.pins.values())
        ],
        "leakage (leakage_power, cell_leakage_power): it counts as none": [
            c for c in logic if not c.leakage
        ],
        "input capacitance: those pins load nothing": [
            c for c in logic if not all(c.pins[pin].capacitance for pin in c.inputs)
        ],
        "setup times (setup_rising): they count as none": [
            c for c in registers if not any(_sets_up(c))
        ],
        "transitions (rise_transition): those of the conditions are taken": [
            c for c in logic if not any(_transitions(c))
        ],
    }
    return tuple(_note(what, lacking, cells) for what, lacking in notes.items() if lacking)


def _sets_up(cell: Cell) -> Iterable[bool]:
    return (arc.kind.startswith("setup") for pin in cell.pins.values() for arc in pin.arcs)


def _transitions(cell: Cell) -> Iterable[bool]:
    return ("rise_transition" in arc.tables for pin in cell.pins.values() for arc in pin.arcs)


def _note(what: str, lacking: list[Cell], cells: list[Cell]) -> str:
    names = ", ".join(cell.name for cell in lacking[:_NAMED])
    more = ", ..." if len(lacking) > _NAMED else ""
    return f"{len(lacking)} of {len(cells)} cells ({names}{more}) have no {what}"
