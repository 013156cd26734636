"""The cells of a library as C++: what each computes on words that hold a bit of every lane."""

import re
from collections.abc import Sequence
from typing import Final

from asicae.estimation.logic import Expression
from asicae.estimation.technology import Cell, Storage, Technology

STATE: Final = "held_state"
"""What a cell holds, in the texts below."""
_SIGNS: Final = {"&": " & ", "|": " | ", "^": " ^ "}


def cells_text(technology: Technology, kinds: Sequence[str]) -> str:
    """C++ functions over rows of cells, which switch by the place of a cell in ``kinds``.

    Of each row there are the nets of all pins in the order of the library, then the place of what
    it holds, where it is no flip-flop and holds something.
    """
    cells = [technology.cell(kind) for kind in kinds]
    held = [(number, cell, cell.storage) for number, cell in enumerate(cells) if cell.storage]
    flip_flops = [(n, cell, storage) for n, cell, storage in held if storage.kind == "ff"]
    return "\n".join(
        [
            _function(
                "void settle(int kind, W* v, const int32_t* pins, int rows, W* held)",
                [(number, cell, _settling(cell)) for number, cell in enumerate(cells)],
            ),
            _function(
                "void drive(int kind, W* v, const int32_t* pins, int rows, const W* state)",
                [(n, cell, [_state(s), *_outputs(cell)]) for n, cell, s in flip_flops],
            ),
            _function(
                "void sample(int kind, const W* v, const int32_t* pins, int rows, const W* state, "
                "W* data)",
                [
                    (
                        n,
                        cell,
                        [
                            _state(s),
                            *_inputs(cell, s.data),
                            f"data[i] = {_text(s.data, _states(s))};",
                        ],
                    )
                    for n, cell, s in flip_flops
                ],
            ),
            _function(
                "void opened(int kind, const W* v, const int32_t* pins, int rows, W* clock)",
                [
                    (n, cell, [*_inputs(cell, s.control), f"clock[i] = {_text(s.control)};"])
                    for n, cell, s in flip_flops
                ],
            ),
            _function(
                "void forced(int kind, const W* v, const int32_t* pins, int rows, W* state, "
                "W& changed)",
                [
                    (n, cell, [*_inputs(cell, *_forces(s)), *_forcing(s, "state[i]", True)])
                    for n, cell, s in flip_flops
                    if _forces(s)
                ],
            ),
        ]
    )


def columns(cell: Cell) -> int:
    """Numbers in a row of a cell, see ``cells_text``."""
    return len(cell.pins) + keeps(cell)


def keeps(cell: Cell) -> bool:
    """Whether it holds something and is no flip-flop: a latch, a clock gate."""
    return cell.clock_gate is not None or (
        cell.storage is not None and cell.storage.kind == "latch"
    )


def _function(head: str, bodies: Sequence[tuple[int, Cell, list[str]]]) -> str:
    names = re.findall(r"(\w+)[,)]", head)
    unused = " ".join(f"(void){name};" for name in names)  # by a library without such cells
    lines = [f"inline {head} {{", f"  {unused}", "  switch (kind) {"]
    for number, cell, body in bodies:
        if body:
            lines += [
                f"    case {number}:  // {cell.name}",
                f"      for (int i = 0; i < rows; i++, pins += {columns(cell)}) {{",
                *(f"        {line}" for line in body),
                "      }",
                "      break;",
            ]
    return "\n".join([*lines, "    default: break;", "  }", "}", ""])


def _settling(cell: Cell) -> list[str]:
    """Lines that compute the outputs within a half of a clock; none of a flip-flop."""
    if cell.clock_gate is not None:
        gate = cell.clock_gate
        pins = [gate.clock, gate.enable, *([gate.test] if gate.test else [])]
        opens = f"({' | '.join(f'pin_{pin}' for pin in pins[1:])})"
        clock, kept = f"pin_{gate.clock}", f"held[pins[{len(cell.pins)}]]"
        # Open while the clock is low.
        lines = [f"{kept} = (~{clock} & {opens}) | ({clock} & {kept});"]
        return [*_read(cell, pins), *lines, _write(cell, gate.output, f"{clock} & {kept}")]
    storage = cell.storage
    if storage is None:
        functions = [cell.pins[pin].function for pin in cell.outputs]
        return [*_inputs(cell, *functions), *_outputs(cell)]
    if storage.kind == "ff":
        return []
    kept = f"held[pins[{len(cell.pins)}]]"
    opens = f"({_text(storage.control)})"
    return [
        *_inputs(cell, storage.control, storage.data, *_forces(storage)),
        f"{kept} = ({opens} & {_text(storage.data)}) | (~{opens} & {kept});",
        *_forcing(storage, kept, False),
        f"const W {STATE} = {kept};",
        *_outputs(cell),
    ]


def _state(storage: Storage) -> str:
    return f"const W {STATE} = state[i]; (void){STATE}; // {storage.state[0]}"


def _forces(storage: Storage) -> list[Expression]:
    return [control for control in (storage.clear, storage.preset) if control is not None]


def _forcing(storage: Storage, kept: str, told: bool) -> list[str]:
    """Preset and clear; where both are, the cell is clear."""
    lines = [f"W now = {kept};"]
    if storage.preset is not None:
        lines.append(f"now |= {_text(storage.preset)};")
    if storage.clear is not None:
        lines.append(f"now &= ~({_text(storage.clear)});")
    return [*lines, *([f"changed |= now ^ {kept};"] if told else []), f"{kept} = now;"]


def _inputs(cell: Cell, *expressions: Expression | None) -> list[str]:
    names = {name for found in expressions if found is not None for name in found.names}
    return _read(cell, [pin for pin in cell.inputs if pin in names])


def _read(cell: Cell, pins: Sequence[str]) -> list[str]:
    places = {pin: place for place, pin in enumerate(cell.pins)}
    return [f"const W pin_{pin} = v[pins[{places[pin]}]];" for pin in pins]


def _outputs(cell: Cell) -> list[str]:
    lines = []
    states = _states(cell.storage)
    for pin in cell.outputs:
        function = cell.pins[pin].function
        if function is not None and (cell.storage is None or set(function.names) <= set(states)):
            lines.append(_write(cell, pin, _text(function, states)))
    return lines


def _write(cell: Cell, pin: str, text: str) -> str:
    return f"v[pins[{list(cell.pins).index(pin)}]] = {text};"


def _states(storage: Storage | None) -> dict[str, str]:
    return {} if storage is None else dict(zip(storage.state, (STATE, f"~{STATE}"), strict=True))


def _text(expression: Expression, states: dict[str, str] | None = None) -> str:
    """As C++ on words of lanes."""
    operator, operands = expression.operator, expression.operands
    if operator == "name":
        return (states or {}).get(expression.name, f"pin_{expression.name}")
    if operator in "01":
        return "W{}" if operator == "0" else "~W{}"
    if operator == "!":
        return f"~({_text(operands[0], states)})"
    return "(" + _SIGNS[operator].join(_text(operand, states) for operand in operands) + ")"
