"""Rows of a record of microarchitectures that are kept while others are measured again."""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from asicae.campaigns.record import Record
from asicae.campaigns.silicon_row import Row, digest_in
from asicae.chip.microarchitectures import MICROARCHITECTURES
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput
from asicae.network.description import Network

NONE: Final = "none"


def names_of(text: str, known: Iterable[str] = tuple(MICROARCHITECTURES)) -> tuple[str, ...]:
    """Names of rows as on the command line, ``none`` or with commas between.

    Raises:
        argparse.ArgumentTypeError: a name that is not known.
    """
    rows = tuple(known)
    names = () if text == NONE else tuple(text.split(","))
    for name in names:
        if name not in rows:
            allowed = ", ".join((NONE, *rows))
            raise argparse.ArgumentTypeError(f"found {name!r:.80}, allowed are {allowed}")
    return names


@dataclass(frozen=True)
class Kept:
    """Rows and violations of a record, without those of what is measured again."""

    rows: tuple[Row, ...]
    violations: tuple[str, ...]

    @classmethod
    def of(cls, path: Path, measured: Sequence[str] | None, like: Record) -> Self:
        """Those of the record at ``path`` that ``measured`` does not name; none where it is None.

        ``like``: the record of this call, whose seed, settings and versions have to be those of
        the rows that are kept.

        Raises:
            BadInput: no record, or one of other settings.
        """
        if measured is None:
            return cls((), ())
        stored = Record.load(path)
        for name in ("seed", "settings", "versions"):
            found, wanted = getattr(stored, name), getattr(like, name)
            if found != wanted:
                raise BadInput(
                    f"{path}: {name} of the rows that are kept: found {found}, allowed are those "
                    f"of this call, {wanted}; without --rows all are measured"
                )
        listed = stored.figures["rows"]
        rows = [Row.model_validate(row) for row in (listed if isinstance(listed, list) else [])]
        return cls(
            tuple(row for row in rows if row.name not in measured),
            tuple(v for v in stored.violations if v.partition(":")[0] not in measured),
        )

    def measured_at(self, revision: str, network: Network) -> Self:
        """The same, with the RTL that ``revision`` exports as that of rows that say of none.

        Raises:
            BadInput: git has no such revision, or what it holds exports no such chip.
        """
        with tempfile.TemporaryDirectory(prefix="asicae-revision-") as name:
            tree = Path(name) / "tree"
            _checked_out(revision, tree)
            rows = [
                row
                if row.rtl_sha256 is not None
                else row.model_copy(
                    update={"rtl_sha256": _exported(tree, network, row.name, Path(name) / row.name)}
                )
                for row in self.rows
            ]
        return replace(self, rows=tuple(rows))


def _checked_out(revision: str, tree: Path) -> None:
    packed = subprocess.run(
        ["git", "archive", "--format=tar", revision],
        cwd=asset_folder("rtl").parent,
        capture_output=True,
        check=False,
    )
    if packed.returncode != 0:
        raise BadInput(f"--measured-at: git has no {revision!r:.80}: {packed.stderr.decode():.200}")
    tree.mkdir()
    subprocess.run(["tar", "-x", "-C", str(tree)], input=packed.stdout, check=True)


def _exported(tree: Path, network: Network, name: str, out: Path) -> str:
    """Digest of the RTL that the kit in ``tree`` exports."""
    words = ["export-rtl", "-n", network.name, "--microarchitecture", name, "-o", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", "from asicae.cli.main import main; main()", *words],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BadInput(f"--measured-at: {' '.join(words)}: {done.stderr.strip()[-200:]}")
    return digest_in(out / "rtl")
