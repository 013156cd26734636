"""What a library is made of, as a user writes it: a base and the sets that go on from it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from asicae.concentrator.links import AUTOENCODER_LINKS
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_toml
from asicae.foundation.json_record import JsonRecord
from asicae.foundation.validation import Exact, short, validated
from asicae.library.record import MOST_SETS, SetName, When
from asicae.readout.place import Place
from asicae.readout.reading_settings import ReadingSettings
from asicae.readout.selection import Selection, selection_from
from asicae.training.dead_cells import DeadCellChoice, DeadCells, are_any, chosen_cells
from asicae.training.settings import Positive, Rate


class Select(Exact):
    """Which modules a set is for, in the words of ``asicae data convert``.

    Attributes:
        layers: as in ``"5,7-9"``.
        wafer: as in ``["3,-2"]``.
        types: of sensors, as in ``"0,1"``.
        density: ``"HD"`` or ``"LD"``.
        module_class: a name as ``"dense"`` or trigger links as ``"7"``.
    """

    layers: str | None = None
    wafer: tuple[str, ...] = ()
    types: str | None = None
    density: str | None = None
    module_class: str | None = None

    def selection(self) -> Selection:
        """The same to be applied.

        Raises:
            BadInput: a value that is not allowed.
        """
        return selection_from(
            self.layers, self.wafer, self.types, self.density, None, self.module_class
        )


class SetDescription(Exact):
    """One weight set: its condition, and which modules get it.

    Attributes:
        name: letters, digits, ``_`` and ``-``.
        links: for so many; the set of the base for as many is gone on with.
        when: words for the running that it is loaded in, as in ``"pileup 140"``; a module has one
            set for each number of links and running.
        select: modules that it is for, of all that the events are of.
        source: of other synthetic events, over the settings of the base; in place of its events.
        data: files or globs of other readouts; in place of the events of the base.
        reading: how ``data`` is read.
        dead_cells: trigger cells that deliver nothing, as in the settings of a run.
        dead_cells_seed: with which a number of those cells is drawn.
        modules: that get it, by LAYER,U,V; those that its events are or may be of unless given.
    """

    name: SetName
    links: int
    when: When = ""
    select: Select = Select()
    source: dict[str, Any] | None = None
    data: tuple[str, ...] = ()
    reading: ReadingSettings = ReadingSettings()
    dead_cells: DeadCellChoice = 0
    dead_cells_seed: int = Field(default=1, ge=0)
    modules: Annotated[tuple[Place, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.links not in AUTOENCODER_LINKS:
            raise ValueError(
                f"links is {self.links}, allowed is one of {short(list(AUTOENCODER_LINKS))}"
            )
        if self.source is not None and self.data:
            raise ValueError("source is given beside data, allowed is one of them")
        if self.reading != ReadingSettings() and not self.data:
            raise ValueError("reading is given, allowed is that only beside data")
        if self.modules is not None and len(set(self.modules)) != len(self.modules):
            raise ValueError("modules names one twice, allowed is once")
        try:
            self.select.selection()
        except BadInput as error:
            raise ValueError(f"select: {error}") from None
        return self

    @property
    def cells(self) -> DeadCells:
        """Its dead cells, of all modules or of some."""
        return chosen_cells(self.dead_cells, self.dead_cells_seed)

    def told(self) -> str:
        """Its condition in words of at most 500 characters."""
        words = [str(self.select.selection())]
        if self.source is not None:
            changed = [f"{key} {_plain(value)}" for key, value in self.source.items()]
            words += changed or ["other events of the source"]
        words += [", ".join(self.data)]
        if are_any(self.dead_cells):
            words += [f"dead cells {_cells(self.cells)}"]
        return "; ".join(filter(None, words))[:500] or "events of the base"


class LibraryDescription(JsonRecord):
    """All of it.

    Attributes:
        base: run folder, whose weight sets, decoders, events and settings are gone on with.
        epochs: of each set; ``train.fine_tune_epochs`` of the base unless given.
        rate: peak learning rate; ``train.fine_tune_rate`` of the base unless given.
        sets: general ones first: of those for as many links and the same running, a module gets
            the last that is for it.
    """

    base: str
    epochs: Positive | None = None
    rate: Rate | None = None
    sets: Annotated[tuple[SetDescription, ...], Field(min_length=1, max_length=MOST_SETS)]

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        # Capitals are no difference to every file system.
        names = Counter(each.name.lower() for each in self.sets)
        name, times = names.most_common(1)[0]
        if times > 1:
            raise ValueError(f"sets: {times} are named {name}, allowed are different names")
        return self

    @classmethod
    def read(cls, path: Path) -> "LibraryDescription":
        """The description in a TOML file.

        Raises:
            BadInput: unreadable file, unknown key or a value that is not allowed.
        """
        content = read_toml(path)
        for each in content["sets"] if isinstance(content.get("sets"), list) else ():
            if isinstance(each, dict) and isinstance(each.get("data"), str):
                each["data"] = [each["data"]]
        return validated(cls, content, str(path))


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _cells(cells: DeadCells) -> str:
    if isinstance(cells, Mapping):
        return f"in {len(cells)} modules"
    listed: Sequence[int] = cells
    return ", ".join(map(str, listed))
