"""A load as a flat list of I2C transfers, one row each, for a script that replays it."""

from collections.abc import Callable
from typing import TypeVar

from asicae.chip.image import keep_bytes, pack
from asicae.chip.load_sequence import Found, Transfer, load_sequence, weights_of
from asicae.chip.weight_files import hex_text
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights

COLUMNS = ("action", "register", "block", "address", "bytes")
Value = TypeVar("Value")


def render(encoder: Encoder, weight_set: int | None = None) -> str:
    """The file's text: a header, then the transfers of a load (``load_sequence``) in their
    order.
    """
    sequence = load_sequence(encoder.network, pack(encoder), keep_bytes(encoder), weight_set)
    rows = [COLUMNS, *(_row(transfer) for transfer in sequence)]
    return "".join(",".join(row) + "\n" for row in rows)


def parse(network: Network, text: str, source: str) -> Weights:
    """The weight set of such a text, rows in any order; ``source`` names the file in messages.

    Raises:
        BadInput: other columns, a cell that cannot be read, or transfers that are no load of
            ``network``; rows are counted from the header, which is row 1.
    """
    header, *rows = text.removesuffix("\n").split("\n")
    if header.split(",") != list(COLUMNS):
        raise BadInput(f"{source}: row 1: found {short(header)}, allowed is {','.join(COLUMNS)}")
    found = [
        Found(f"{source}: row {number}", _transfer(row, f"{source}: row {number}"))
        for number, row in enumerate(rows, start=2)
    ]
    return weights_of(network, source, found)


def _row(transfer: Transfer) -> tuple[str, ...]:
    block = "" if transfer.block is None else str(transfer.block)
    address = f"0x{transfer.address:04x}"
    return (transfer.action, transfer.register, block, address, transfer.data.hex())


def _transfer(row: str, where: str) -> Transfer:
    cells = row.split(",")
    if len(cells) != len(COLUMNS):
        raise BadInput(f"{where}: found {short(row)}, allowed are {len(COLUMNS)} cells")
    action, register, block, address, data = cells
    return Transfer(
        action,
        register,
        _cell(hex_text.number, block, f"{where}: block") if block else None,
        _cell(hex_text.number, address, f"{where}: address"),
        _cell(hex_text.data, data, f"{where}: bytes"),
    )


def _cell(read: Callable[[str], Value], text: str, where: str) -> Value:
    try:
        return read(text)
    except ValueError as error:
        raise BadInput(f"{where}: found {short(text)}, {error}") from None
