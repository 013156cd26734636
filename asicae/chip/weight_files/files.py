"""Weight sets as files: a weight set (.npz), its image (.bin), and its register writes."""

from collections.abc import Callable
from pathlib import Path

from asicae.chip.image import pack, unpack
from asicae.chip.weight_files import transfer_csv, write_yaml
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_bytes, refuse_existing, write_bytes, write_text
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights

IMAGE_SUFFIXES = (".bin", ".yaml", ".csv")
MAX_IMAGE_FILE_BYTES = 1 << 18
"""Three times the longest list of register writes; more is not read."""


def write_image(folder: Path, name: str, encoder: Encoder) -> tuple[Path, Path, Path]:
    """Write ``<name>.bin`` (the image), ``.yaml`` and ``.csv`` (the I2C writes that load it).

    Files of these names are replaced; returns the three paths in this order.
    """
    image = pack(encoder)
    writes, rows = write_yaml.render(encoder), transfer_csv.render(encoder)
    binary, listing, table = _paths(folder, name)
    return (write_bytes(binary, image), write_text(listing, writes), write_text(table, rows))


def pack_file(path: Path, folder: Path, network: Network, force: bool) -> tuple[Path, ...]:
    """Write the image files of the weight set ``path`` (.npz) into ``folder``.

    Raises:
        BadInput: no weight set of ``network``, or a file is there already and not ``force``.
    """
    weights = Weights.load(path, network)
    for target in _paths(folder, path.stem):
        refuse_existing(target, force)
    return write_image(folder, path.stem, Encoder(network, weights))


def unpack_file(path: Path, out: Path, network: Network, force: bool) -> Path:
    """Write the weight set that an image file (.bin, .yaml, .csv) holds as ``out`` (.npz).

    Raises:
        BadInput: no image of ``network``, or ``out`` is there already and not ``force``.
    """
    _check_suffix(path, IMAGE_SUFFIXES)
    _check_suffix(out, (".npz",))
    refuse_existing(out, force)
    return read_weights(path, network).save(out)


def read_weights(path: Path, network: Network) -> Weights:
    """Read a weight set from .npz, .bin, .yaml or .csv; a .bin says nothing of the keep mask.

    Raises:
        BadInput: another ending, unreadable, damaged, or not of ``network``; names file and row
            or key, what was found and what is allowed.
    """
    _check_suffix(path, (".npz", *IMAGE_SUFFIXES))
    if path.suffix == ".npz":
        return Weights.load(path, network)
    content = read_bytes(path, MAX_IMAGE_FILE_BYTES)
    if path.suffix == ".bin":
        return unpack(network, content, source=str(path))
    parse: Callable[[Network, str, str], Weights]
    parse = write_yaml.parse if path.suffix == ".yaml" else transfer_csv.parse
    return parse(network, _decoded(path, content), str(path))


def _paths(folder: Path, name: str) -> tuple[Path, ...]:
    return tuple(folder / f"{name}{suffix}" for suffix in IMAGE_SUFFIXES)


def _check_suffix(path: Path, allowed: tuple[str, ...]) -> None:
    if path.suffix not in allowed:
        raise BadInput(f"{path}: ending {path.suffix!r}, allowed: {', '.join(allowed)}")


def _decoded(path: Path, content: bytes) -> str:
    """Text with newlines as on Unix and without the byte order mark that spreadsheets write."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: byte {error.start} is not UTF-8 text") from None
    return text.replace("\r\n", "\n")
