"""Damaged files of every kind against the commands that read them.

    python -m asicae.campaigns.corruption --fixtures tests/fixtures --count 5000 --seed 1 \
        --out docs/results/corruption.json

A sound file of each kind is made once. A case damages one of them and calls a command with it, in
this process: it ends with 0, 1 or 2, says at most one line of error in printable characters, and a
command that fails has written nothing.
"""

import argparse
import contextlib
import io
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from asicae.campaigns.damaged_models import called, mutated_bytes, mutated_json
from asicae.campaigns.record import record
from asicae.chip.weight_files.files import pack_file
from asicae.network.named import network_of
from asicae.network.weights import Weights
from asicae.readout import conversion
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate

MAX_CPU_SECONDS = 120
"""Processor time of one command."""
WAITS_SECONDS = 600
"""By the clock, of a command that has used no processor time meanwhile."""
NETWORK = "small"
FILE, OUT, WITH = "{file}", "{out}", "{with}"
"""In the words of a command: the damaged file, its output, the folder of sound files."""
ENCODE = f"encode {WITH}/readouts.npz -o {OUT}.npz --algorithm"
AUTOENCODER = f"{ENCODE} autoencoder --links 5"
CONVERT = f"data convert {FILE} -o {OUT}.npz"
READERS = (CONVERT, f"data describe {FILE}", f"data convert --skip-bad {FILE} -o {OUT}.csv")
SETTINGS = (f"train {WITH}/nowhere.csv -o {OUT} -s {FILE}",)
SOURCE = (f"data simulate -o {OUT}.npz --events 3 -s {FILE}",)
DESCRIBED = (
    f"export-rtl -o {OUT} -n {FILE}",
    f"weights pack {WITH}/weights.npz -o {OUT}.bin -n {FILE}",
)
UNPACKED = (
    f"weights unpack {FILE} -o {OUT}.npz -n {NETWORK}",
    f"weights diff {FILE} {WITH}/weights.npz -n {NETWORK}",
)
OF_MODULE = "--module 5,1,2,0 --order ae"
IMPORTED = (f"import {FILE} -o {OUT}",)
KINDS: dict[str, tuple[str, ...]] = {
    "network.json": DESCRIBED,
    "network.toml": DESCRIBED,
    "settings.json": SETTINGS,
    "settings.toml": SETTINGS,
    "source.toml": SOURCE,
    "registers.json": (f"{ENCODE} threshold_sum --links 5 -s {FILE}",),
    "registers.toml": (f"{ENCODE} threshold_sum --links 5 -s {FILE}",),
    "weights.npz": (
        f"weights pack {FILE} -o {OUT}.bin -n {NETWORK}",
        f"weights diff {WITH}/weights.npz {FILE} -n {NETWORK}",
        f"{AUTOENCODER} -n {NETWORK} --weights {FILE}",
    ),
    "image.bin": UNPACKED,
    "image.yaml": UNPACKED,
    "image.csv": UNPACKED,
    "readouts.npz": (*READERS, f"encode {FILE} -o {OUT}.npz --algorithm best_choice --links 5"),
    "readouts.csv": READERS,
    "readouts.csv.gz": READERS,
    "readouts.parquet": READERS,
    "readouts.root": READERS,
    "beside.csv.json": (f"data convert {WITH}/damaged/beside.csv -o {OUT}.npz",),
    "plain.csv": tuple(f"{words} {OF_MODULE}" for words in READERS),
    "capture.csv": tuple(f"{words} {OF_MODULE}" for words in READERS),
    "mux.txt": (f"data convert {WITH}/capture.csv -o {OUT}.npz {OF_MODULE} --mux {FILE}",),
    "frames.npz": (f"decode {FILE} -o {OUT}.npz",),
    "model.h5": IMPORTED,
    "model.keras": IMPORTED,
    "model.json": (f"import {FILE} -o {OUT} --weights {WITH}/model_apart.h5",),
}
"""The commands that read each kind of file."""
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
PIPED = ("readouts.csv", "readouts.csv.gz", "plain.csv", "capture.csv")
"""Kinds that may come through a pipe, and wait for its writer."""
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


def make_sound(folder: Path, fixtures: Path) -> None:
    """A sound file of each kind, and what commands need beside it."""
    network = network_of(NETWORK)
    network.save(folder / "network.json")
    preset = Path(sys.modules[network_of.__module__].__file__ or "").parent / "presets"
    shutil.copy(preset / f"{NETWORK}.toml", folder / "network.toml")
    settings = {"links": [2, 5], "train": {"epochs": 2, "hidden": [8]}, "source": {"events": 300}}
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "settings.toml").write_text("links = [2, 5]\n[train]\nepochs = 2\nhidden = [8]\n")
    (folder / "source.toml").write_text('seed = 3\npileup = [0, 140]\nmixture = "signal"\n')
    (folder / "registers.json").write_text('{"threshold": 9, "drop_lsb": 1}')
    (folder / "registers.toml").write_text("threshold = 9\ndrop_lsb = 1\n")
    Weights.random(network, 1).save(folder / "weights.npz")
    for path in pack_file(folder / "weights.npz", folder / "packed", network, False):
        shutil.copy(path, folder / f"image{path.suffix}")
    readouts = simulate(SourceSettings(events=30, seed=1))
    for ending in ("npz", "csv", "csv.gz", "parquet", "root"):
        conversion.save(readouts, folder / f"readouts.{ending}")
    conversion.save(readouts, folder / "beside.csv")
    rows = [",".join(map(str, range(7, 55))) + ",a,b,c,d,e,f,g,1.75,-0.5" for _ in range(5)]
    (folder / "plain.csv").write_text("\n".join(rows) + "\n")
    header = ",".join(f"ePortRxDataGroup_{port}" for port in range(12))
    (folder / "capture.csv").write_text("\n".join([header, *[",".join(["7"] * 12)] * 5]) + "\n")
    (folder / "mux.txt").write_text(",".join(map(str, range(48))) + "\n")
    words = f"encode {folder}/readouts.npz -o {folder}/frames.npz --algorithm best_choice --links 5"
    with contextlib.redirect_stdout(io.StringIO()):
        called(list(words.split()))
    for name, source in {
        "model.h5": "qkeras09/econ_t.h5",
        "model.keras": "qkeras_v3/conditional.keras",
        "model.json": "qkeras09/econ_t_apart.json",
        "model_apart.h5": "qkeras09/econ_t_apart.h5",
    }.items():
        shutil.copy(fixtures / source, folder / name)


@dataclass
class Tally:
    """What became of the cases."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


class Bench:
    """Sound files in a folder of their own, and cases on copies of them."""

    def __init__(self, folder: Path, fixtures: Path) -> None:
        """Make the sound files below ``folder``."""
        self.sound, self.work = folder / "sound", folder / "work"
        self.sound.mkdir()
        make_sound(self.sound, fixtures)
        self.tally = Tally()

    def special(self, kind: str, damage: str, words: str) -> None:
        """Something else in the place of a file."""
        if damage == "pipe" and kind in PIPED:
            return
        self._case(kind, words, damage, SPECIAL[damage])

    def bytes(self, kind: str, damage: str, words: str) -> None:
        """Other bytes, the same each time."""
        data = BYTES[damage]((self.sound / kind).read_bytes())
        self._case(kind, words, damage, lambda path: _write(path, data))

    def sane(self, kind: str, words: str) -> None:
        """No damage at all."""
        data = (self.sound / kind).read_bytes()
        self._case(kind, words, "none", lambda path: _write(path, data))

    def drawn(self, number: int, seed: int) -> None:
        """A random damage of a random kind."""
        generator = random.Random(f"{seed}.{number}")  # noqa: S311
        kind = generator.choice(sorted(KINDS))
        words = generator.choice(KINDS[kind])
        if generator.random() < 0.05:
            self.special(kind, generator.choice(sorted(SPECIAL)), words)
            return
        data = mutant(kind, (self.sound / kind).read_bytes(), generator)
        self._case(kind, words, f"case {number}", lambda path: _write(path, data))

    def _case(self, kind: str, words: str, damage: str, make: Callable[[Path], None]) -> None:
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        beside = self.sound / "damaged"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        path = (beside if kind.startswith("beside.") else self.work) / kind
        if kind.startswith("beside."):
            shutil.copy(self.sound / "beside.csv", beside)
        make(path)
        before = {entry.name for entry in self.work.iterdir()}
        out = str(self.work / "out")
        call: list[object] = [
            word.replace(FILE, str(path)).replace(OUT, out).replace(WITH, str(self.sound))
            for word in words.split()
        ]
        found = list(_faults(call, self.work, before, self.tally, kind))
        self.tally.violations += [f"{kind}: {damage}: {words}: {fault}" for fault in found]


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def mutant(kind: str, data: bytes, generator: random.Random) -> bytes:
    """A damaged file of a kind."""
    text = kind.endswith((".json", ".toml", ".csv", ".yaml", ".txt"))
    if kind.endswith(".json") and generator.random() < 0.5:
        return mutated_json(data, generator)
    if text and generator.random() < 0.6:
        numbers = list(_NUMBER.finditer(data))
        place = generator.choice(numbers)
        return data[: place.start()] + generator.choice(ODD) + data[place.end() :]
    return mutated_bytes(data, generator)


def _faults(
    words: list[object], folder: Path, before: set[str], tally: Tally, kind: str
) -> Iterator[str]:
    """What a command does that it must not."""
    said, answer = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(answer), _bounded():
            code = called(words)
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


def main() -> int:
    """Run, print, and write the result where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--fixtures", type=Path, required=True, help="folder of sound models")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), options.fixtures)
        for number in range(options.count):
            bench.drawn(number, options.seed)
    tally = bench.tally
    found = {
        "cases": options.count,
        "accepted": dict(sorted(tally.accepted.items())),
        "refused": dict(sorted(tally.refused.items())),
    }
    print(json.dumps(found | {"violations": tally.violations[:50]}, indent=2))
    if options.out is not None:
        record(
            options.seed,
            {"count": options.count},
            found,
            packages=("h5py", "numpy", "pyarrow", "pydantic", "uproot"),
            violations=tally.violations[:50],
            measures_speed=False,
        ).save(options.out)
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
