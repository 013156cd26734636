"""A weight image as a YAML file: which bytes to write where, one entry a block."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

import yaml
from pydantic import BeforeValidator

from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.image import crc32, keep_bytes, pack
from asicae.chip.load_sequence import (
    WRITE,
    Found,
    Transfer,
    blank_sequence,
    load_sequence,
    weights_of,
)
from asicae.chip.weight_files import hex_text, plain_yaml
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import Exact, short, validated
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights

IMAGE_FORMAT: Literal["asicae-weight-image-1"] = "asicae-weight-image-1"
Number = Annotated[int, BeforeValidator(hex_text.number)]
Data = Annotated[bytes, BeforeValidator(hex_text.data)]
_IMPLIED = ("CONTROL", "STATUS")  # how the CRC is started is not said in this format


class _Write(Exact):
    address: Number
    bytes: Data


class _Block(_Write):
    block: Number


class _Content(Exact):
    format: Literal["asicae-weight-image-1"]
    network: str
    design_hash: Number
    device: Number
    image_bytes: Number
    crc32: Number
    keep: _Write
    weights: tuple[_Block, ...]


class _Hexadecimal(str):
    """Text that stands in quotes: YAML 1.2 would read ``12e4`` as a number."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(
    _Hexadecimal,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="'"),
)


def render(encoder: Encoder) -> str:
    """The file's text."""
    network = encoder.network
    image, keep = pack(encoder), keep_bytes(encoder)
    sequence = load_sequence(network, image, keep)
    content = {
        "format": IMAGE_FORMAT,
        "network": network.name,
        "design_hash": _number(network.design_hash, 8),
        "device": _number(DEVICE_ADDRESS, 2),
        "image_bytes": len(image),
        "crc32": _number(crc32(image), 8),
        "keep": next(_write(t) for t in sequence if t.register == "KEEP"),
        "weights": [{"block": t.block, **_write(t)} for t in sequence if t.register == "WEIGHTS"],
    }
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=400)


def parse(network: Network, text: str, source: str) -> Weights:
    """The weight set of such a text; ``source`` names the file in messages.

    Raises:
        BadInput: no such YAML, another network, or writes that are not those of ``network``.
    """
    content = validated(_Content, plain_yaml.parse(text, source), source)
    for key, found, allowed in (
        ("network", content.network, network.name),
        ("device", content.device, DEVICE_ADDRESS),
        ("image_bytes", content.image_bytes, network.image_bytes),
    ):
        if found != allowed:
            raise BadInput(f"{source}: {key}: found {short(found)}, allowed is {allowed!r}")
    return weights_of(network, source, list(_transfers(network, content, source)))


def _transfers(network: Network, content: _Content, source: str) -> Iterator[Found]:
    expected = {
        "DESIGN_HASH": ("design_hash", content.design_hash),
        "CRC": ("crc32", content.crc32),
    }
    for transfer in blank_sequence(network):
        if transfer.register in expected:
            key, value = expected[transfer.register]
            data = value.to_bytes(len(transfer.data), "little")
            yield Found(f"{source}: {key}", replace(transfer, data=data))
        elif transfer.register in _IMPLIED:
            yield Found(source, transfer)
    keep = content.keep
    yield Found(f"{source}: keep", Transfer(WRITE, "KEEP", None, keep.address, keep.bytes))
    for place, block in enumerate(content.weights):
        transfer = Transfer(WRITE, "WEIGHTS", block.block, block.address, block.bytes)
        yield Found(f"{source}: weights.{place}", transfer)


def _write(transfer: Transfer) -> dict[str, str]:
    return {
        "address": _number(transfer.address, 4),
        "bytes": _Hexadecimal(transfer.data.hex()),
    }


def _number(value: int, digits: int) -> str:
    return _Hexadecimal(f"0x{value:0{digits}x}")
