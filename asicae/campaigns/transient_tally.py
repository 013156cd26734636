"""What became of many transients, by block and by moment; what is single on purpose apart."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.campaigns.stages import LOADING, STAGES, STREAMING, TALKING, Stage
from asicae.campaigns.transient_sites import BANK, Control
from asicae.campaigns.upset_tally import limits
from asicae.chip.design import TOP
from asicae.estimation.lanes.lanes import Part
from asicae.simulation.twin.twin import Kind

STOP: Final = 50
"""Violations after which no more are told."""
MOST_RESULTS: Final = 2
"""Results that may be wrong: as many as the longest transient has edges of the clock."""


@dataclass(frozen=True)
class Single:
    """Nets that are single on purpose.

    Attributes:
        name: of the row on the page.
        reason: why.
        places: instances that drive them, by the beginning of their places.
        spoils: what may be other than in the clean chip, for a while.
        always: of these, what is if anything is.
        scene: what the chip has to do meanwhile, or it is not allowed.
        stays: whether it may stay so until it is used the next time.
        voters: of a bank of which this is allowed, None for any.
    """

    name: str
    reason: str
    places: tuple[str, ...]
    spoils: frozenset[Part]
    always: Part | None = None
    scene: tuple[Stage, ...] = STAGES
    stays: bool = False
    voters: int | None = None

    def allows(self, kind: Kind, parts: Set[Part], wrong: int) -> bool:
        """Whether the chip may be so, for a while: ``parts`` of it other, and results wrong."""
        fits = parts <= self.spoils and (self.always is None or self.always in parts)
        fits &= kind is Kind.RECOVERED or (self.stays and kind is Kind.SILENT)
        return fits and (wrong <= MOST_RESULTS or Part.RESULTS not in parts)


FIRST_BUS: Final = tuple(
    f"{block}.{part}"
    for block in ("u_i2c_target", "u_register_file")
    for part in ("g_copy[0].u_logic", "u_state.u_voter_a")
)
"""What drives the first copy of the bus of a bank."""
SINGLE: Final = (
    Single(
        "output pins",
        "there is one of each: it follows the vote of the first copy",
        ("u_rank",),
        frozenset({Part.RESULTS}),
    ),
    Single(
        "SDA",
        "one pin, the vote of the first copy: a pulse that receivers filter, the chip too",
        ("u_i2c_target",),
        frozenset({Part.SDA, Part.LINES}),
        always=Part.SDA,
    ),
    Single(
        "data path",
        "area; what is wrong lives for one event",
        ("data path", "u_rank"),
        frozenset({Part.DATA, Part.RESULTS}),
        scene=(STREAMING, TALKING, LOADING),
    ),
    Single(
        "read port",
        "a multiplexer of all bytes: a byte read wrong, or a CRC, which is compared",
        (BANK, "u_register_file.u_read_byte"),
        frozenset({Part.SENT, Part.SDA, Part.LINES}),
        always=Part.SENT,
        scene=(TALKING, LOADING),
        stays=True,
    ),
    Single(
        "bank with one voter a bit",
        "area; a byte that is being written, until its CRC is compared",
        (BANK, *FIRST_BUS),
        frozenset({Part.IMAGE, Part.SENT, Part.SDA, Part.LINES}),
        always=Part.IMAGE,
        scene=(LOADING,),
        stays=True,
        voters=1,
    ),
)
ROWS: Final = {row.name: row for row in SINGLE}
HELD: Final = ("marked", "written")
"""Counted beside: what copies held, and what came at an edge that changed the weight image."""
ROW: Final = np.dtype(
    [("net", "i4"), ("pulse", "i2"), ("scene", "i2"), *((name, "u1") for name in ("kind", *HELD))]
)
_IGNORED: Final = 1 << Part.REPORT


@dataclass
class Tally:
    """Counts of all transients in the control of a chip.

    Attributes:
        apart: by net that was single, the row that allows what it spoiled.
        scenes: what the chip did, by name.
        rows: what became of each transient.
        planted: two copies of a bit at once, and how many were seen.
        violations: what must not be, in words.
    """

    control: Control
    apart: dict[int, str] = field(default_factory=dict)
    scenes: list[str] = field(default_factory=list)
    rows: list[npt.NDArray[Any]] = field(default_factory=list)
    planted: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def add(
        self,
        stage: Stage,
        pulses: npt.NDArray[np.intp],
        hit: npt.NDArray[Any],
        found: npt.NDArray[Any],
    ) -> None:
        """What ``Lanes.inject`` found of ``hit``, TRANSIENT[n], and of which pulse each is."""
        spoiled = found["spoiled"] & ~np.uint16(_IGNORED)
        odd = (found["kind"] != Kind.CORRECTED) | (spoiled != 0)
        odd |= (found["marked"] == 1) & (found["told"] == 0)
        for place in np.flatnonzero(odd):
            self._judge(stage, hit[place], found[place])
        row = np.empty(len(hit), ROW)
        row["net"], row["pulse"] = hit["net"][:, 0], pulses
        row["scene"] = self._scene(stage.name)
        for name in ("kind", *HELD):
            row[name] = found[name]
        self.rows.append(row)

    def _scene(self, name: str) -> int:
        if name not in self.scenes:
            self.scenes.append(name)
        return self.scenes.index(name)

    def add_planted(self, what: str, registers: Sequence[str], found: npt.NDArray[Any]) -> None:
        """Transients of which some must be seen in each register, by its name for each of them."""
        seen = (found["spoiled"] & ~np.uint16(_IGNORED)) != 0
        self.planted[what] += len(found)
        self.seen[what] += int(seen.sum())
        felt = {name for name, told in zip(registers, seen, strict=True) if told}
        for name in sorted(set(registers) - felt):
            self._violation(f"{what}: {name}: not seen")

    def _judge(self, stage: Stage, hit: Any, outcome: Any) -> None:
        """Whether a transient that spoiled something, or that nothing told of, was allowed to."""
        net = int(hit["net"][0])
        where = f"{stage.name}: {self.control.name(net)}"
        if outcome["marked"] and not outcome["told"]:
            self._violation(f"{where}: tmr_error_o does not tell")
        parts = {part for part in Part if part != Part.REPORT and outcome["spoiled"] >> part & 1}
        kind = Kind(int(outcome["kind"]))
        if not parts and kind is Kind.CORRECTED:
            return
        for row in SINGLE:
            if self._is_in(row, stage, net) and row.allows(kind, parts, outcome["wrong"]):
                self.apart[net] = row.name
                return
        spoils = ", ".join(part.name.lower() for part in sorted(parts))
        self._violation(
            f"{where}: {kind.name.lower()}: {spoils or 'nothing'} other than without, "
            f"{outcome['wrong']} results wrong"
        )

    def _is_in(self, row: Single, stage: Stage, net: int) -> bool:
        voters = self.control.design.configuration.voters
        fits = row.voters in (None, voters) and stage in row.scene
        return fits and self.control.place(net).startswith(row.places)

    def _violation(self, text: str) -> None:
        if len(self.violations) < STOP:
            self.violations.append(text)

    def figures(self, pulses: Sequence[str]) -> dict[str, Any]:
        """For the record; ``pulses`` are the names of their kinds."""
        rows = np.concatenate(self.rows)
        row_of = np.zeros(self.control.flat.nets, np.int64)
        for net, name in self.apart.items():
            row_of[net] = 1 + list(ROWS).index(name)
        control = rows[row_of[rows["net"]] == 0]
        block_of, blocks = self._blocks()
        total = _counts(control)
        kinds = [kind.name.lower() for kind in Kind]
        return {
            "nets": len(self.control.nets),
            "flip_flops": sum(len(bit.copies) for bit in self.control.bits),
            "bits": dict(Counter(Part(held.part).name.lower() for held in self.control.held)),
            "each_net_at_least": self._least(rows),
            "set.injected": len(control),
            **{f"set.{kind}": total[kind] for kind in kinds},
            "limits_95": {kind: limits(total[kind], len(control)) for kind in kinds},
            "scenes": _by(control, control["scene"], self.scenes),
            "pulses": _by(control, control["pulse"], pulses),
            "blocks": _by(control, block_of[control["net"]], blocks),
            "single": [
                {"name": name, "nets": int(np.count_nonzero(row_of == number))}
                | _counts(rows[row_of[rows["net"]] == number])
                for number, name in enumerate(ROWS, start=1)
            ],
            "planted": [
                {"name": what, "injected": count, "seen": self.seen[what]}
                for what, count in self.planted.items()
            ],
        }

    def _least(self, rows: npt.NDArray[Any]) -> int:
        """How often each net was hit, at least."""
        count = np.bincount(rows["net"], minlength=self.control.flat.nets)
        return int(count[self.control.nets].min())

    def _blocks(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Of each net the place of its block in a list, and the list."""
        named = [self.control.place(int(net)).partition(".")[0] for net in self.control.nets]
        blocks = sorted(set(named))
        found = np.zeros(self.control.flat.nets, np.int64)
        found[self.control.nets] = [blocks.index(name) for name in named]
        return found, [name or TOP for name in blocks]


def _by(
    rows: npt.NDArray[Any], number: npt.NDArray[Any], names: Sequence[str]
) -> list[dict[str, Any]]:
    return [{"name": name} | _counts(rows[number == place]) for place, name in enumerate(names)]


def _counts(rows: npt.NDArray[Any]) -> dict[str, Any]:
    found = {kind.name.lower(): int(np.count_nonzero(rows["kind"] == kind)) for kind in Kind}
    return found | {name: int(rows[name].sum()) for name in HELD}
