"""What a chip bench is given: weight images, charges, and the words that golden expects."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.chip import golden, triplication
from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.design import PERIOD_NS, Design
from asicae.chip.image import keep_bytes, pack
from asicae.chip.registers import register_map
from asicae.foundation.archives import write_npz
from asicae.foundation.files import write_json
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights

LOAD_HZ = 1_000_000
FAST_HZ = 3_400_000
"""SCL of read-backs and of all loads but the first: the target follows it, and it saves time."""
NamedWeights = tuple[str, Weights]
Calq = npt.NDArray[np.int32]


@dataclass(frozen=True)
class PreparedSet:
    """A weight set with its image, stimulus and the words that golden expects."""

    name: str
    image: bytes
    keep: bytes
    calq: npt.NDArray[np.int32]
    latents: npt.NDArray[np.uint16]
    sums: npt.NDArray[np.uint16]


def prepare_set(network: Network, named: NamedWeights, calq: Calq) -> PreparedSet:
    """Image and expected words of one weight set on ``calq`` (n, 48)."""
    name, weights = named
    expected = golden.run(Encoder(network, weights), calq)
    image, keep = pack(Encoder(network, weights)), keep_bytes(Encoder(network, weights))
    return PreparedSet(name, image, keep, calq, expected.latents, expected.sums)


def write_case(design: Design, sets: Sequence[PreparedSet], folder: Path) -> list[str]:
    """Write what the chip benches read: ``case.json`` and one ``set<i>.npz`` a weight set.

    Returns their names.
    """
    network, weight_sets = design.network, design.configuration.weight_sets
    chip = register_map(network, weight_sets)
    case = {
        "clock_ns": PERIOD_NS,
        "latency_bx": design.latency_bx,
        "ports": {
            port.name: {"width": port.words.width, "count": port.words.count}
            for port in design.ports
        },
        "device": DEVICE_ADDRESS,
        "registers": {
            register.name: {
                "address": register.address,
                "size": register.size,
                "access": register.access,
                "reset": register.reset,
                "masks": {field.name: register.mask(field.name) for field in register.fields},
            }
            for register in chip.registers
        },
        "blocks": [dataclasses.asdict(block) for block in chip.blocks],
        "bank_copies": [
            copies
            for weight_set in range(weight_sets)
            for copies in triplication.bank_copies(network, design.configuration, weight_set)
        ],
        "load_hz": LOAD_HZ,
        "fast_hz": FAST_HZ,
        "sets": [prepared.name for prepared in sets],
    }
    if design.phases > 1:
        case["phases"] = design.phases
    refresh = triplication.refresh_clocks(network, design.configuration)
    if refresh > 1:  # else every clock corrects
        case["refresh_clocks"] = refresh
    written = [write_json(folder / "case.json", case)]
    for index, prepared in enumerate(sets):
        arrays: dict[str, npt.NDArray[Any]] = {
            "image": np.frombuffer(prepared.image, dtype=np.uint8),
            "keep": np.frombuffer(prepared.keep, dtype=np.uint8),
            "calq": prepared.calq,
            "latents": prepared.latents,
            "sums": prepared.sums,
        }
        written.append(write_npz(folder / f"set{index}.npz", arrays))
    return [path.name for path in written]
