"""Constrained-random access to every register of the chip, with canaries around written regions."""

import random
import zlib

import cocotb

from verification.i2c import ACK, NACK
from verification.top.testbench import TB

TRANSFERS = 250
BYTES_READ_BY_CHANCE = 4


class Model:
    """What the host believes to be in the chip, byte by byte.

    Of two weight sets, ``bytes`` are those of the accessed one, ``other`` the other one's.
    """

    def __init__(self, case):
        self.bytes: dict[int, int] = {}
        self.other: dict[int, int] = {}
        self.active = self.access = None
        self.writable: set[int] = set()
        self.volatile: set[int] = set()
        self.image = range(case.address("WEIGHTS"), 0)
        for name, register in case.registers.items():
            span = range(register["address"], register["address"] + register["size"])
            value = register["reset"].to_bytes(register["size"], "little")
            self.bytes |= dict(zip(span, value, strict=True))
            if register["access"] == "rw":
                self.writable |= set(span)
            if name in ("CRC", "STATUS"):
                self.volatile |= set(span)
            if name == "WEIGHTS":
                self.image = span
            if "ACCESS_SET" in case.registers and name in ("KEEP", "WEIGHTS"):
                self.other |= {place: self.bytes[place] for place in span}
            if name == "ACTIVE_SET":
                self.active = register["address"]
            if name == "ACCESS_SET":
                self.access = register["address"]
            if name == "CONTROL":
                self.control = register["address"]
                self.enable = register["masks"]["ENABLE"]
                self.required = register["masks"]["CRC_REQUIRED"]

    def store(self, address: int, value: int) -> None:
        if address in self.image and self._is_active():
            self.bytes[self.control] &= ~self.enable
        if address == self.control:
            value = self._control(value)
        elif address == self.access:
            value = self._access(value & 1)
        elif address == self.active:
            # With CRC_REQUIRED it stays.
            required = self.bytes[self.control] & self.required
            value = self.bytes[address] if required else value & 1
        self.bytes[address] = value

    def _is_active(self) -> bool:
        """Whether the accessed set is the active one."""
        return self.active is None or self.bytes[self.active] == self.bytes[self.access]

    def _access(self, number: int) -> int:
        if number != self.bytes[self.access]:
            seen = {place: self.bytes[place] for place in self.other}
            self.bytes |= self.other
            self.other = seen
        return number

    def _control(self, value: int) -> int:
        """What is kept of a byte written to CONTROL; no CRC ever matches here."""
        required = value & self.required
        stays = self.bytes[self.control] & self.enable
        return required | (value & self.enable if stays or not required else 0)

    def unmapped(self, generator: random.Random) -> int:
        """An address next to a mapped one, or any: never a mapped one."""
        while True:
            near = generator.choice(tuple(self.bytes)) + generator.choice((-1, 1))
            address = generator.choice((near, generator.randrange(1 << 16))) & 0xFFFF
            if address not in self.bytes:
                return address


@cocotb.test()
async def random_register_access(dut):
    bench = TB(dut)
    await bench.reset()
    model = Model(bench.case)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    regions = list(bench.case.registers.values())
    for _ in range(TRANSFERS):
        action = generator.random()
        region = generator.choice(regions)
        address = region["address"] + generator.randrange(region["size"])
        if action < 0.15:
            await refused(bench, model.unmapped(generator))
        elif action < 0.6:
            await write(bench, model, address, generator)
        else:
            await read(bench, model, address)
    await everything_reads_back(bench, model)


async def refused(bench, address: int) -> None:
    assert await bench.host.try_write(address, b"\xa5") == [ACK, ACK, NACK, NACK], hex(address)


async def write(bench, model, address: int, generator: random.Random) -> None:
    data = generator.randbytes(generator.randrange(1, 5))
    acknowledges = await bench.host.try_write(address, data)
    taken = address in model.bytes
    assert acknowledges[:3] == [ACK] * 3, hex(address)
    for index, byte in enumerate(data):
        taken = taken and address + index in model.writable
        assert acknowledges[3 + index] == (ACK if taken else NACK), hex(address + index)
        if taken:
            model.store(address + index, byte)


async def read(bench, model, address: int) -> None:
    data = await bench.host.read(address, BYTES_READ_BY_CHANCE)
    for index, byte in enumerate(data):
        place = address + index
        if place not in model.volatile:
            assert byte == model.bytes.get(place, 0xFF), f"{place:#06x} reads {byte:#04x}"


async def everything_reads_back(bench, model) -> None:
    """Canaries: whatever was not written still holds what it held."""
    for name, register in bench.case.registers.items():
        first = register["address"]
        data = await bench.host.read(first, register["size"])
        if name not in ("CRC", "STATUS"):
            expected = bytes(model.bytes[first + index] for index in range(len(data)))
            assert data == expected, name


@cocotb.test()
async def crc_sees_a_flipped_bit(dut):
    """The CRC of the chip differs from zlib's of the image as soon as one bit on the way flips."""
    bench = TB(dut)
    await bench.reset()
    weights = bench.case.sets[0]
    await bench.write_blocks(weights.image)
    assert await bench.hardware_crc() == zlib.crc32(weights.image)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    for _ in range(5):
        bit = generator.randrange(8 * len(weights.image) - 7)
        wrong = weights.image[bit // 8] ^ 1 << bit % 8
        address = bench.case.address("WEIGHTS") + bit // 8
        await bench.host.write(address, bytes([wrong]))
        assert await bench.hardware_crc() != zlib.crc32(weights.image)
        await bench.host.write(address, weights.image[bit // 8 : bit // 8 + 1])
    assert await bench.hardware_crc() == zlib.crc32(weights.image)


@cocotb.test()
async def a_chip_can_demand_the_expected_crc(dut):
    """With CRC_REQUIRED, ENABLE is refused until the CRC of the image is the one that was told."""
    bench = TB(dut)
    await bench.reset()
    weights = bench.case.sets[0]
    required = bench.case.mask("CONTROL", "CRC_REQUIRED")
    match = bench.case.mask("STATUS", "CRC_MATCH")
    crc = zlib.crc32(weights.image)

    async def status(control: int) -> int:
        await bench.write("CONTROL", control)
        return await bench.read("STATUS") & (bench.enabled | bench.crc_done | match)

    await bench.write_blocks(weights.image)
    assert await status(bench.enable | required) == 0, "enabled without a CRC"
    await bench.write("EXPECTED_CRC", crc ^ 1)
    assert await bench.hardware_crc() == crc
    assert await status(bench.enable | required) == bench.crc_done, "enabled by another CRC"
    await bench.write("EXPECTED_CRC", crc)
    assert await status(required) == bench.crc_done | match
    assert await status(bench.enable | required) == bench.enabled | bench.crc_done | match
    # Another image is another CRC, and no memory of the last one is enough.
    await bench.host.write(bench.case.address("WEIGHTS"), bytes([weights.image[0] ^ 1]))
    assert await status(bench.enable | required) == 0
    assert await bench.hardware_crc() != crc
    assert await status(bench.enable | required) == bench.crc_done
