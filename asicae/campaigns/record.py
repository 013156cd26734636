"""The record of a measurement: what was run, with what, on what, and what came out.

All files of ``docs/results`` have this one shape. None has a date, so that two runs of the same
command with the same versions can be compared.
"""

import importlib.metadata
import os
import platform
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from pydantic import JsonValue

from asicae import __version__
from asicae.foundation.files import write_bytes, write_text
from asicae.foundation.json_record import JsonRecord


class Machine(JsonRecord):
    """Where a measurement was made; names no host and no folder."""

    platform: str
    """System, kernel and processor, as Python names them."""
    cores: int
    """Cores that the process might use."""
    load_average: float | None
    """Mean number of running processes in the minute before the record was made, if known."""

    @classmethod
    def here(cls) -> "Machine":
        """This machine."""
        cores = len(os.sched_getaffinity(0))
        return cls(
            platform=platform.platform(), cores=cores, load_average=round(os.getloadavg()[0], 2)
        )


class Record(JsonRecord):
    """One measurement."""

    command: str
    """What was typed, in the root of the checkout."""
    seed: int
    """Of everything that was drawn."""
    machine: Machine | None
    """None where what was found depends on no machine."""
    versions: dict[str, str]
    """Of the kit, of Python and of the packages and tools that matter."""
    settings: dict[str, JsonValue]
    """What was asked for, beside the seed."""
    figures: dict[str, JsonValue]
    """What was found. Speeds stand beside those of the baseline that ``settings`` names."""
    violations: list[str]
    """What must not be and was found, in words; empty is good."""


def record(
    seed: int,
    settings: Mapping[str, Any],
    figures: Mapping[str, Any],
    *,
    packages: Iterable[str] = (),
    tools: Mapping[str, str] | None = None,
    violations: Sequence[str] = (),
    measures_speed: bool = True,
) -> Record:
    """The record of the program that is running.

    ``packages`` are distributions whose versions matter, ``tools`` versions of other things.
    ``measures_speed`` says that the figures depend on the machine, which is then named.
    """
    versions = {name: importlib.metadata.version(name) for name in packages}
    versions |= {"asicae": __version__, "python": platform.python_version(), **(tools or {})}
    return Record(
        command=command_line(),
        seed=seed,
        machine=Machine.here() if measures_speed else None,
        versions=dict(sorted(versions.items())),
        settings=dict(settings),
        figures=dict(figures),
        violations=list(violations),
    )


def command_line() -> str:
    """How this program was called: ``python -m PROGRAM WORDS``."""
    specification = getattr(sys.modules["__main__"], "__spec__", None)
    name = specification.name if specification else sys.argv[0].rpartition("/")[2]
    return shlex.join(["python", "-m", name.removesuffix(".__main__"), *sys.argv[1:]])


def publish(found: Record, text: str, out: Path, picture: bytes | None = None) -> NoReturn:
    """Write a record and what stands beside it, print the page, and end the program.

    Args:
        found: the record.
        text: its page, Markdown, written with the suffix ``.md``.
        out: file of the record.
        picture: PNG, written with the suffix ``.png``.

    Raises:
        SystemExit: always; 1 where the record has violations, else 0.
    """
    found.save(out)
    print(text)
    write_text(out.with_suffix(".md"), text)
    if picture is not None:
        write_bytes(out.with_suffix(".png"), picture)
    raise SystemExit(1 if found.violations else 0)
