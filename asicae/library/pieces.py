"""Sets of a library that others make: what a worker is told, what it does, and in which order."""

import contextlib
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from asicae.crew.alone import alone_at
from asicae.crew.workers import Crew
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.json_record import JsonRecord
from asicae.foundation.json_text import parse_json
from asicae.foundation.progress import step
from asicae.foundation.validation import validated
from asicae.library.base import Base
from asicae.library.description import LibraryDescription, SetDescription
from asicae.library.maker import Control, Maker
from asicae.library.table import line_of
from asicae.library.tuning import Tuning

OF: Final = "library"
"""What messages call the work."""
LOCKS: Final = "locks"
"""In the folder of a library while it is made: a folder a piece."""


class Piece(JsonRecord):
    """A set to be made, or a control: all that a worker is told.

    Attributes:
        description: of the library.
        source: names the description in messages.
        cwd: folder that names of files begin at.
        out: of the library, as the workers see it.
        name: of the set; of a control its own.
        links: of a control; 0 of a set.
        events: likewise.
        key: of all that it follows from, where the library is made.
    """

    description: LibraryDescription
    source: str
    cwd: str
    out: str
    name: str
    links: int
    events: int
    key: str

    @property
    def asked(self) -> SetDescription | Control:
        """What is to be made.

        Raises:
            StopIteration: no such set.
        """
        if self.links:
            return Control(self.links, self.events)
        return next(each for each in self.description.sets if each.name == self.name)


class Outcome(JsonRecord):
    """What came of a piece: nothing where it is made, else what is wrong."""

    bad_input: str = ""
    failed: str = ""

    def require(self) -> None:
        """Go on only where the piece is made.

        Raises:
            BadInput, CheckFailed: as they were raised by the worker.
        """
        if self.bad_input:
            raise BadInput(self.bad_input)
        if self.failed:
            raise CheckFailed(self.failed)


def done(text: str, tuner: Callable[[Base], Tuning] = Tuning) -> str:
    """Make a piece, and give its outcome as JSON; this is what workers call.

    A worker that was thought dead may still be at it: the later one waits, and finds it made.

    Args:
        text: a ``Piece``.
        tuner: what trains and measures.
    """
    piece = validated(Piece, parse_json(text, "piece"), "piece")
    with contextlib.chdir(piece.cwd), alone_at(Path(piece.out) / LOCKS / piece.name):
        return json.dumps(_outcome(piece, tuner).model_dump(mode="json"))


def _outcome(piece: Piece, tuner: Callable[[Base], Tuning]) -> Outcome:
    try:
        base = Base.open(piece.description, piece.source)
        maker, asked = Maker(base, Path(piece.out), tuner(base)), piece.asked
        if maker.key(asked) != piece.key:
            return Outcome(
                failed=f"{OF}: {piece.name} follows from something else where a worker is, allowed "
                "are workers with the same folders and the same installation"
            )
        if isinstance(asked, Control):
            maker.control(asked)
        else:
            maker.made(asked)
    except BadInput as error:
        return Outcome(bad_input=str(error))
    except CheckFailed as error:
        return Outcome(failed=str(error))
    return Outcome()


def shared_out(
    maker: Maker,
    description: LibraryDescription,
    source: str,
    missing: Sequence[SetDescription],
    crew: AbstractContextManager[Crew],
) -> None:
    """Have ``missing`` sets made, each when its control is there, which is made once.

    Raises:
        BadInput, CheckFailed: a piece that cannot be made; what is made stays.
    """
    waiting: dict[Control, list[SetDescription]] = {}
    for asked in missing:
        waiting.setdefault(maker.control_of(asked), []).append(asked)
    given = {"description": description, "source": source, "cwd": str(Path.cwd())}
    begun: dict[str, SetDescription | Control] = {}

    def begin(asked: SetDescription | Control, hands: Crew) -> None:
        control = asked if isinstance(asked, Control) else Control(0, 0)
        piece = Piece(
            **given, out=str(maker.out.resolve()), name=asked.name,
            links=control.links, events=control.events, key=maker.key(asked),
        )  # fmt: skip
        begun[piece.key] = asked
        hands.begin(piece.key, json.dumps(piece.model_dump(mode="json")))

    def begin_all(sets: Sequence[SetDescription], hands: Crew) -> None:
        for asked in sets:
            begin(asked, hands)

    with crew as hands:
        for control in list(waiting):
            if maker.has(control):
                begin_all(waiting.pop(control), hands)
            else:
                begin(control, hands)
        while begun:
            key, text = hands.ended()
            ended, found = begun.pop(key), parse_json(text, "outcome")
            validated(Outcome, found, "outcome").require()
            if isinstance(ended, Control):
                begin_all(waiting.pop(ended), hands)
            else:
                _tell(maker, ended)


def _tell(maker: Maker, asked: SetDescription) -> None:
    """What came of a set that another process made.

    Raises:
        CheckFailed: it is not where it should be.
    """
    entry: Any = maker.stored(asked)
    if entry is None:
        raise CheckFailed(f"{OF}: {asked.name} was made, and is not in {maker.out}")
    step(line_of(entry))
