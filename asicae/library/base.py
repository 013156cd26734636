"""The run that a library goes on from."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from asicae.foundation.errors import BadInput
from asicae.foundation.files import sha256
from asicae.library.description import LibraryDescription
from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from asicae.runs.allowed_code import refuse_in_runs, require_allowed
from asicae.runs.encoders import NETWORK, WEIGHTS, load_network, weights_file
from asicae.runs.job import Job
from asicae.runs.readouts import ALL_PARTS, PARTS, load_part
from asicae.runs.settings import RunSettings
from asicae.training.record import set_name
from asicae.training.settings import TrainSettings

if TYPE_CHECKING:
    from asicae.training.trained import Trained


@dataclass(frozen=True)
class Base:
    """A run that trained.

    Attributes:
        run: its folder.
        settings: all that it was made with.
        train: how sets go on from its own.
    """

    run: Path
    settings: RunSettings
    train: TrainSettings

    @classmethod
    def open(cls, description: LibraryDescription, source: str) -> "Base":
        """The run that a description names; ``source`` names the description in messages.

        Raises:
            BadInput: no run, one that trains nothing, files that are not what its stages left,
                code of the user that it may not run; a set for links that it has none for.
        """
        job = Job.open(Path(description.base))
        if job.settings.imported:
            raise BadInput(
                f"{job.path}: an imported encoder has no decoder, allowed is a run that trained"
            )
        job.require_records()
        job.seal.require([NETWORK, WEIGHTS, "model/*", *ALL_PARTS])
        require_code(job)
        for each in description.sets:
            if each.links not in job.settings.links:
                raise BadInput(
                    f"{source}: set {each.name}: links is {each.links}, allowed are those of "
                    f"{job.path}: {', '.join(map(str, job.settings.links))}"
                )
        changed = {"fine_tune_epochs": description.epochs, "fine_tune_rate": description.rate}
        given = {name: value for name, value in changed.items() if value is not None}
        return cls(job.path, job.settings, job.settings.train.model_copy(update=given))

    @cached_property
    def network(self) -> Network:
        """Of all sets."""
        return load_network(self.run)

    @cached_property
    def parts(self) -> tuple[Readouts, Readouts, Readouts]:
        """Its events: training, validation, test."""
        first, second, third = (load_part(self.run, part) for part in PARTS)
        return first, second, third

    def files(self, links: int) -> list[str]:
        """What decides about a set that goes on from that for so many links, in its folder."""
        name = set_name(links)
        models = [f"model/{name}_{part}.keras" for part in ("encoder", "decoder")]
        return [NETWORK, weights_file(name), *models, *ALL_PARTS]

    def digests(self, links: int) -> dict[str, str]:
        """SHA-256 of these files, and of the functions of the user's own."""
        found = {name: sha256(self.run / name) for name in self.files(links)}
        return found | {name: sha256(path) for name, path in self.train.own_code.items()}

    def trained(self, links: int) -> "Trained":
        """Its set for so many links, with the decoder."""
        from asicae.training.trained import Trained

        model = self.train.model
        return Trained.load(self.run, set_name(links), self.network, links, model)


def require_code(job: Job) -> None:
    """Code of the user is run only if it is what the run began with: it may be of others' making.

    Raises:
        BadInput: another file, one of a run, or none.
    """
    code = job.settings.train.own_code
    refuse_in_runs(code)
    for name, path in code.items():
        if not path.is_file():
            raise BadInput(f"{name}: {path}: no such file")
    contents = {name: sha256(path) for name, path in code.items()}
    require_allowed(contents, (), job.folder.records().values(), job.path)
