"""A library as images and register writes for hosts, and back."""

from pathlib import Path

import numpy as np

from asicae.chip.weight_files.files import read_weights, write_image
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_bytes, write_bytes
from asicae.foundation.folders import output_folder
from asicae.library.record import LIBRARY_FILE, LibrarySet
from asicae.library.stored import PACKED, Library
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.runs.encoders import NETWORK

MAX_BYTES = 64 << 20


def pack_library(folder: Path, out: Path, force: bool, weight_set: int | None = None) -> Library:
    """Write image files of each set (``write_image``) into a new folder, the record beside them.

    Raises:
        BadInput: no library (``Library.load``), or ``out`` exists and not ``force``.
    """
    library = Library.load(folder)
    with output_folder(out, force) as packed:
        _copy_record(library, packed)
        for entry, weights in zip(library.record.sets, library.weights, strict=True):
            write_image(packed, entry.name, Encoder(library.network, weights), weight_set)
    return library


def unpack_library(folder: Path, out: Path, force: bool) -> Library:
    """Write the weight sets of a packed library, of the bytes that the record says.

    Raises:
        BadInput: no library, files of one set that say different things, or ``out`` exists and not
            ``force``.
    """
    library = Library.load(folder)
    for entry, weights in zip(library.record.sets, library.weights, strict=True):
        _check_images(library, entry, weights)
    with output_folder(out, force) as unpacked:
        _copy_record(library, unpacked)
        for entry, weights in zip(library.record.sets, library.weights, strict=True):
            weights.save(unpacked / entry.file)
    return library


def _copy_record(library: Library, folder: Path) -> None:
    for name in (LIBRARY_FILE, NETWORK):
        write_bytes(folder / name, read_bytes(library.folder / name, MAX_BYTES))


def _check_images(library: Library, entry: LibrarySet, weights: Weights) -> None:
    """All files of a set that are there say the same."""
    listed = library.folder / f"{entry.name}{PACKED}"
    if not listed.is_file():
        raise BadInput(f"{listed}: no such file; allowed is a library that asicae weights packed")
    binary = library.folder / f"{entry.name}.bin"
    tables = sorted(library.folder.glob(f"{entry.name}.*csv"))
    for path in [*([binary] if binary.is_file() else []), *tables]:
        found = read_weights(path, library.network)
        same = [np.array_equal(weights.arrays[key], found.arrays[key]) for key in found.arrays]
        if path != binary:  # which has no keep mask
            same.append(np.array_equal(weights.keep, found.keep))
        if not all(same):
            raise BadInput(f"{path}: another weight set than that of {listed.name}")
