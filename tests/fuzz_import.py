"""Mutated model files against the importer: each is imported or refused in one line, quickly.

    python tests/fuzz_import.py --count 5000 --seed 1 --out docs/results/fuzz.json

Files are damaged as bytes and, so that mutations reach what lies behind checksums and syntax, in
their JSON values and in the HDF5 inside the archive. An audit hook watches this process: nothing
may be unmarshalled, executed, connected or written outside the folder of the run.
"""

import argparse
import copy
import io
import json
import random
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asicae import __version__
from asicae.errors import BadInput
from asicae.files import write_json
from asicae.network.importing.importer import Choice, import_model
from asicae.network.importing.model_file import ARCHITECTURE, WEIGHTS

FIXTURES = Path(__file__).parent / "fixtures"
LIMIT_SECONDS = 5.0
BASES = {
    "conditional.keras": FIXTURES / "qkeras_v3" / "conditional.keras",
    "econ_t.h5": FIXTURES / "qkeras09" / "econ_t.h5",
    "exotic.h5": FIXTURES / "qkeras09" / "exotic.h5",
    "apart.json": FIXTURES / "qkeras09" / "econ_t_apart.json",
}
APART_WEIGHTS = FIXTURES / "qkeras09" / "econ_t_apart.h5"
FORBIDDEN = (
    "marshal.load", "exec", "os.system", "os.exec", "os.spawn", "os.posix_spawn", "socket."
)  # fmt: skip
WEIRD: tuple[Any, ...] = (
    None, True, -1, 0, 1, 3, 17, 10**30, 1e308, -1e308, float("nan"), "", "x" * 5000, "\x00",
    "../../etc/passwd", "__import__('os').system('touch owned')", "quantized_bits(8,1)",
    "quantized_relu(999,-7)", [], [[]], [0, 0], [1, 2, 3, 4], {}, {"class_name": "Lambda"},
    {"class_name": "__lambda__", "config": {"code": "4wAAAA==", "defaults": None}},
    {"class_name": "quantized_bits", "config": {"bits": 3, "integer": 9, "alpha": "auto"}},
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
        if event.startswith(FORBIDDEN):
            tally.violations.append(f"audit event {event}: {str(arguments)[:200]}")
        if event == "open" and _writes_outside(folder, *arguments[:2]):
            tally.violations.append(f"wrote {arguments[0]}")

    sys.addaudithook(hook)


def _writes_outside(folder: Path, path: Any, mode: Any) -> bool:
    """Numbers are pipes to the process that reads HDF5."""
    writes = isinstance(mode, str) and set(mode) & set("wax+")
    return bool(writes) and not isinstance(path, int) and not str(path).startswith(str(folder))


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
    return mutated_bytes(data, generator)


def _mutated_archive(data: bytes, generator: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    if generator.random() < 0.6:
        entries[ARCHITECTURE] = mutated_json(entries[ARCHITECTURE], generator)
    else:
        entries[WEIGHTS] = mutated_bytes(entries[WEIGHTS], generator)
    if generator.random() < 0.1:
        entries[generator.choice(["../owned", "/owned", "assets/x"])] = b"x"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


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


def attempt(number: int, seed: int, folder: Path, tally: Tally) -> None:
    """Make one damaged file, import it, and note what happened."""
    generator = random.Random(f"{seed}.{number}")  # noqa: S311
    name = generator.choice(sorted(BASES))
    path = folder / f"{number}_{name}"
    weights = None
    path.write_bytes(mutant(name, BASES[name].read_bytes(), generator))
    if name.endswith(".json"):
        weights = folder / f"{number}_weights.h5"
        intact = APART_WEIGHTS.read_bytes()
        weights.write_bytes(
            intact if generator.random() < 0.7 else mutated_bytes(intact, generator)
        )
    choice = Choice(latent=generator.choice([None, None, None, "latent_quantization", "nowhere"]))
    start = time.perf_counter()
    try:
        import_model(path, choice, weights)
        tally.imported += 1
    except BadInput as error:
        tally.refused += 1
        message = str(error)
        if "\n" in message or len(message) > 1000 or str(folder) not in message:
            told = message.replace(str(folder), "")[:300]
            tally.violations.append(f"file {number}: message {told!r}")
    except Exception as error:
        tally.violations.append(f"file {number}: {type(error).__name__}: {str(error)[:300]}")
    seconds = time.perf_counter() - start
    tally.slowest = max(tally.slowest, seconds)
    if seconds > LIMIT_SECONDS:
        tally.violations.append(f"file {number}: {seconds:.1f} s")
    for used in filter(None, (path, weights)):
        used.unlink()


def fuzz(count: int, seed: int) -> Tally:
    """Import ``count`` damaged files; the same seed makes the same files."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for base in BASES.values():  # everything is loaded before the watch begins
            weights = APART_WEIGHTS if base.suffix == ".json" else None
            import_model(base, weights=weights)
        watch(folder, tally)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda n: attempt(n, seed, folder, tally), range(count)))
        left = [path.name for path in folder.iterdir()]
        if left:
            tally.violations.append(f"left behind: {left[:5]}")
    return tally


def main() -> int:
    """Run, print, and write the result where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    tally = fuzz(options.count, options.seed)
    found = {
        "files": options.count,
        "imported": tally.imported,
        "refused": tally.refused,
        "slowest_s": round(tally.slowest, 2),
        "violations": tally.violations[:50],
    }
    print(json.dumps(found, indent=2))
    if options.out is not None:
        import h5py
        import numpy as np

        about = {
            "command_line": ["python", "tests/fuzz_import.py", *sys.argv[1:]],
            "seed": options.seed,
            "versions": {
                "asicae": __version__,
                "python": sys.version.split()[0],
                "h5py": h5py.__version__,
                "hdf5": h5py.version.hdf5_version,
                "numpy": np.__version__,
            },
        }
        write_json(options.out, found | about)
    return 1 if tally.violations or tally.imported + tally.refused != options.count else 0


if __name__ == "__main__":
    sys.exit(main())
