"""What all trials of a search follow from beside its description; the same wherever one is done."""

from collections.abc import Mapping
from pathlib import Path

from asicae.foundation.errors import CheckFailed
from asicae.foundation.files import sha256
from asicae.foundation.import_closure import installed
from asicae.runs.encoders import NETWORK
from asicae.runs.readouts import ALL_PARTS
from asicae.search.work import TrialWork
from asicae.training.checkpoint import computing_packages

SOURCES = "sources"


def inputs_of(run: Path) -> dict[str, str]:
    """SHA-256 of the files of the base and of the sources here, versions of the packages here.

    Raises:
        OSError: a file of the base is not here.
    """
    files = {name: sha256(run / name) for name in (NETWORK, *ALL_PARTS)}
    packages = dict(each.rsplit(" ", 1) for each in computing_packages())
    measuring = Path(__file__).with_name("measuring.py")
    return {**files, **packages, SOURCES: installed().digest(measuring)}


def digests_of(own_code: Mapping[str, Path]) -> dict[str, str]:
    """SHA-256 of the files of functions of the user's own, by name.

    Raises:
        OSError: a file is not here.
    """
    return {name: sha256(path) for name, path in own_code.items()}


def require_same(work: TrialWork) -> None:
    """Make sure that a trial would be here what it is where the search was begun.

    Raises:
        CheckFailed: files, sources or packages are others here, of which the trial knows nothing.
    """
    try:
        here = inputs_of(Path(work.run)) | digests_of(work.train.own_code)
    except OSError as error:
        raise CheckFailed(
            f"search: a worker cannot read {error.filename} ({error.strerror})"
        ) from None
    other = [name for name, value in here.items() if work.inputs.get(name) != value]
    if other:
        raise CheckFailed(
            f"search: {other[0]} is another one where a worker is, allowed are workers with the "
            "same folders and the same installation"
        )
