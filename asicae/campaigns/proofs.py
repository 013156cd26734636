"""Properties of hand-written Verilog, decided over all inputs by Yosys' SAT solver.

A property is a module under ``verification/formal/``: its ports are free, it instantiates what is
proven and asserts what must hold. Sequential ones begin in any state there is, but for registers
with an initial value.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from asicae.estimation.verilog_sources import VerilogSources
from asicae.estimation.yosys import run_yosys
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import CheckFailed
from asicae.foundation.files import read_text, write_text

LIMIT_S: Final = 600
"""After which the solver is ended, which is neither proof nor refutation."""
_SIZE = re.compile(r"Solving problem with (\d+) variables and (\d+) clauses")
_PROVEN, _REFUTED = "no model found: SUCCESS!", "model found: FAIL!"
_MODEL = re.compile(r"^\s+(\d+|init)?\s+\\(\S+)\s+\S+\s+\S+\s+([01]+)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Change:
    """Text of a file in ``rtl/`` that another takes the place of, wherever it stands."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Property:
    """What is asserted of which Verilog.

    Attributes:
        name: of the row.
        states: what is proven, in words.
        module: in ``verification/formal/``, in a file of its name.
        mutations: each must be refuted.
        parameters: of the module.
        steps: clocks that are looked at; 0 where nothing is clocked.
        variant: files in folders of ``rtl/`` that stand for those of the same name in it.
        quick: decided in a second, so that the tests do so too.
    """

    name: str
    states: str
    module: str
    mutations: tuple[Change, ...]
    parameters: Mapping[str, int | str] = field(default_factory=dict)
    steps: int = 0
    variant: tuple[str, ...] = ()
    quick: bool = False

    def files(self, folder: Path) -> tuple[Path, ...]:
        """The files that it is made of, of ``rtl/`` in ``folder`` and of the properties."""
        replaced = {Path(name).name for name in self.variant}
        rtl = [path for path in sorted(folder.glob("*.v")) if path.name not in replaced]
        rtl += [folder / name for name in self.variant]
        stated = sorted((asset_folder("verification") / "formal").glob("*.sv"))
        return VerilogSources([*rtl, *stated]).below(self.module)


@dataclass(frozen=True)
class Query:
    """A property, of the Verilog in ``rtl`` (that of the kit if None), changed or not."""

    asked: Property
    change: Change | None = None
    rtl: Path | None = None


@dataclass(frozen=True)
class Verdict:
    """The answer to a query.

    Attributes:
        proven: or else refuted.
        variables, clauses: of the problem.
        inputs: of the counterexample, port by port as binary digits, clock by clock.
    """

    proven: bool
    variables: int
    clauses: int
    inputs: tuple[str, ...]


def decide(queries: Sequence[Query], work: Path, limit_s: int = LIMIT_S) -> list[Verdict]:
    """The verdict on each, all in one process, in the empty folder ``work``.

    ``limit_s``: of processor time, for all of them together.

    Raises:
        CheckFailed: no verdict within ``limit_s``; a change does not apply.
        BadInput: Yosys refuses the Verilog.
        MissingTool: pyosys is not installed.
    """
    places = [work / str(number) for number in range(len(queries))]
    lines = [
        line for query, place in zip(queries, places, strict=True) for line in _script(query, place)
    ]
    run_yosys(lines, work, asset_folder("verification") / "formal", limit_s)
    return [_verdict(query, place) for query, place in zip(queries, places, strict=True)]


def solving(work: Path) -> bool:
    """Whether ``decide`` was ended while it solved a problem, not while it read Verilog."""
    answers = [read_text(place) for place in work.glob("*/answer")]
    return any(_PROVEN not in text and _REFUTED not in text for text in answers)


def _script(query: Query, place: Path) -> Iterator[str]:
    asked, folder = query.asked, query.rtl or asset_folder("rtl")
    place.mkdir()
    yield "design -reset"
    for file in _changed(query, folder, place):
        yield f"read_verilog {'-formal -sv ' if file.suffix == '.sv' else ''}{file}"
    for name, value in asked.parameters.items():
        yield f"chparam -set {name} {value} {asked.module}"
    yield f"hierarchy -check -top {asked.module}"
    yield "setattr -mod -unset keep_hierarchy A:keep_hierarchy"
    yield "proc"
    yield "flatten"
    yield "async2sync"
    yield "chformal -lower"
    # Flip-flops stay as they are: copies that load the same may begin apart, and are no constants.
    yield "setattr -set keep 1 t:$*dff* t:$dlatch*"
    for _ in range(2):
        yield from ("opt_expr -fine", "opt_muxtree", "opt_reduce -full", "opt_merge", "opt_clean")
    clocked = f"-seq {asked.steps} " if asked.steps else ""
    options = f"{clocked}-prove-asserts -set-assumes -show-inputs"
    yield f"tee -q -o {place / 'answer'} sat {options}"


def _changed(query: Query, folder: Path, place: Path) -> Iterator[Path]:
    files = query.asked.files(folder)
    changed = None if query.change is None else folder / query.change.file
    if changed is not None and changed not in files:
        raise CheckFailed(f"{query.asked.name}: is not made of {changed}")
    for file in files:
        if query.change is None or file != changed:
            yield file
            continue
        text = read_text(file)
        if query.change.old not in text:
            raise CheckFailed(f"{file}: holds no {query.change.old!r} to be changed")
        yield write_text(place / file.name, text.replace(query.change.old, query.change.new))


def _verdict(query: Query, place: Path) -> Verdict:
    text = read_text(place / "answer")
    size = _SIZE.search(text)
    if size is None or (_PROVEN in text) == (_REFUTED in text):
        raise CheckFailed(f"{query.asked.name}: no verdict, see {place / 'answer'}")
    inputs = tuple(
        f"{name} = {digits}" + (f" at clock {clock}" if clock else "")
        for clock, name, digits in _MODEL.findall(text)
    )
    return Verdict(_PROVEN in text, int(size[1]), int(size[2]), inputs)
