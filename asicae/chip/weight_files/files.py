"""Weight sets as files: a weight set (.npz), its image (.bin), and its register writes."""

from collections.abc import Callable
from pathlib import Path

from asicae.chip.image import pack, unpack
from asicae.chip.weight_files import transfer_csv, write_yaml
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_bytes, refuse_existing, write_bytes
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights

IMAGE_SUFFIXES = (".bin", ".yaml", ".csv")
MAX_IMAGE_FILE_BYTES = 1 << 18
"""Three times the longest list of register writes; more is not read."""


def write_image(
    folder: Path, name: str, encoder: Encoder, weight_set: int | None = None
) -> tuple[Path, Path, Path]:
    """Write ``<name>.bin`` (the image), ``.yaml`` and ``.csv`` (the I2C writes that load it).

    ``weight_set``: that the ``.csv`` loads, of a chip with two (``load_sequence``); it is in its
    name then, as in ``<name>.set1.csv``. The others are the same for either set.

    Files of these names are replaced; returns the three paths in this order.
    """
    contents = _contents(folder, name, encoder, weight_set)
    binary, listing, table = (write_bytes(*item) for item in contents)
    return binary, listing, table


def pack_file(
    path: Path, folder: Path, network: Network, force: bool, weight_set: int | None = None
) -> tuple[Path, ...]:
    """Write the image files of the weight set ``path`` (.npz) into ``folder``: ``write_image``.

    Raises:
        BadInput: no weight set of ``network``, or a file is there already and not ``force``.
    """
    encoder = Encoder(network, Weights.load(path, network))
    contents = _contents(folder, path.stem, encoder, weight_set)
    # What a killed call has written already is no reason to refuse the same call.
    same = [_holds(*item) for item in contents]
    for (target, _), equal in zip(contents, same, strict=True):
        refuse_existing(target, force or (equal and not all(same)))
    return write_image(folder, path.stem, encoder, weight_set)


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


def _contents(
    folder: Path, name: str, encoder: Encoder, weight_set: int | None
) -> list[tuple[Path, bytes]]:
    texts = write_yaml.render(encoder), transfer_csv.render(encoder, weight_set)
    contents = pack(encoder), *(text.encode() for text in texts)
    loads = name if weight_set is None else f"{name}.set{weight_set}"
    names = (name, name, loads)
    parts = zip(names, IMAGE_SUFFIXES, contents, strict=True)
    return [(folder / f"{each}{suffix}", content) for each, suffix, content in parts]


def _holds(path: Path, content: bytes) -> bool:
    """Whether a file has this content."""
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content


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
