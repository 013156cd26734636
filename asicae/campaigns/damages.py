"""Damages of files, and what a command must not do with a damaged one.

It ends with 0, 1 or 2, says at most one line of error in printable characters, works and waits
within bounds, and leaves nothing where it fails.
"""

import contextlib
import io
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.campaigns.damaged_models import called, mutated_bytes, mutated_json
from asicae.campaigns.damaged_models import mutant as mutated_model

MAX_CPU_SECONDS = 120
"""Processor time of one command."""
WAITS_SECONDS = 600
"""By the clock, of a command that has used no processor time meanwhile."""
SPECIAL: dict[str, Callable[[Path], None]] = {
    "folder": Path.mkdir,
    "link to nowhere": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "link to a folder": lambda path: path.symlink_to("/"),
    "pipe": os.mkfifo,
    "missing": lambda path: None,
}
"""What stands in the place of a file."""
ODD = (
    *(b"NaN", b"Infinity", b"-Infinity", b"1e999", b"nan", b"inf", b'"5"', b"true", b"null"),
    *(
        b"[]",
        b"5.0",
        b"1" * 5000,
        b"-1",
        b'"\\ud800\\u001b[31m"',
        b'"\x1b[31m\xe2\x80\xae"',
        b"\xff",
    ),
)
"""In the place of a number in a text."""
ARRAYS: tuple[Callable[[npt.NDArray[Any]], npt.NDArray[Any]], ...] = (
    *(lambda a: a[:0] if a.ndim else a, lambda a: a[..., :-1] if a.ndim else a),
    *(lambda a: a.ravel(), lambda a: a[None], lambda a: a.T, np.zeros_like),
    *(lambda a: _filled(a, -1), lambda a: _filled(a, 2**40), lambda a: _filled(a, 2**63 - 1)),
    *(lambda a: _filled(a, np.nan), lambda a: _filled(a, np.inf), lambda a: _filled(a, 1e300)),
    *(lambda a: a.astype("U9"), lambda a: np.zeros(a.shape, complex), lambda a: a.astype(bool)),
    *(lambda a: np.array("\x1b[31m\u202e"), lambda a: np.zeros(0), lambda a: np.array(7)),
)
"""In the place of an array."""
_NUMBER = re.compile(rb"\d+(\.\d+)?")


def _twice(data: bytes) -> bytes:
    return data.replace(b"{", b'{"name": 1, "name": 2, ', 1)


BYTES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "one byte": lambda data: data[:1],
    "a half": lambda data: data[: len(data) // 2],
    "all but one byte": lambda data: data[:-1],
    "flipped": lambda data: data[: len(data) // 3] + _flipped(data[len(data) // 3 :]),
    "zeros": lambda data: bytes(len(data)),
    "deep": lambda data: b'{"layers": ' + b"[" * 100_000,
    "deeper": lambda data: b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "UTF-16": lambda data: data.decode("latin1").encode("utf-16"),
    "twice": _twice,
    "NaN": lambda data: _NUMBER.sub(b"NaN", data, 1),
    "1e999": lambda data: _NUMBER.sub(b"1e999", data),
    "long line": lambda data: b"x" * 1_000_000,
    "escapes": lambda data: _NUMBER.sub(b"\x1b[31m\n\xe2\x80\xae", data, 3),
}
"""Damages that are the same each time."""


def _flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 0x55]) + data[1:] if data else data


@dataclass
class Tally:
    """What became of the cases; ``code`` is the exit code of the last one."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    code: int = 0


def mutant(kind: str, data: bytes, generator: random.Random) -> bytes:
    """A damaged file of a kind."""
    if kind.endswith((".keras", ".h5")):
        return mutated_model(kind, data, generator)
    if kind.endswith(".npz") and generator.random() < 0.5:
        return mutated_arrays(data, generator)
    text = kind.endswith((".json", ".toml", ".csv", ".yaml", ".txt", ".lib"))
    if kind.endswith(".json") and generator.random() < 0.5:
        return mutated_json(data, generator)
    numbers = list(_NUMBER.finditer(data)) if text and generator.random() < 0.6 else []
    if numbers:
        place = generator.choice(numbers)
        return data[: place.start()] + generator.choice(ODD) + data[place.end() :]
    return mutated_bytes(data, generator)


def _filled(array: npt.NDArray[Any], value: float) -> npt.NDArray[Any]:
    """As large, with one value, of which the type follows."""
    return np.full(array.shape, value)


def mutated_arrays(data: bytes, generator: random.Random) -> bytes:
    """An archive of arrays in which one is gone, another, of another type, shape or value."""
    arrays = dict(np.load(io.BytesIO(data)))
    name, other = (generator.choice(sorted(arrays)) for _ in range(2))
    if generator.random() < 0.1:
        del arrays[name]
    elif generator.random() < 0.1:
        arrays[name] = arrays[other]
    else:
        arrays[name] = generator.choice(ARRAYS)(arrays[name])
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def faults(
    words: list[object], folder: Path, before: set[str], tally: Tally, kind: str
) -> Iterator[str]:
    """What a command does that it must not."""
    said, answer = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(answer), _bounded():
            code = tally.code = called(words)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        yield f"{type(error).__name__}: {str(error)[:200]!r}"
        return
    (tally.refused if code else tally.accepted)[kind] += 1
    lines = said.getvalue().splitlines()
    if code not in (0, 1, 2):
        yield f"exit code {code}"
    errors = [line for line in lines if line.startswith("asicae: ")]
    told = code == 1 and not errors and bool(answer.getvalue())  # what differs is no error
    if code and not told and (len(errors) != 1 or lines[-1] != errors[0]):
        yield f"exit code {code} with {lines[:5]}"
    if not all(line.isprintable() for line in (*lines, *answer.getvalue().splitlines())):
        yield f"raw text {said.getvalue()[:200]!r} {answer.getvalue()[:200]!r}"
    left = {entry.name for entry in folder.iterdir()} - before
    if code and left:
        yield f"exit code {code}, and wrote {sorted(left)}"


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    """Stop a command that works without an end, or waits for what never comes.

    A busy machine is neither: what counts is processor time.
    """
    used = time.process_time()

    def works(*_: object) -> None:
        raise TimeoutError(f"more than {MAX_CPU_SECONDS} s of processor time")

    def waits(*_: object) -> None:
        nonlocal used
        before, used = used, time.process_time()
        if used - before < 0.1:
            raise TimeoutError(f"waited for {WAITS_SECONDS} s")

    own = signal.signal(signal.SIGPROF, works), signal.signal(signal.SIGALRM, waits)
    signal.setitimer(signal.ITIMER_PROF, MAX_CPU_SECONDS)
    signal.setitimer(signal.ITIMER_REAL, WAITS_SECONDS, WAITS_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGPROF, own[0])
        signal.signal(signal.SIGALRM, own[1])
