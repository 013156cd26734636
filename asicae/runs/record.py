"""What a stage left, as a sealed record, and which files of a run folder count."""

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_text, write_json
from asicae.foundation.json_text import parse_json
from asicae.foundation.validation import Exact, validated

PROVENANCE = "provenance.json"
STAGES = "stages"
SEAL = "seal"


def record_file(stage: str) -> str:
    """Where the record of a stage lies in a run folder."""
    return f"{STAGES}/{stage}.json"


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """``content``, JSON values, with the SHA-256 of it under ``SEAL``.

    It tells an edited file from a written one. It is no signature: who wants to can seal again.
    """
    rest = {key: value for key, value in content.items() if key != SEAL}
    text = json.dumps(rest, sort_keys=True, allow_nan=False)
    return rest | {SEAL: hashlib.sha256(text.encode()).hexdigest()}


def sealed_text(path: Path) -> str:
    """The text of a sealed JSON file.

    Raises:
        BadInput: missing or unreadable, or another content than was sealed.
    """
    text = read_text(path)
    _content(text, str(path))
    return text


def read_sealed(path: Path) -> dict[str, Any]:
    """The content of a sealed JSON file; errors as in ``sealed_text``."""
    return dict(_content(sealed_text(path), str(path)))


# A command looks at the same records many times, and reads them each time: only what follows from
# the text is kept.
@functools.lru_cache(maxsize=128)
def _content(text: str, source: str) -> dict[str, Any]:
    content = parse_json(text, source)
    if not isinstance(content, dict) or content != sealed(content):
        raise BadInput(f"{source}: its seal is not that of its content")
    return content


def matching(run: Path, globs: Iterable[str]) -> list[str]:
    """Names of the files in a run folder that any of the globs matches; hidden ones never count."""
    found = {path.relative_to(run) for glob in globs for path in run.glob(glob) if path.is_file()}
    return sorted(str(p) for p in found if not any(part.startswith(".") for part in p.parts))


def matches(name: str, glob: str) -> bool:
    """Whether ``matching`` with this glob finds a file of this name."""
    same_depth = name.count("/") == glob.count("/")
    return fnmatchcase(name, glob.replace("**/", "")) and (same_depth or "**/" in glob)


def _inside(output: str) -> str:
    """An output lies in the run folder: a folder of others' making may be dropped from."""
    path = Path(output)
    if not path.parts or path.is_absolute() or ".." in path.parts:
        raise ValueError("an output lies in the run folder")
    return output


Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Origin(Exact):
    """Where an adopted weight set came from.

    Attributes:
        name: of the set in the run.
        path: of the file that was given, as an absolute path.
        sha256: of that file.
    """

    name: str
    path: str
    sha256: Hash


class StageRecord(Exact):
    """What a stage left.

    Attributes:
        stage: its name.
        key: of the settings, inputs and sources that it was made from.
        metrics: what it measured.
        outputs: SHA-256 of each file by its name in the run folder.
        inputs: SHA-256 of each file of the user that it read, by path, and of each that it ran, by
            the name of the function.
        seconds: wall time.
        origins: of adopted weight sets, the latest first; empty for stages.
        seal: see ``sealed``.
    """

    stage: str
    key: str
    metrics: dict[str, int | float | str]
    outputs: dict[Annotated[str, AfterValidator(_inside)], Hash]
    seconds: float
    inputs: dict[str, Hash] = Field(default_factory=dict)
    origins: list[Origin] = Field(default_factory=list)
    seal: str = ""

    @staticmethod
    def load(run: Path, stage: str) -> "StageRecord":
        """The record of a stage.

        Raises:
            BadInput: it is missing, unreadable, of another stage, or not as it was written.
        """
        path = run / record_file(stage)
        record = _of_text(sealed_text(path), str(path))
        if record.stage != stage:
            raise BadInput(f"{path}: stage: found {record.stage!r}, allowed is {stage!r}")
        return record

    def save(self, run: Path) -> Path:
        """Write it, sealed."""
        return write_json(run / record_file(self.stage), sealed(self.model_dump(mode="json")))


@functools.lru_cache(maxsize=128)
def _of_text(text: str, path: str) -> "StageRecord":
    return validated(StageRecord, _content(text, path), path)


def recorded_stages(run: Path) -> list[str]:
    """Names of the stages of which there is a record, whole or not."""
    return [Path(name).stem for name in matching(run, [f"{STAGES}/*.json"])]


def load_records(run: Path) -> dict[str, StageRecord]:
    """Records by stage; one that is not as it was written counts for nothing."""
    found = {}
    for stage in recorded_stages(run):
        try:
            found[stage] = StageRecord.load(run, stage)
        except BadInput:
            continue
    return found
