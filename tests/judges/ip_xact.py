"""IP-XACT as IEEE 1685-2014 defines it: an independent reader of registers and fields."""

from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

NAMESPACE = "{http://www.accellera.org/XMLSchema/IPXACT/1685-2014}"
BYTE = 8


class Register(NamedTuple):
    """Its first address, all bytes of an array, and fields: name to (first bit, bits)."""

    address: int
    size: int
    access: str
    reset: int
    fields: dict[str, tuple[int, int]]


def identity(path: Path) -> tuple[str, ...]:
    """Vendor, library, name and version."""
    component = _component(path)
    return tuple(_text(component, part) for part in ("vendor", "library", "name", "version"))


def registers(path: Path) -> dict[str, Register]:
    """All registers of the component by name; an array is little-endian."""
    found = {}
    (memory,) = _component(path).findall(f"{NAMESPACE}memoryMaps/{NAMESPACE}memoryMap")
    assert memory.find(f"{NAMESPACE}addressUnitBits") is None  # then a unit is a byte
    for block in memory.findall(f"{NAMESPACE}addressBlock"):
        base, end = _number(block, "baseAddress"), _number(block, "range")
        for item in block.findall(f"{NAMESPACE}register"):
            one = _register(item, base)
            assert one.address + one.size <= base + end
            assert int(_text(item, "size")) <= int(_text(block, "width"))
            found[_text(item, "name")] = one
    return found


def _register(item: ElementTree.Element, base: int) -> Register:
    bits, count = int(_text(item, "size")), 1
    for dimension in item.findall(f"{NAMESPACE}dim"):
        count *= int(str(dimension.text))
    fields, reset, accesses = {}, 0, set()
    for field in item.findall(f"{NAMESPACE}field"):
        low, width = int(_text(field, "bitOffset")), int(_text(field, "bitWidth"))
        (value,) = field.findall(f"{NAMESPACE}resets/{NAMESPACE}reset/{NAMESPACE}value")
        assert low + width <= bits and _integer(str(value.text)) < 1 << width
        fields[_text(field, "name")] = low, width
        reset |= _integer(str(value.text)) << low
        accesses.add(_text(field, "access"))
    (access,) = accesses
    whole = sum(reset << bits * index for index in range(count))
    return Register(
        base + _number(item, "addressOffset"), count * bits // BYTE, access, whole, fields
    )


def _component(path: Path) -> ElementTree.Element:
    root = ElementTree.parse(path).getroot()  # noqa: S314
    assert root.tag == f"{NAMESPACE}component"
    return root


def _text(item: ElementTree.Element, part: str) -> str:
    (found,) = item.findall(f"{NAMESPACE}{part}")
    return str(found.text)


def _number(item: ElementTree.Element, part: str) -> int:
    return _integer(_text(item, part))


def _integer(text: str) -> int:
    """``'h1f`` or ``31``, as in SystemVerilog."""
    return int(text[2:], 16) if text.startswith("'h") else int(text)
