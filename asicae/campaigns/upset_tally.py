"""What became of many upsets, by part of the plan and by block, and what must not have been."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from asicae.simulation.twin.library import Register
from asicae.simulation.twin.twin import Kind

CONFIDENCE: Final = 0.95


def limits(found: int, of: int) -> list[float]:
    """Exact limits of a probability at ``CONFIDENCE`` (C. J. Clopper, E. S. Pearson, Biometrika 26
    (1934) 404), after ``found`` of ``of`` trials."""
    interval = binomtest(found, of).proportion_ci(CONFIDENCE, "exact")
    return [float(interval.low), float(interval.high)]


@dataclass
class Tally:
    """Counts of all upsets of a chip with these registers.

    Attributes:
        kinds: by part and block, how often each ``Kind`` was found.
        hits: upsets of each flip-flop by part, as the first of its pair, in the order of registers.
        written: by part, upsets at an edge that changed the weight image.
        slowest: clocks until both chips were equal again, at most.
        planted: pairs of upsets of one bit, which win the vote, and how many of them were seen.
        reports: readings of the counter, and of the register that tells the source.
        violations: what must not be, in words.
    """

    registers: Sequence[Register]
    kinds: dict[tuple[str, str], Counter[Kind]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    hits: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    written: Counter[str] = field(default_factory=Counter)
    slowest: int = 0
    planted: int = 0
    seen: int = 0
    reports: int = 0
    violations: list[str] = field(default_factory=list)

    @cached_property
    def flip_flops(self) -> dict[str, int]:
        """By block."""
        found: Counter[str] = Counter()
        for register in self.registers:
            found[register.block] += register.flip_flops
        return dict(found)

    def add(
        self,
        part: str,
        block: str,
        places: npt.NDArray[np.intp],
        hit: npt.NDArray[Any],
        found: npt.NDArray[Any],
        planted: bool,
    ) -> None:
        """Upsets of the flip-flops at ``places``, and what ``Twin.inject`` found of ``hit``."""
        if planted:
            self._add_planted(part, hit, found)
            return
        count = sum(self.flip_flops.values())
        np.add.at(self.hits.setdefault(part, np.zeros(count, np.int64)), places, 1)
        self.kinds[part, block].update(_counted(found["kind"]))
        self.written[part] += int(found["written"].sum())
        self.slowest = max(self.slowest, int(found["clocks"].max()))
        single = self._single[hit["vector"]].any(axis=1)
        calm = (found["kind"] == Kind.CORRECTED) & (found["events"] == 0) & (found["told"] == 1)
        for place in np.flatnonzero(~calm):
            wrong = _wrong(found[place], bool(single[place]))
            if wrong:
                self._violation(f"{part}: {self._named(hit[place])}: {wrong}")

    def _add_planted(self, part: str, hit: npt.NDArray[Any], found: npt.NDArray[Any]) -> None:
        seen = found["kind"] != Kind.CORRECTED
        self.planted += len(found)
        self.seen += int(seen.sum())
        for place in np.flatnonzero(~seen):
            self._violation(f"{part}: {self._named(hit[place])}: not seen")

    def report(self, what: str, found: int, wanted: int) -> None:
        """A register or a number that tells of upsets, and what it has to be."""
        self.reports += 1
        if found != wanted:
            self._violation(f"{what} is {found}, expected {wanted}")

    def _violation(self, text: str) -> None:
        self.violations.append(text)

    @cached_property
    def _single(self) -> npt.NDArray[np.bool_]:
        """By variable, whether its flip-flops are the only ones of their bits."""
        return np.concatenate([np.full(len(r.copies), len(r.copies) == 1) for r in self.registers])

    def _named(self, sites: npt.NDArray[Any]) -> str:
        places = [copy for register in self.registers for copy in register.copies]
        return " and ".join(f"{places[site['vector']]}[{site['bit']}]" for site in sites)

    def figures(self) -> dict[str, Any]:
        """For the record."""
        total: Counter[Kind] = sum(self.kinds.values(), Counter())
        injected = sum(total.values())
        return {
            "flip_flops": self.flip_flops,
            "parts": [self._part(part) for part in dict.fromkeys(part for part, _ in self.kinds)],
            "blocks": {block: self._block(block) for block in self.flip_flops},
            "seu.injected": injected,
            **{f"seu.{kind.name.lower()}": total[kind] for kind in Kind},
            "limits_95": {
                kind.name.lower(): limits(total[kind], injected) for kind in Kind if injected
            },
            "clocks_until_equal": self.slowest,
            "planted": {"two_copies_of_a_bit": self.planted, "seen": self.seen},
            "reports_compared": self.reports,
        }

    def _part(self, part: str) -> dict[str, Any]:
        kinds: Counter[Kind] = sum((v for (p, _), v in self.kinds.items() if p == part), Counter())
        return {
            "name": part,
            "injected": sum(kinds.values()),
            "each_flip_flop_at_least": int(self.hits[part].min()),
            "at_an_edge_that_writes_weights": self.written[part],
            **_counts(kinds),
        }

    def _block(self, block: str) -> dict[str, Any]:
        kinds: Counter[Kind] = sum((v for (_, b), v in self.kinds.items() if b == block), Counter())
        return {"injected": sum(kinds.values()), **_counts(kinds)}


def _counted(kinds: npt.NDArray[np.uint8]) -> dict[Kind, int]:
    return {kind: int(np.count_nonzero(kinds == kind)) for kind in Kind}


def _counts(kinds: Counter[Kind]) -> dict[str, int]:
    return {kind.name.lower(): kinds[kind] for kind in Kind}


def _wrong(outcome: Any, single: bool) -> str:
    """What must not have become of an upset, in words; ``single``: a flip-flop without copies."""
    kind = Kind(int(outcome["kind"]))
    if kind not in (Kind.CORRECTED, Kind.RECOVERED):
        return kind.name.lower()
    if kind is Kind.RECOVERED and not single:
        return f"differed, {outcome['events']} results wrong"
    if outcome["events"] > 1:
        return f"{outcome['events']} results wrong, allowed is one"
    if not outcome["told"]:
        return "tmr_error_o does not tell of it as it must"
    return ""
