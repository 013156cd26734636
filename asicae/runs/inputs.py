"""The files of the user that a run reads, looked at before anything is made of them."""

from pathlib import Path

from asicae.foundation.errors import BadInput
from asicae.runs.readouts import readout_files
from asicae.runs.settings import RunSettings


def input_files(settings: RunSettings) -> list[Path]:
    """Readouts and library."""
    return readout_files(settings) + [Path(name) for name in settings.liberty]


def check_inputs(settings: RunSettings) -> None:
    """Make sure that they can be used, as far as that shows without reading all readouts.

    Raises:
        BadInput: a file that is missing, a library or a way of reading that cannot be used.
    """
    from asicae.estimation import libraries
    from asicae.estimation.suitability import check_suited

    for path in input_files(settings):
        if not path.is_file():
            raise BadInput(f"{path}: no such file")
    settings.reading.check()
    if settings.liberty:
        technology = libraries.load([Path(name) for name in settings.liberty])
        check_suited(technology, settings.chip)
