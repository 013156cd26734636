"""Programs of a user who may not do everything, also where the tests are root's."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

NOBODY = 1234
_BECOME = f"import os; os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})"


@contextlib.contextmanager
def open_place() -> Iterator[Path]:
    """A folder that everybody may look into."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        try:
            yield place
        finally:
            place.chmod(0o755)


def give(path: Path) -> None:
    """Make a file or folder that user's."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)


def said_by_other(program: str, *words: object) -> str:
    """What a Python program of that user prints; what it imports has to be read before.

    ``# then`` is the line behind which the user is another one.
    """
    become = _BECOME if os.geteuid() == 0 else ""
    command = [sys.executable, "-c", program.replace("# then", become), *map(str, words)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
