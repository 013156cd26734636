"""What a stage of a run is, and what it gets to see."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asicae.network.description import Network
    from asicae.runs.settings import RunSettings

Metrics = Mapping[str, float | int | str]


@dataclass(frozen=True)
class RunView:
    """What a stage sees of its run.

    Attributes:
        path: the run folder.
        settings: all of them; what decides about a stage is in its ``Stage.settings``.
        weight_sets: names of the sets that the chip is verified with; the first is estimated.
        named: functions of the user that the command at hand names; another one that the run names
            is run only as the very file that it has recorded.
        key: names the settings, inputs and sources of the stage that runs.
    """

    path: Path
    settings: "RunSettings"
    weight_sets: tuple[str, ...]
    named: frozenset[str] = frozenset()
    key: str = ""


def _nothing(settings: "RunSettings") -> Mapping[str, Any]:
    return {}


def _nowhere(settings: "RunSettings") -> list[Path]:
    return []


def _none_of_theirs(settings: "RunSettings") -> dict[str, Path]:
    return {}


@dataclass(frozen=True)
class Stage:
    """One named step of a run.

    It is done already if its settings, its inputs and its sources are as they were, and its
    outputs as it left them. The sources are those of the module that holds ``action``, with all
    that it imports: see ``foundation.import_closure``.

    Attributes:
        name: what users call it.
        title: what it does, one line.
        action: does it and returns the metrics.
        outputs: globs in the run folder: what it makes, and nothing else makes. What lies there and
            no record has is removed before it runs.
        required: those files that it has to make in a run, where the globs do not name them.
        inputs: globs in the run folder: what it reads, looked up when its turn comes.
        settings: those that decide, as JSON values.
        files: inputs that lie elsewhere.
        code: modules of the user, by the functions of them that it runs (``module:function``): such
            a name is the same wherever its module lies.
        progress: folder in the run folder: where an interrupted action left how far it got, to go
            on from there; removed when the stage is done. None of the outputs lies in it.
        ahead: compiles into the cache what the action will want and no weight changes, given the
            network, the settings and the RTL of its chip. It leaves nothing else.
    """

    name: str
    title: str
    action: Callable[[RunView], Metrics]
    outputs: tuple[str, ...]
    required: "Callable[[RunView], Iterable[str]] | None" = None
    inputs: tuple[str, ...] = ()
    settings: Callable[["RunSettings"], Mapping[str, Any]] = _nothing
    files: Callable[["RunSettings"], list[Path]] = _nowhere
    code: Callable[["RunSettings"], Mapping[str, Path]] = _none_of_theirs
    progress: str | None = None
    ahead: "Callable[[Network, RunSettings, Path], object] | None" = None

    def reads(self, settings: "RunSettings") -> dict[str, Path]:
        """Files of the user that it reads or runs, by the names that they are recorded under."""
        return {str(path): path for path in self.files(settings)} | dict(self.code(settings))

    def makes(self, run: RunView) -> list[str]:
        """Names of the files that it leaves at least; more may come with what it finds."""
        if self.required is not None:
            return sorted(self.required(run))
        return sorted(glob for glob in self.outputs if not set(glob) & set("*?["))
