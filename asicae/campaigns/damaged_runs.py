"""Damaged files of a run folder against the commands that read them.

A case damages one file of a copy of a finished run and calls a command. As its stage did not leave
that, the command refuses it, whatever the damage, and leaves the run as it was. Where the records
are sealed again, as anybody may do who knows how, the file is refused or read like one from
outside.
"""

import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from asicae.campaigns.damaged_models import called
from asicae.campaigns.damages import BYTES, SPECIAL, Tally, faults, mutant
from asicae.concentrator.links import AUTOENCODER_LINKS
from asicae.foundation.files import sha256, write_json
from asicae.network.weights import Weights
from asicae.runs.encoders import NETWORK, load_network, weights_file
from asicae.runs.folder import METRICS
from asicae.runs.job import SETTINGS
from asicae.runs.record import PROVENANCE, STAGES, load_records, record_file, sealed

RUN, OUT, WITH = "{run}", "{out}", "{with}"
"""In the words of a command: the damaged run, its output, the folder of sound files."""
ALWAYS = (NETWORK, SETTINGS, f"{STAGES}/*.json", PROVENANCE)
"""What every command looks at."""
CHIP = ("rtl/*", "registers.*", "weights/*")
MODELS = ("weights/*.npz", "model/*")
CHECK = f"check {RUN}"
READ_BY: dict[str, tuple[str, ...]] = {
    CHECK: ("*",),
    f"report {RUN}": ("evaluation/*", "compare/comparison.json", "train/history.csv", "synth/*"),
    f"evaluate {RUN}": ("readouts/t*", "readouts/validation.npz", *MODELS),
    f"verify {RUN}": (*CHIP, "readouts/test.npz"),
    f"verify {RUN} --mutate weight": (*CHIP, "readouts/test.npz"),
    f"verify {RUN} --engine emulator": CHIP,
    f"estimate {RUN}": (*CHIP, "readouts/test.npz"),
    f"decode {WITH}/charges.npz -o {OUT}.npz --run {RUN}": (
        *("compare/comparison.json", "compare/spreading.keras", "readouts/train.npz"),
    ),
    f"decode {WITH}/latents.npz -o {OUT}.npz --run {RUN}": MODELS,
    f"weights adopt {RUN} {WITH}/own.npz": (),
}
"""The files that each command reads, beside those that all do."""
BUILDS = ("verify", "estimate")
"""Commands that take minutes where they refuse nothing."""


def reads(words: str, name: str) -> bool:
    """Whether a command reads a file of a run."""
    return any(fnmatchcase(name, glob) for glob in (*ALWAYS, *READ_BY[words]))


def sealed_again(run: Path, name: str) -> None:
    """Make the records of a run right for a file that was changed."""
    path = run / name
    if not path.is_file():  # a device would be read for ever
        return
    if name == PROVENANCE or name.startswith(f"{STAGES}/"):
        content = _content(path)
        if content is not None:
            path.write_text(json.dumps(content))
        return
    for record in (run / STAGES).iterdir():
        content = json.loads(record.read_text())
        if name in content["outputs"]:
            content["outputs"][name] = sha256(path)
            record.unlink()
            write_json(record, sealed(content))


def _content(path: Path) -> dict[str, Any] | None:
    """What is in a sealed file, with its seal; None where that cannot be sealed."""
    try:
        content = json.loads(path.read_text())
        return sealed(content) if isinstance(content, dict) else None
    except (ValueError, RecursionError):
        return None


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of what lies below a folder, but for what says when it was made."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if name != PROVENANCE and path.is_file() and not path.is_symlink():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


class RunBench:
    """A finished run that trained, and cases on copies of it."""

    def __init__(self, folder: Path, run: Path, tally: Tally) -> None:
        """Make what commands need beside the run below ``folder``, which is on the same disk."""
        self.run, self.tally = run, tally
        self.beside, self.work = folder / "beside", folder / "work"
        self.beside.mkdir()
        records = load_records(run)
        left = {name for record in records.values() for name in record.outputs}
        own = {METRICS, PROVENANCE, *map(record_file, records)}
        self.names = sorted(left | own)
        network = load_network(run)
        Weights.random(network, 1).save(self.beside / "own.npz")
        links = max(set(AUTOENCODER_LINKS) & self._trained())
        encoder = (
            f"--links {links} -n {run / NETWORK} --weights {run / weights_file(f'{links}links')}"
        )
        for name, how in {
            "charges": f"best_choice --links {links}",
            "latents": f"autoencoder {encoder}",
        }.items():
            words = f"encode {run}/readouts/test.npz -o {self.beside}/{name}.npz --algorithm {how}"
            if called(list(words.split())):
                raise RuntimeError(words)
        self._before = digests(run)

    def _trained(self) -> set[int]:
        return set(json.loads((self.run / SETTINGS).read_text())["links"])

    def damages(self, name: str) -> Iterator[tuple[str, Callable[[Path], Any]]]:
        """Each damage that is the same each time, as what makes a file of that name."""
        yield from SPECIAL.items()
        data = (self.run / name).read_bytes()
        for damage, change in BYTES.items():
            changed = change(data)
            if not _same(name, data, changed):
                yield damage, _writer(changed)

    def drawn(self, number: int, seed: int) -> None:
        """A random damage of a random kind of file."""
        generator = random.Random(f"{seed}.{number}")  # noqa: S311
        again = generator.random() < 0.5
        chosen = [w for w in READ_BY if not (again and w.split()[0] in BUILDS)]
        words = generator.choice(chosen)
        places = sorted({kind_of(name) for name in self.names if reads(words, name)})
        kind = generator.choice(places)
        name = generator.choice([n for n in self.names if reads(words, n) and kind_of(n) == kind])
        data = (self.run / name).read_bytes()
        if generator.random() < 0.05:
            self.case(name, f"case {number}", SPECIAL[generator.choice(sorted(SPECIAL))], words)
            return
        changed = mutant(name, data, generator) if data else b"x"
        if not _same(name, data, changed):
            self.case(name, f"case {number}", _writer(changed), words, again)

    def case(
        self, name: str, damage: str, make: Callable[[Path], Any], words: str, again: bool = False
    ) -> None:
        """Damage one file, seal the run ``again`` or leave it so, and call a command."""
        shutil.rmtree(self.work, ignore_errors=True)
        # Nothing is written into a file that has a name; that is looked at in the end.
        shutil.copytree(self.run, self.work / "run", copy_function=os.link)
        run = self.work / "run"
        path = run / name
        path.unlink()
        make(path)
        if again:
            sealed_again(run, name)
        before, there = digests(run), {entry.name for entry in self.work.iterdir()}
        said = self._words(words)
        found = list(faults(said, self.work, there, self.tally, f"run/{kind_of(name)}"))
        if not again and not found:
            found = self._believed(words, name, digests(run) != before)
        how = "sealed again, " if again else ""
        self.tally.violations += [f"run: {name}: {how}{damage}: {words}: {f}" for f in found]

    def _believed(self, words: str, name: str, changed: bool) -> list[str]:
        """What is wrong where nothing was sealed again."""
        wanted = {1} if words == CHECK else {2}
        if name == PROVENANCE:  # without it there is no run folder
            wanted.add(2)
        found = [] if self.tally.code in wanted else [f"exit code {self.tally.code}, accepted"]
        return found + ([f"{name} is not sealed, and the run changed"] if changed else [])

    def _words(self, words: str) -> list[object]:
        places = {RUN: self.work / "run", OUT: self.work / "out", WITH: self.beside}
        for mark, place in places.items():
            words = words.replace(mark, str(place))
        return list(words.split())

    def untouched(self) -> bool:
        """Whether the run that all cases share is still as it was."""
        return digests(self.run) == self._before


def _writer(data: bytes) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(data)


def _same(name: str, before: bytes, after: bytes) -> bool:
    """Whether a file is unchanged; of one with a seal in it the content counts, not its layout."""
    if name in (METRICS, PROVENANCE) or name.startswith(f"{STAGES}/"):
        try:
            return bool(json.loads(before) == json.loads(after))
        except (ValueError, RecursionError):
            return False
    return before == after


def kind_of(name: str) -> str:
    """Files of a folder and ending are of one kind."""
    path = Path(name)
    return name if path.parent == Path() else f"{path.parent}/*{path.suffix}"
