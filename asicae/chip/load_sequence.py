"""The I2C transfers that load a weight set, in their order, and the weights that they carry."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from asicae.chip.image import crc32, keep_bytes, keep_from_bytes, unpack
from asicae.chip.registers import Register, register_map
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights

WRITE, EXPECT = "write", "expect"
Slot = tuple[str, str, int | None]
_MEANING = {
    "DESIGN_HASH": ", that of network {}",
    "CRC": ", the CRC-32 of the image in the file",
    "EXPECTED_CRC": ", the CRC-32 of the image in the file",
}


@dataclass(frozen=True)
class Transfer:
    """``write``: write ``data`` at ``address``; ``expect``: read there until it is ``data``.

    ``address`` has 16 bits; ``data`` is in the order of the bus, numbers little-endian. ``block``
    is the number of a weight block, None for every other register.
    """

    action: str
    register: str
    block: int | None
    address: int
    data: bytes

    @property
    def slot(self) -> Slot:
        """What is transferred, without place and bytes."""
        return (self.action, self.register, self.block)

    def __str__(self) -> str:
        """Such as ``write WEIGHTS block 3``."""
        block = "" if self.block is None else f" block {self.block}"
        return f"{self.action} {self.register}{block}"


class Found(NamedTuple):
    """A transfer that a file holds; ``where`` names the file and the row or key."""

    where: str
    transfer: Transfer


def load_sequence(
    network: Network, image: bytes, keep: bytes, weight_set: int | None = None
) -> tuple[Transfer, ...]:
    """Load ``image`` and the bytes of the keep register, then have the chip prove the image.

    Both are as long as ``network`` has them (``pack``, ``keep_bytes``).

    The CRC is computed on request, one byte a clock; STATUS says when it is there. ENABLE is left
    to whoever takes the chip into operation.

    ``weight_set``: of a chip with two, 0 or 1, while events stream with the other; to write it into
    ACTIVE_SET, which switches, is left to whoever operates the chip. With CRC_REQUIRED and the CRC
    of the image as EXPECTED_CRC the chip refuses that unless it has the image, and it stays
    disabled if it was: then the STATUS that is expected never comes. Without ``weight_set`` a chip
    with two is loaded as one with one: both registers of its sets have to say 0, as after reset.
    """
    chip = register_map(network, 1 if weight_set is None else 2)
    control, status, crc = chip["CONTROL"], chip["STATUS"], chip["CRC"]
    start, done = control.mask("CRC_START"), status.mask("CRC_DONE")
    chosen: tuple[Transfer, ...] = ()
    demanded: tuple[Transfer, ...] = ()
    if weight_set is not None:
        start |= control.mask("ENABLE") | control.mask("CRC_REQUIRED")
        done |= status.mask("ENABLED") | status.mask("CRC_MATCH")
        chosen = (
            _number(EXPECT, chip["ACTIVE_SET"], 1 - weight_set),
            _number(WRITE, chip["ACCESS_SET"], weight_set),
        )
        demanded = (_number(WRITE, chip["EXPECTED_CRC"], crc32(image)),)
    blocks = (
        Transfer(WRITE, "WEIGHTS", b.index, b.address, image[b.offset : b.offset + b.size])
        for b in chip.blocks
    )
    return (
        _number(EXPECT, chip["DESIGN_HASH"], network.design_hash),
        *chosen,
        *blocks,
        Transfer(WRITE, "KEEP", None, chip["KEEP"].address, keep),
        *demanded,
        _number(WRITE, control, start),
        _number(EXPECT, status, done),
        _number(EXPECT, crc, crc32(image)),
    )


def blank_sequence(network: Network, weight_set: int | None = None) -> tuple[Transfer, ...]:
    """``load_sequence`` with all bytes of weights and keep mask zero: what goes where."""
    keep = bytes(register_map(network)["KEEP"].size)
    return load_sequence(network, bytes(network.image_bytes), keep, weight_set)


def weights_of(network: Network, source: str, found: Sequence[Found]) -> Weights:
    """The weight set that the transfers of a load carry, in whatever order they come.

    Raises:
        BadInput: a load of another network or of a set that no chip has; a transfer that is
            unknown, missing or there twice, at another address, of another size or with bytes that
            do not fit the others.
    """
    weight_set = _set_of(found)
    blank = blank_sequence(network, weight_set)
    for entry in found:
        # The hash goes first: a file of another network has other blocks, for that reason.
        if entry.transfer.slot == blank[0].slot:
            _check_place(entry, blank[0])
            _check_bytes(network, entry, blank[0])
    slots = _by_slot(source, found, blank)
    data = {slot: entry.transfer.data for slot, entry in slots.items()}
    image = b"".join(data[wanted.slot] for wanted in blank if wanted.register == "WEIGHTS")
    keep = keep_from_bytes(network, data[WRITE, "KEEP", None])
    weights = unpack(network, image, keep, source)
    keep_data = keep_bytes(Encoder(network, weights))
    for wanted in load_sequence(network, image, keep_data, weight_set):
        _check_bytes(network, slots[wanted.slot], wanted)
    return weights


def _set_of(found: Sequence[Found]) -> int | None:
    """The weight set that a load accesses; None where it says nothing of any.

    Raises:
        BadInput: there is no such set.
    """
    for entry in found:
        if entry.transfer.slot == (WRITE, "ACCESS_SET", None):
            number = int.from_bytes(entry.transfer.data, "little")
            if number not in (0, 1):
                given = _as_number(entry.transfer.data)
                raise BadInput(f"{entry.where}: ACCESS_SET is {given}, allowed are 0x00 and 0x01")
            return number
    return None


def _number(action: str, register: Register, value: int) -> Transfer:
    data = value.to_bytes(register.size, "little")
    return Transfer(action, register.name, None, register.address, data)


def _by_slot(source: str, found: Sequence[Found], blank: Sequence[Transfer]) -> dict[Slot, Found]:
    """Every slot of a load once, at its address and of its size."""
    wanted = {transfer.slot: transfer for transfer in blank}
    slots: dict[Slot, Found] = {}
    for entry in found:
        slot = entry.transfer.slot
        if slot not in wanted:
            raise BadInput(f"{entry.where}: found {_named(entry.transfer, blank)}")
        if slot in slots:
            raise BadInput(f"{entry.where}: {entry.transfer} appears twice, allowed is once")
        _check_place(entry, wanted[slot])
        slots[slot] = entry
    missing = [transfer for transfer in blank if transfer.slot not in slots]
    if missing:
        raise BadInput(
            f"{source}: {missing[0]} is missing ({len(missing)} in all), "
            "a load holds each of its transfers once"
        )
    return slots


def _named(unknown: Transfer, blank: Sequence[Transfer]) -> str:
    blocks = sum(transfer.register == "WEIGHTS" for transfer in blank)
    names = dict.fromkeys(f"{transfer.action} {transfer.register}" for transfer in blank)
    allowed = ", ".join(names).replace("WEIGHTS", f"WEIGHTS block 0 to {blocks - 1}")
    return f"{short(str(unknown))}, allowed are {allowed}"


def _check_place(entry: Found, wanted: Transfer) -> None:
    address, size = entry.transfer.address, len(entry.transfer.data)
    if address != wanted.address:
        raise BadInput(
            f"{entry.where}: {wanted} at 0x{address:04x}, "
            f"the register map allows 0x{wanted.address:04x}"
        )
    if size != len(wanted.data):
        raise BadInput(f"{entry.where}: {wanted} of {size} bytes, allowed are {len(wanted.data)}")


def _check_bytes(network: Network, entry: Found, wanted: Transfer) -> None:
    data = entry.transfer.data
    if data == wanted.data:
        return
    if wanted.register == "KEEP":
        raise BadInput(f"{entry.where}: spare bits of the keep mask are 0, allowed is 1")
    meaning = _MEANING.get(wanted.register, "").format(network.name)
    raise BadInput(
        f"{entry.where}: {wanted.register} is {_as_number(data)}, "
        f"allowed is {_as_number(wanted.data)}{meaning}"
    )


def _as_number(data: bytes) -> str:
    return f"0x{data[::-1].hex()}"
