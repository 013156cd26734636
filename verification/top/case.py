"""What a chip bench is handed and what it hands back, as plain files in its working folder."""

import json
import os
from pathlib import Path

import numpy as np

FOLDER = "ASICAE_CASE"
"""Variable that says where ``case.json`` lies."""


class WeightSet:
    """One weight set with its stimulus and the expected words."""

    def __init__(self, name: str, path: Path, charge_width: int):
        self.name = name
        with np.load(path, allow_pickle=False) as stored:
            self.image = stored["image"].tobytes()
            self.keep = stored["keep"].tobytes()
            self.calq = stored["calq"]
            self.latents = stored["latents"].astype(np.int64)
            self.sums = stored["sums"].astype(np.int64)
        self.words = pack(self.calq, charge_width)


class Case:
    """The description of the chip, as far as a host knows it, and the weight sets.

    Without ``folder`` it is the one that the environment names, else the working folder.
    """

    def __init__(self, folder: Path | None = None):
        self.folder = folder or Path(os.environ.get(FOLDER, "."))
        content = json.loads((self.folder / "case.json").read_text(encoding="utf-8"))
        self.clock_ns = content["clock_ns"]
        self.latency_bx = content["latency_bx"]
        self.phases = content.get("phases", 1)
        self.ports = content["ports"]
        self.device = content["device"]
        self.registers = content["registers"]
        self.blocks = content["blocks"]
        self.bank_copies = content["bank_copies"]
        self.load_hz = content["load_hz"]
        self.fast_hz = content["fast_hz"]
        self.sets = [
            WeightSet(name, self.folder / f"set{index}.npz", self.ports["calq_i"]["width"])
            for index, name in enumerate(content["sets"])
        ]

    @property
    def latent_mask(self) -> int:
        """Ones in all bits of ``latent_o``."""
        port = self.ports["latent_o"]
        return (1 << port["count"] * port["width"]) - 1

    def address(self, register: str) -> int:
        return self.registers[register]["address"]

    def mask(self, register: str, field: str) -> int:
        """Value of the register when only this field of it is set."""
        return self.registers[register]["masks"][field]

    def unpack_latents(self, values: list[int]) -> np.ndarray:
        """Latents (events, n) of the integers read from ``latent_o``: latent i at [width*i +:]."""
        port = self.ports["latent_o"]
        return unpack(values, port["count"], port["width"])


def pack(values: np.ndarray, width: int) -> list[int]:
    """One integer a row of ``values`` (rows, fields): field k at [width*k +: width]."""
    bits = (values[:, :, None].astype(np.int64) >> np.arange(width)) & 1
    rows = np.packbits(bits.reshape(len(values), -1).astype(np.uint8), axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in rows]


def unpack(values: list[int], fields: int, width: int) -> np.ndarray:
    """Fields (len(values), fields) of little-endian packed integers."""
    size = -(-fields * width // 8)
    data = b"".join(value.to_bytes(size, "little") for value in values)
    rows = np.frombuffer(data, dtype=np.uint8).reshape(len(values), size)
    bits = np.unpackbits(rows, axis=1, bitorder="little")[:, : fields * width]
    return bits.reshape(len(values), fields, width).astype(np.int64) @ (1 << np.arange(width))


def recorded() -> dict:
    """Entries of results.json of the working folder, none without it."""
    path = Path.cwd() / "results.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def add_up(key: str, **counts: int) -> None:
    """Add ``counts`` to those of one entry of results.json."""
    before = recorded().get(key, {})
    record(key, {name: before.get(name, 0) + count for name, count in counts.items()})


def merge_bits(key: str, **words: np.ndarray) -> None:
    """Add the bits that are set anywhere in ``words`` (rows, n) to those of one entry, n masks."""
    found = recorded().get(key, {})
    for name, rows in words.items():
        masks = np.bitwise_or.reduce(rows, axis=0)
        found[name] = (masks | np.array(found.get(name, np.zeros_like(masks)))).tolist()
    record(key, found)


def record(key: str, value) -> None:
    """Set one entry of results.json of the working folder, whole or not at all."""
    path, results = Path.cwd() / "results.json", recorded()
    results[key] = value
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(results, indent=2, sort_keys=True), encoding="utf-8")
    temporary.replace(path)
