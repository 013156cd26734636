"""Which flip-flop of a netlist is which copy of which bit, by name; copies that are missing.

Synthesisers write ``u_a/g_b[0].u_c/state_q_reg[3]``, ``u_a_g_b_0__u_c_state_q_reg_3_`` or the name
of the net; all that is no letter or digit counts as one separator.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from asicae.estimation.evaluation import storage_cells
from asicae.estimation.outside.reading import Names, Outside
from asicae.estimation.outside.registers import Bit, Registers
from asicae.foundation.errors import CheckFailed

SHOWN = 4
"""Places that a message names; the others are counted."""
COPY_NAMES = "abc"


@dataclass(frozen=True)
class FlipFlop:
    """A storage cell: its type, row in ``Flat.cells``, and whether it keeps the inverse."""

    kind: str
    row: int
    inverted: bool


Matched = dict[Bit, tuple[FlipFlop, ...]]
"""Of every bit, the flip-flop of each copy."""


def spelled(name: str) -> str:
    """A name as it is compared: separators are alike, and ``_reg`` of a synthesiser is left out."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    return re.sub(r"_reg(?=(_\d+)?$)", "", plain)


def _spellings(name: str) -> set[str]:
    """Those that a name of the RTL has in netlists: a single bit may be told by its number."""
    plain = spelled(name)
    return {plain} if name.endswith("]") else {plain, f"{plain}_0"}


def match(outside: Outside, registers: Registers) -> Matched:
    """Find the flip-flop of every copy of every bit.

    Raises:
        CheckFailed: copies share a flip-flop or have none, or there is one that the RTL has not;
            names them, and says how many there are.
    """
    wanted = {
        spelling: (bit, copy)
        for bit in registers.bits
        for copy, names in enumerate(bit.copies)
        for name in names
        for spelling in _spellings(name)
    }
    found: dict[tuple[Bit, int], FlipFlop] = {}
    shared: dict[FlipFlop, set[tuple[Bit, int]]] = {}
    unknown: list[str] = []
    for kind, row, names in _flip_flops(outside):
        owners = _owners(names, wanted)
        for owner, inverted in owners.items():
            found[owner] = FlipFlop(kind, row, inverted)
        if len(owners) > 1:
            shared[FlipFlop(kind, row, False)] = set(owners)
        if not owners:
            unknown.append(names[-1].text)
    places = {(bit, copy) for bit in registers.bits for copy in range(len(bit.copies))}
    _refuse(places - set(found), list(shared.values()), unknown, len(places))
    return {
        bit: tuple(found[bit, copy] for copy in range(len(bit.copies))) for bit in registers.bits
    }


def _flip_flops(outside: Outside) -> Iterator[tuple[str, int, Names]]:
    technology = outside.flat.technology
    for kind in storage_cells(outside.flat):
        storage = technology.cell(kind).storage
        if storage is not None and storage.kind == "ff":
            for row, names in enumerate(outside.names[kind]):
                yield kind, row, names


def _owners(names: Names, wanted: dict[str, tuple[Bit, int]]) -> dict[tuple[Bit, int], bool]:
    """Whose flip-flop it is, and whether inverted; the first name counts that says so."""
    owners: dict[tuple[Bit, int], bool] = {}
    for name in names:
        owner = wanted.get(spelled(name.text))
        if owner is not None:
            owners.setdefault(owner, name.inverted)
    return owners


def _refuse(
    missing: set[tuple[Bit, int]],
    shared: list[set[tuple[Bit, int]]],
    unknown: list[str],
    total: int,
) -> None:
    if shared:
        lost = sum(len(owners) - 1 for owners in shared)
        raise CheckFailed(
            f"netlist: {total - len(missing) - lost} flip-flops of {total}; merged copies: "
            f"{_summary(place for owners in shared for place in owners)}"
        )
    if missing:
        hint = f"; {len(unknown)} have names that the RTL has not" if unknown else ""
        raise CheckFailed(
            f"netlist: {total - len(missing)} flip-flops of {total}{hint}; without one of their "
            f"own (merged or removed): {_summary(missing)}"
        )
    if unknown:
        raise CheckFailed(
            f"netlist: {len(unknown)} flip-flops more than the {total} of the RTL: "
            f"{', '.join(sorted(unknown)[:SHOWN])}"
        )


def _summary(places: Iterable[tuple[Bit, int]]) -> str:
    """Registers with their copies and how many bits of each."""
    by_register: dict[str, Counter[str]] = defaultdict(Counter)
    for bit, copy in places:
        by_register[bit.register][COPY_NAMES[copy] if bit.triplicated else "alone"] += 1
    texts = [
        f"{register} ({', '.join(f'{copy}: {n} bits' for copy, n in sorted(copies.items()))})"
        for register, copies in sorted(by_register.items())
    ]
    rest = f" and {len(texts) - SHOWN} registers more" if len(texts) > SHOWN else ""
    return ", ".join(texts[:SHOWN]) + rest
