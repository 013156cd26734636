"""A library as a folder: made, or packed as images; nothing in it is believed unseen."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asicae.chip.image import crc32, pack
from asicae.chip.weight_files.files import read_weights
from asicae.foundation.errors import BadInput
from asicae.foundation.files import sha256
from asicae.foundation.folders import refuse_links
from asicae.library.record import LIBRARY_FILE, LibraryRecord, LibrarySet
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.runs.encoders import NETWORK, load_network, weights_file

PACKED: Final = ".yaml"
"""Of a set in a packed library, that is read; the image and the transfers say the same."""


@dataclass(frozen=True)
class Library:
    """A library whose files are what its record says.

    Attributes:
        folder: where it lies.
        record: what it holds.
        network: of all sets.
        weights: those of the sets, in the order of the record.
    """

    folder: Path
    record: LibraryRecord
    network: Network
    weights: tuple[Weights, ...]

    @classmethod
    def load(cls, folder: Path) -> "Library":
        """Read a library that was made or packed.

        Raises:
            BadInput: no library, a file that is missing, a link, or not what the record says; a
                network that it is not about; a module with two sets.
        """
        record = load_record(folder)
        network = _network(folder, record)
        weights = tuple(_weights(folder, each, network) for each in record.sets)
        return cls(folder, record, network, weights)


def is_library(folder: Path) -> bool:
    """Whether there is one."""
    return (folder / LIBRARY_FILE).is_file()


def load_record(folder: Path) -> LibraryRecord:
    """What a folder says that it holds.

    Raises:
        BadInput: it is no library, or something in it is a link.
    """
    if not is_library(folder):
        again = "make one, or go on with it: asicae library make"
        raise BadInput(f"{folder}: no library of weight sets ({LIBRARY_FILE} is missing); {again}")
    refuse_links(folder)
    return LibraryRecord.load(folder / LIBRARY_FILE)


def entry_of(
    name: str, condition: str, links: int, when: str, modules: Sequence[str], encoder: Encoder
) -> LibrarySet:
    """What the record says of a set."""
    return LibrarySet(
        name=name,
        condition=condition,
        links=links,
        when=when,
        file=weights_file(name),
        sha256=_digest(encoder.weights),
        crc32=_crc(encoder),
        modules=tuple(modules),
    )


def hash_word(network: Network) -> str:
    """The design hash of a network as the record has it."""
    return f"0x{network.design_hash:08x}"


def _network(folder: Path, record: LibraryRecord) -> Network:
    path = folder / NETWORK
    if not path.is_file():
        raise BadInput(f"{path}: no such file, {LIBRARY_FILE} is about network {record.network}")
    network = load_network(folder)
    found = sha256(path), hash_word(network), network.name
    if found != (record.network_sha256, record.design_hash, record.network):
        raise BadInput(
            f"{path}: network {network.name} with design hash {found[1]}, {LIBRARY_FILE} is about "
            f"{record.network} with {record.design_hash} (SHA-256 {record.network_sha256[:16]}...)"
        )
    return network


def _weights(folder: Path, entry: LibrarySet, network: Network) -> Weights:
    """A set, which has to have the bytes and the CRC of the record."""
    made, packed = folder / entry.file, folder / f"{entry.name}{PACKED}"
    if made.is_file():
        path, digest, weights = made, sha256(made), Weights.load(made, network)
    elif packed.is_file():
        path, weights = packed, read_weights(packed, network)
        digest = _digest(weights)
    else:
        raise BadInput(f"{made}: no such file, {LIBRARY_FILE} has set {entry.name}")
    if digest != entry.sha256:
        raise BadInput(
            f"{path}: weight set of SHA-256 {digest[:16]}..., {LIBRARY_FILE} has "
            f"{entry.sha256[:16]}... for set {entry.name}"
        )
    if (found := _crc(Encoder(network, weights))) != entry.crc32:
        raise BadInput(
            f"{folder / LIBRARY_FILE}: set {entry.name}: crc32 is {entry.crc32}, that of its image "
            f"is {found}"
        )
    return weights


def _digest(weights: Weights) -> str:
    return hashlib.sha256(weights.to_bytes()).hexdigest()


def _crc(encoder: Encoder) -> str:
    return f"0x{crc32(pack(encoder)):08x}"
