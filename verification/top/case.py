"""What a chip bench is handed and what it hands back, as plain files in its working folder."""

import json
from pathlib import Path

import numpy as np

CELLS = 48
CALQ_BITS = 22


class WeightSet:
    """One weight set with its stimulus and the expected words."""

    def __init__(self, name: str, path: Path):
        self.name = name
        with np.load(path, allow_pickle=False) as stored:
            self.image = stored["image"].tobytes()
            self.keep = stored["keep"].tobytes()
            self.calq = stored["calq"]
            self.latents = stored["latents"].astype(np.int64)
            self.sums = stored["sums"].astype(np.int64)
        self.words = pack_calq(self.calq)


class Case:
    """The description of the chip, as far as a host knows it, and the weight sets."""

    def __init__(self, folder: Path | None = None):
        self.folder = folder or Path.cwd()
        content = json.loads((self.folder / "case.json").read_text(encoding="utf-8"))
        self.latents = content["latents"]
        self.latent_width = content["latent_width"]
        self.device = content["device"]
        self.registers = content["registers"]
        self.blocks = content["blocks"]
        self.load_hz = content["load_hz"]
        self.fast_hz = content["fast_hz"]
        self.sets = [
            WeightSet(name, self.folder / f"set{index}.npz")
            for index, name in enumerate(content["sets"])
        ]

    @property
    def latent_mask(self) -> int:
        """Ones in all bits of ``latent_o``."""
        return (1 << self.latents * self.latent_width) - 1

    def address(self, register: str) -> int:
        return self.registers[register]["address"]

    def unpack_latents(self, values: list[int]) -> np.ndarray:
        """Latents (events, n) of the integers read from ``latent_o``: latent i at [width*i +:]."""
        return unpack(values, self.latents, self.latent_width)


def pack_calq(calq: np.ndarray) -> list[int]:
    """One integer an event for ``calq_i``: cell k at [22k +: 22]."""
    bits = (calq[:, :, None].astype(np.int64) >> np.arange(CALQ_BITS)) & 1
    rows = np.packbits(bits.reshape(len(calq), -1).astype(np.uint8), axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in rows]


def unpack(values: list[int], fields: int, width: int) -> np.ndarray:
    """Fields (len(values), fields) of little-endian packed integers."""
    size = -(-fields * width // 8)
    data = b"".join(value.to_bytes(size, "little") for value in values)
    rows = np.frombuffer(data, dtype=np.uint8).reshape(len(values), size)
    bits = np.unpackbits(rows, axis=1, bitorder="little")[:, : fields * width]
    return bits.reshape(len(values), fields, width).astype(np.int64) @ (1 << np.arange(width))


def record(key: str, value) -> None:
    """Add one entry to results.json of the working folder, whole or not at all."""
    path = Path.cwd() / "results.json"
    results = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    results[key] = value
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(results, indent=2, sort_keys=True), encoding="utf-8")
    temporary.replace(path)
