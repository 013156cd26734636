"""Damaged model files against the importer: each is imported or refused in one line.

    python -m asicae.campaigns.damaged_models --fixtures tests/fixtures --count 5000 --seed 1 \
        --out docs/results/fuzz.json

Files are damaged as bytes and, so that mutations reach what lies behind checksums and syntax, in
their JSON values, in the HDF5 inside the archive, in the directory of the archive, in one constant
of a graph and in one entry of a checkpoint. Every fifth goes through the whole command: exit code,
one line, a run folder or none. An audit hook watches this process: nothing may be unmarshalled,
executed, started (but the reader of HDF5), connected, or written, moved or removed outside the
folder of the files.
"""

import argparse
import contextlib
import copy
import io
import json
import os
import random
import resource
import shutil
import struct
import sys
import tempfile
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from asicae.campaigns.damaged_checkpoints import damaged_weights
from asicae.campaigns.damaged_graphs import constants, damaged_constant
from asicae.campaigns.hdf5_server import served
from asicae.campaigns.record import record
from asicae.cli.main import main as asicae
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.network.importing import hdf5_process
from asicae.network.importing.importer import MAX_MESSAGE, ImportChoice, import_model
from asicae.network.importing.model_file import ARCHITECTURE, MAX_ENTRIES, WEIGHTS

MAX_CPU_SECONDS = 60.0
"""Processor time in this process for one file; the reader of HDF5 has a limit of its own."""
MAX_MEMORY_BYTES = 4 << 30
"""Address space of this process. No clock is looked at: the machine may be busy."""
BASES = {
    "conditional.keras": "qkeras_v3/conditional.keras",
    "graph.keras": "qkeras_v3/graph.keras",
    "hgq2.keras": "hgq2/dense.keras",
    "econ_t.h5": "qkeras09/econ_t.h5",
    "exotic.h5": "qkeras09/exotic.h5",
    "frozen.pb": "qkeras09_frozen/econ_t.pb",
    "graph.pb": "qkeras09_graph/graph.pb",
    "apart.json": "qkeras09/econ_t_apart.json",
    "checkpoint.json": "qkeras09/econ_t_apart.json",
}
"""Sound files under the folder of fixtures, by the name of their kind."""
WEIGHTS_OF = {
    "apart.json": "qkeras09/econ_t_apart.h5",
    "checkpoint.json": "qkeras09_checkpoint/econ_t.index",
}
"""Of those that have them in a file of their own."""
COMMANDS = 5
"""One of so many files goes through the whole command."""
FRESH = 20
"""One of so many has a fresh process for its HDF5, as users have; the others a fork of one."""
FORBIDDEN = (
    "marshal.load", "exec", "os.system", "os.exec", "os.spawn", "os.posix_spawn", "os.fork",
    "os.startfile", "pty.spawn", "ctypes.dlopen", "socket.",
)  # fmt: skip
CHANGES = {
    # Event: places of the paths among its arguments, and of the folders they are relative to.
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.mkdir": ((0, 2),),
    "os.rename": ((0, 2), (1, 3)),
    "os.link": ((1, 3),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.utime": ((0, 3),),
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_THIS = threading.local()
_TERMINAL = threading.Lock()
"""Held by the one thread that runs the command: it has the standard streams."""
WEIRD: tuple[Any, ...] = (
    None, True, -1, 0, 1, 3, 17, 10**30, 1e308, -1e308, float("nan"), "", "x" * 5000, "\x00",
    "../../etc/passwd", "__import__('os').system('touch owned')", "quantized_bits(8,1)",
    "quantized_relu(999,-7)", [], [[]], [0, 0], [1, 2, 3, 4], {}, {"class_name": "Lambda"},
    {"class_name": "__lambda__", "config": {"code": "4wAAAA==", "defaults": None}},
    {"class_name": "quantized_bits", "config": {"bits": 3, "integer": 9, "alpha": "auto"}},
    "\n", "two\nlines", "\x1b[2J\x1b]0;owned\x07", "\u202e\ud800", [0] * 20_000, ["\n"] * 20,
    [None, 2, 2, 2, 2, 2], [1] * 40, {"class_name": "Evil>QConv2D", "config": {}},
    {"class_name": "Evil>quantized_bits", "config": {"bits": 6}, "registered_name": "\x1b[31m"},
)  # fmt: skip


@dataclass
class Tally:
    """What became of the files."""

    imported: int = 0
    refused: int = 0
    slowest: float = 0.0
    violations: list[str] = field(default_factory=list)


def watch(folder: Path, tally: Tally) -> None:
    """Note every event that must not happen from now on."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN) or (event == "subprocess.Popen" and _is_other(arguments[1])):
            tally.violations.append(f"audit event {event}: {str(arguments)[:200]}")
        if event == "open" and _writes(*arguments[1:3]) and _outside(folder, arguments[0]):
            tally.violations.append(f"wrote {arguments[0]}")
        for path, base in CHANGES.get(event, ()):
            at = arguments[base] if base is not None else -1
            if _outside(folder, arguments[path], at):
                tally.violations.append(f"{event} {arguments[path]}")

    sys.addaudithook(hook)


def _is_other(words: Any) -> bool:
    """Whether a process is another one than the reader of HDF5."""
    return list(words)[:3] != [sys.executable, "-I", hdf5_process.__file__]


def _writes(mode: Any, flags: Any) -> bool:
    """``os.open`` has no mode, and tells by its flags."""
    return bool(set(mode or "") & set("wax+")) or bool(int(flags or 0) & WRITING)


def _outside(folder: Path, path: Any, base: int = -1) -> bool:
    """Whether ``path`` lies elsewhere; numbers are open files, such as pipes to the reader."""
    if isinstance(path, int):
        return False
    start = Path.cwd() if base < 0 else Path(f"/proc/self/fd/{base}").readlink()
    place = Path(os.path.normpath(start / os.fsdecode(path)))
    return folder not in (place, *place.parents) and place != Path(os.devnull)


def mutated_bytes(data: bytes, generator: random.Random) -> bytes:
    """One to a few damages of a kind that transfers and editors do, and random ones."""
    result = bytearray(data)
    for _ in range(generator.choice([1, 1, 2, 5, 20])):
        at = generator.randrange(len(result)) if result else 0
        length = generator.choice([1, 1, 2, 8, 64, 1024])
        kind = generator.choice(["flip", "set", "cut", "drop", "double", "zero", "ones"])
        if kind == "flip" and result:
            result[at] ^= 1 << generator.randrange(8)
        elif kind == "set":
            result[at : at + length] = generator.randbytes(length)
        elif kind == "cut" and generator.random() < 0.2:
            del result[at:]
        elif kind == "drop":
            del result[at : at + length]
        elif kind == "double":
            result[at:at] = result[at : at + length]
        elif kind in ("zero", "ones"):
            filler = b"\x00" if kind == "zero" else b"\xff"
            result[at : at + length] = filler * min(length, len(result) - at)
    return bytes(result)


def mutated_json(text: bytes | str, generator: random.Random) -> bytes:
    """Values replaced, removed, moved and duplicated."""
    content = json.loads(text)
    for _ in range(generator.choice([1, 1, 2, 4])):
        places = list(_places(content))
        holder, key = generator.choice(places)
        action = generator.random()
        if action < 0.6:
            holder[key] = copy.deepcopy(generator.choice(WEIRD))
        elif action < 0.75:
            del holder[key]
        else:
            other, place = generator.choice(places)
            holder[key] = copy.deepcopy(other[place])
        if not isinstance(content, dict | list) or not content:
            break
    return json.dumps(content).encode()


def _places(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def mutant(name: str, data: bytes, generator: random.Random) -> bytes:
    """A damaged file of the kind that ``name`` ends in."""
    deep = generator.random() < 0.6
    if name.endswith(".json"):
        return mutated_json(data, generator) if deep else mutated_bytes(data, generator)
    if name.endswith(".keras") and deep:
        return _mutated_archive(data, generator)
    if name.endswith(".h5") and deep:
        return _mutated_architecture(data, generator)
    if name.endswith(".pb") and deep:
        return damaged_constant(data, generator.choice(constants(data)), generator)
    return mutated_bytes(data, generator)


def _mutated_archive(data: bytes, generator: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    if generator.random() < 0.6:
        entries[ARCHITECTURE] = mutated_json(entries[ARCHITECTURE], generator)
    else:
        entries[WEIGHTS] = mutated_bytes(entries[WEIGHTS], generator)
    if generator.random() < 0.1:
        entries[generator.choice(["../owned", "/owned", "assets/x", "\n\x1b[2J" * 99])] = b"x"
    if generator.random() < 0.05:
        entries |= {f"assets/{number}": b"" for number in range(MAX_ENTRIES)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    whole = out.getvalue()
    return mutated_directory(whole, generator) if generator.random() < 0.2 else whole


def mutated_directory(data: bytes, generator: random.Random) -> bytes:
    """An archive one of whose entries has its sizes and its place in a zip64 field, any number."""
    content = bytearray(data)
    starts: list[int] = []
    while (at := content.find(b"PK\1\2", starts[-1] + 4 if starts else 0)) >= 0:
        starts.append(at)
    at = generator.choice(starts)
    moved = [place for place in (24, 20, 42) if generator.random() < 0.5] or [42]
    corners = (0, 1, len(data), 1 << 31, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
    values = [generator.choice(corners) for _ in moved]
    for place in moved:
        content[at + place : at + place + 4] = b"\xff" * 4
    extra = struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values)
    extra = extra[: generator.choice([len(extra)] * 4 + [3, 9])]
    struct.pack_into("<H", content, at + 30, len(extra))
    name = at + 46 + struct.unpack_from("<H", content, at + 28)[0]
    content[name:name] = extra
    end = content.rfind(b"PK\5\6")
    struct.pack_into("<L", content, end + 12, end - starts[0])
    return bytes(content)


def _mutated_architecture(data: bytes, generator: random.Random) -> bytes:
    """Another architecture of the same length in the place of the one in an HDF5 file."""
    start = data.find(b'{"class_name"')
    end = data.find(b'"backend": "tensorflow"}', start) + len(b'"backend": "tensorflow"}')
    if start < 0 or end <= start:
        return mutated_bytes(data, generator)
    changed = mutated_json(data[start:end], generator)
    room = end - start
    changed = changed[:room] + b" " * (room - len(changed))
    return data[:start] + changed + data[end:]


def attempt(number: int, seed: int, fixtures: Path, folder: Path, tally: Tally) -> None:
    """Make one damaged file, import it, and note what happened."""
    generator = random.Random(f"{seed}.{number}")  # noqa: S311
    name = generator.choice(sorted(BASES))
    path = folder / f"{number}_{name}"
    path.write_bytes(mutant(name, (fixtures / BASES[name]).read_bytes(), generator))
    used, weights = [path], None
    if name in WEIGHTS_OF:
        used += damaged_weights(fixtures / WEIGHTS_OF[name], path, mutated_bytes, generator)
        weights = used[1] if generator.random() < 0.5 else None
    latent = generator.choice([None, None, None, "latent_quantization", "nowhere"])
    whole, _THIS.fresh = number % COMMANDS == 0, number % FRESH == 0
    with _TERMINAL if whole else contextlib.nullcontext():
        start = time.thread_time()
        try:
            if whole:
                command(path, weights, latent, folder / f"{number}_run")
            else:
                import_model(path, ImportChoice(latent=latent), weights)
            tally.imported += 1
        except BadInput as error:
            tally.refused += 1
            message = str(error)
            told = message.replace(str(folder), "")
            if not message.isprintable() or len(message) > MAX_MESSAGE or told == message:
                tally.violations.append(f"file {number}: message {told[:300]!r}")
        except Exception as error:
            tally.violations.append(f"file {number}: {type(error).__name__}: {str(error)[:300]}")
        seconds = time.thread_time() - start
    tally.slowest = max(tally.slowest, seconds)
    if seconds > MAX_CPU_SECONDS:
        tally.violations.append(f"file {number}: {seconds:.1f} s of processor time")
    for file in used:
        file.unlink()


def command(path: Path, weights: Path | None, latent: str | None, run: Path) -> None:
    """``asicae import`` as a user calls it, in this process; for one thread at a time.

    Raises:
        BadInput: the import was refused; with what the user sees.
        CheckFailed: another exit code, more lines, a folder where there should be none.
    """
    words: list[object] = ["import", path, "-o", run]
    words += ["--weights", weights] if weights else []
    words += ["--latent", latent] if latent else []
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        code = called(words)
    lines = said.getvalue().splitlines()
    if code:
        _check(code == BadInput.exit_code and not run.exists(), code, run.exists(), lines)
        if lines[0] == "import: reading the model":
            del lines[0]
        _check(len(lines) == 1 and lines[0].startswith("asicae: "), lines)
        raise BadInput(lines[0].removeprefix("asicae: "))
    _check(all(line.isprintable() for line in lines), lines)
    _check((run / "model" / path.name).read_bytes() == path.read_bytes(), "another copy")
    made = [(run / name).is_file() for name in ("network.json", "weights/imported.npz")]
    _check(all(made), made)
    shutil.rmtree(run)


def _check(right: bool, *found: object) -> None:
    if not right:
        raise CheckFailed(f"found {found}")


def called(words: list[object]) -> int:
    """Exit code of ``asicae WORDS``."""
    own, sys.argv = sys.argv, ["asicae", *map(str, words)]
    try:
        asicae()
    except SystemExit as leaving:
        return int(leaving.code or 0)
    finally:
        sys.argv = own
    return 0


def fuzz(fixtures: Path, count: int, seed: int) -> Tally:
    """Import ``count`` damaged files; the same seed makes the same files."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, base in BASES.items():  # everything is loaded before the watch begins
            weights = fixtures / WEIGHTS_OF[name] if name in WEIGHTS_OF else None
            command(fixtures / base, weights, None, folder / "run")
        with served(lambda: bool(getattr(_THIS, "fresh", True))):
            watch(folder, tally)
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda n: attempt(n, seed, fixtures, folder, tally), range(count)))
        left = [path.name for path in folder.iterdir()]
        if left:
            tally.violations.append(f"left behind: {left[:5]}")
    # The watch never ends, and would count the record of this run as written outside.
    return replace(tally, violations=list(tally.violations))


def main() -> int:
    """Run, print, and write the result where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--fixtures", type=Path, required=True, help="folder of sound models")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    tally = fuzz(options.fixtures, options.count, options.seed)
    found = {
        "files": options.count,
        "imported": tally.imported,
        "refused": tally.refused,
        "slowest_cpu_s": round(tally.slowest, 2),
        "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }
    print(json.dumps(found | {"violations": tally.violations[:50]}, indent=2))
    if options.out is not None:
        import h5py

        record(
            options.seed,
            {"count": options.count},
            found,
            packages=("h5py", "numpy"),
            tools={"hdf5": h5py.version.hdf5_version},
            violations=tally.violations[:50],
        ).save(options.out)
    return 1 if tally.violations or tally.imported + tally.refused != options.count else 0


if __name__ == "__main__":
    sys.exit(main())
