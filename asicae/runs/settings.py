"""What a run depends on: one settings file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import (
    BaseModel,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from asicae.chip.microarchitectures import NAIVE, ChosenConfiguration
from asicae.comparison.settings import CompareSettings
from asicae.concentrator.links import AUTOENCODER_LINKS
from asicae.estimation.record import LEAST_EVENTS, TIMED_EVENTS
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_json, read_toml
from asicae.foundation.progress import step
from asicae.foundation.validation import Exact, short, validated
from asicae.module.link_map import class_links
from asicae.network.importing.importer import ImportChoice
from asicae.readout.reading_settings import ReadingSettings
from asicae.source.settings import SourceSettings
from asicae.training.dead_cells import DeadCellChoice
from asicae.training.settings import HybridSettings, TrainSettings

OF_TRAINING = (
    *("network", "train", "compare", "links", "hybrid"),
    *("dead_cells", "dead_cells_links", "dead_cells_seed", "allow_worse_than_mean"),
)
"""Settings that mean nothing where nothing is trained."""


class ImportSettings(ImportChoice):
    """Where an imported encoder came from, and what its files leave open.

    Attributes:
        model: file of the model.
        weights: file of the weights of a ``.json``.
    """

    model: str
    weights: str | None = None


class RunSettings(Exact):
    """Everything a run depends on; the demo is the defaults and ``hybrid``.

    The source draws modules at random; read ``data`` lie in any order and are shuffled before they
    are split. ``class`` in values stands for one class of modules, by name or trigger links: as
    ``source.links``, or with ``data`` as ``reading.module_class``.

    Attributes:
        network: a preset, or the path of a description.
        source: of synthetic readouts, where ``data`` is not given.
        data: file of your readouts, in any format that is read.
        train: how weight sets are trained.
        compare: how they are compared with the algorithms of the concentrator.
        links: numbers of them, one weight set each.
        hybrid: networks of Hybrid Choice that are trained and compared, too; without it none are.
        validation_events: held out to choose with: off the end of the readouts.
        test_events: held out to measure with, behind them; the rest trains.
        dead_cells: trigger cells that are switched off for another weight set: how many are drawn,
            which (AE order), or which of each module, by LAYER,U,V; with 0 there is no such set.
        dead_cells_links: links of that set, one of ``links``.
        dead_cells_seed: with which a number of those cells is drawn.
        verify_events: streamed through the RTL with two weight sets; of the test events.
        engine_events: of the source, through the C++ and the verilated RTL.
        estimate_events: through the mapped netlist, compared with golden; of the test events.
        timed_events: of them simulated with gate delays, from which the energy is.
        wire_um_per_pin: wire for every pin, as measured on a layout; else five gate pitches.
        estimate_seed: of what an estimate draws.
        liberty: files of a library in place of NanGate45.
        chip: how it is built; a name of a microarchitecture may stand in it, and what differs.
        reading: how ``data`` is read and what of it is kept.
        split_seed: of the order of your readouts before they are split.
        allow_worse_than_mean: take a training that is no better than the mean image.
        imported: the encoder of a model file in place of a training; then ``network``, ``train``,
            ``compare``, ``links``, ``hybrid`` and the dead cells are not used.
    """

    network: str = "econ-t"
    source: SourceSettings = SourceSettings(events=58_000, seed=11)
    data: str | None = None
    train: TrainSettings = TrainSettings()
    compare: CompareSettings = CompareSettings()
    links: tuple[int, ...] = (1, 2, 3, 4, 5)
    hybrid: HybridSettings | None = None
    validation_events: int = Field(default=3_000, ge=100)
    test_events: int = Field(default=5_000, ge=100)
    dead_cells: DeadCellChoice = 6
    dead_cells_links: int = 2
    dead_cells_seed: int = Field(default=1, ge=0)
    verify_events: int = Field(default=2_000, ge=1)
    engine_events: int = Field(default=100_000, ge=100)
    estimate_events: int = Field(default=1_000, ge=LEAST_EVENTS)
    timed_events: int = Field(default=TIMED_EVENTS, ge=2)
    wire_um_per_pin: float | None = Field(default=None, ge=0, le=1_000)
    estimate_seed: int = Field(default=1, ge=0)
    liberty: tuple[str, ...] = ()
    chip: ChosenConfiguration = NAIVE
    reading: ReadingSettings = ReadingSettings()
    split_seed: int = Field(default=1, ge=0, lt=2**63)
    allow_worse_than_mean: bool = False
    imported: ImportSettings | None = None

    @model_validator(mode="before")
    @classmethod
    def _defaults_follow(cls, values: Any) -> Any:
        """What is not given follows what is, where its default would not fit."""
        if not isinstance(values, dict):
            return values
        found = _of_class(values) if "class" in values else dict(values)
        liberty = found.get("liberty", ())
        if liberty is None or isinstance(liberty, str):
            found["liberty"] = [liberty] if liberty else []
        links = found.get("links")
        if isinstance(links, list | tuple) and links and all(type(n) is int for n in links):
            default = cls.model_fields["dead_cells_links"].default
            found.setdefault("dead_cells_links", default if default in links else max(links))
        for whole, part in (
            ("test_events", "verify_events"),
            ("test_events", "estimate_events"),
            ("estimate_events", "timed_events"),
        ):
            if type(found.get(whole)) is int:
                found.setdefault(part, min(cls.model_fields[part].default, found[whole]))
        compare, most = found.get("compare", {}), found.get("validation_events")
        if isinstance(compare, dict) and type(most) is int and not found.get("imported"):
            default = CompareSettings.model_fields["choice_events"].default
            found["compare"] = {"choice_events": min(default, most)} | compare
        return found

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Refuse now what would end a run later, and what would be ignored in silence."""
        wrong = sorted(set(self.links) - set(AUTOENCODER_LINKS))
        if wrong or not self.links or len(set(self.links)) != len(self.links):
            raise ValueError(
                f"links is {short(list(self.links))}, allowed are different ones of"
                f" {short(list(AUTOENCODER_LINKS))}, one at least"
            )
        if self.dead_cells_links not in self.links:
            raise ValueError(
                f"dead_cells_links is {self.dead_cells_links}, allowed is one of links"
                f" {short(list(self.links))}"
            )
        beyond = sorted(set(self.hybrid.links if self.hybrid else ()) - set(self.links))
        if beyond:
            raise ValueError(
                f"hybrid.links holds {beyond[0]}, allowed are those of links"
                f" {short(list(self.links))}"
            )
        for name, part, whole in (
            ("verify_events", self.verify_events, "test_events"),
            ("estimate_events", self.estimate_events, "test_events"),
            ("timed_events", self.timed_events, "estimate_events"),
            ("compare.choice_events", self.compare.choice_events, "validation_events"),
        ):
            most = getattr(self, whole)
            if part > most and not (self.imported and whole == "validation_events"):
                raise ValueError(f"{name} is {part}, allowed are {whole} {most} at most")
        self._check_source()
        if self.imported:
            self._check_unused()
        return self

    @model_serializer(mode="wrap")
    def _hybrid_if_there(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the key where there is none, as stored before there was one."""
        found: dict[str, Any] = handler(self)
        if self.hybrid is None:
            found.pop("hybrid", None)
        return found

    def _check_source(self) -> None:
        if self.data:
            return
        needed = self.validation_events + self.test_events
        needed += 1 if self.imported else self.train.batch
        if self.source.events < needed:
            raise ValueError(
                f"source.events is {self.source.events}, allowed are {needed} and more"
                " (validation_events + test_events + one batch of training)"
            )
        for name in ("reading", "split_seed"):
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} is given, allowed is that only beside data")

    def _check_unused(self) -> None:
        for name in OF_TRAINING:
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} is given, allowed is that only without imported")

    @classmethod
    def load(cls, path: Path | None, given: Mapping[str, Any] | None = None) -> "RunSettings":
        """Settings from a TOML or JSON file; the defaults without one.

        What is ``given`` beside it wins, and that is said where the file has another value.

        Raises:
            BadInput: unreadable file, unknown key or a value that is not allowed.
        """
        content: Any = {}
        if path is not None:
            content = read_json(path) if path.suffix == ".json" else read_toml(path)
        if isinstance(content, dict):
            content = _merged(content, given or {}, str(path))
        return validated(cls, content, str(path) if path else "settings")

    def changed(self, given: Mapping[str, Any]) -> "RunSettings":
        """These with what is given over them, tables key by key.

        Raises:
            BadInput: a value that is not allowed.
        """
        return validated(RunSettings, _merged(self.model_dump(mode="json"), given), "settings")


def _of_class(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values in which ``class`` stands where it acts; other settings of the source stay."""
    found = dict(values)
    wanted = found.pop("class")
    if type(wanted) not in (str, int):
        raise ValueError(f"class is {short(wanted)}, allowed is the name of a class or its links")
    try:
        links = class_links(str(wanted))
    except BadInput as error:
        raise ValueError(str(error)) from None
    if found.get("data"):
        return _with(found, "reading", {}, "module_class", str(links))
    usual = RunSettings.model_fields["source"].default
    return _with(found, "source", {"events": usual.events, "seed": usual.seed}, "links", links)


def _with(
    values: dict[str, Any], table: str, usual: Mapping[str, Any], key: str, wanted: Any
) -> dict[str, Any]:
    """Values with a key in a table; ``usual`` is there unless the table says otherwise."""
    before = values.get(table) or {}
    if isinstance(before, BaseModel):
        before = before.model_dump()
    if not isinstance(before, dict):
        return values  # refused where it is looked at
    if before.get(key) not in (None, wanted):
        raise ValueError(
            f"class is given beside {table}.{key} {short(before[key])}, allowed is one of them"
        )
    return values | {table: {**usual, **before, key: wanted}}


def _merged(
    content: dict[str, Any], given: Mapping[str, Any], source: str | None = None
) -> dict[str, Any]:
    """``content`` with what is given; tables key by key. What gives way in ``source`` is said."""
    merged = dict(content)
    for key, value in given.items():
        before = content.get(key)
        if isinstance(value, dict):
            if value and isinstance(before, dict | None):
                inner = None if source is None else f"{source}: {key}"
                merged[key] = _merged(before or {}, value, inner)
        else:
            if source is not None and before not in (None, value):
                step(f"{source}: {key} {short(before)} gives way to {short(value)}, as given")
            merged[key] = value
    return merged
