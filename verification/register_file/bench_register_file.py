"""The register file alone, with as many weight bytes as econ-t: a CRC outlasts a byte on the bus.

What stands around it is a model of the weight bank, byte by byte. Addresses are the module's own
parameters; the byte bus is driven without an I2C target in front.
"""

import random
import zlib

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly, Timer, ValueChange

from verification.copies import COPIES, RELEASED, RESET, agreed, triple

CLOCK_NS = 25
ENABLE, CRC_START, CRC_REQUIRED, CLEAR_ERRORS = 1, 2, 4, 8
ENABLED, BUSY, DONE, MATCH = 1, 2, 4, 8
SOURCES = ("RESET", "I2C", "WEIGHTS", "DATA_PATH")
BITS_OF_SOURCES = {"RESET": 1, "I2C": 2, "REGISTERS": 4, "WEIGHTS": 8, "DATA_PATH": 16}


class TB:
    """Clock, reset, byte bus and weight bank."""

    def __init__(self, dut):
        self.dut = dut
        self.size = int(dut.WEIGHT_BYTES.value)
        self.weights = bytearray(self.size)
        dut.rst_ni.value = RESET
        for port in (dut.address_i, dut.write_i, dut.write_data_i, dut.read_i, dut.errors_i):
            port.value = 0
        dut.bank_read_data_i.value = 0
        Clock(dut.clk_i, CLOCK_NS, "ns", impl="gpi").start()
        cocotb.start_soon(self._bank())

    async def _bank(self) -> None:
        while True:
            await ValueChange(self.dut.bank_read_byte_o)
            place = int(self.dut.bank_read_byte_o.value)
            self.dut.bank_read_data_i.value = self.weights[place] if place < self.size else 0

    async def reset(self) -> None:
        await Timer(4 * CLOCK_NS, "ns")
        self.dut.rst_ni.value = RELEASED
        await FallingEdge(self.dut.clk_i)

    def address(self, name: str) -> int:
        return int(getattr(self.dut, f"{name}_ADDRESS").value)

    async def write(self, name: str, data: bytes, offset: int = 0) -> None:
        """Bytes one a clock."""
        for place, byte in enumerate(data, self.address(name) + offset):
            self.dut.address_i.value = triple(place, 16)
            self.dut.write_data_i.value = triple(byte, 8)
            self.dut.write_i.value = triple(1, 1)
            if name == "WEIGHT":
                self.weights[place - self.address(name)] = byte
            await FallingEdge(self.dut.clk_i)
        self.dut.write_i.value = 0

    async def read(self, name: str, size: int = 1, offset: int = 0) -> int:
        """Bytes one a clock, little-endian."""
        data = []
        for place in range(size):
            self.dut.address_i.value = triple(self.address(name) + offset + place, 16)
            self.dut.read_i.value = triple(1, 1)
            await Timer(2, "ns")  # the bank answers
            await ReadOnly()
            data.append(agreed(self.dut.read_data_o))
            await FallingEdge(self.dut.clk_i)
        self.dut.read_i.value = 0
        return int.from_bytes(bytes(data), "little")

    async def control(self, value: int) -> None:
        await self.write("CONTROL", bytes([value]))

    async def clocks(self, count: int) -> None:
        if count:  # not to the edge itself: whoever waits for the next one would find this one
            await Timer((2 * count - 1) * CLOCK_NS * 500, "ps")
            await FallingEdge(self.dut.clk_i)

    async def done(self) -> int:
        """Wait for the CRC without touching the bus; returns the clocks, at most twice."""
        self.dut.address_i.value = triple(self.address("STATUS"), 16)
        for clock in range(2 * self.size):
            await ReadOnly()
            if agreed(self.dut.read_data_o) & DONE:
                await FallingEdge(self.dut.clk_i)
                return clock
            await FallingEdge(self.dut.clk_i)
        raise AssertionError("CRC_DONE never came")

    def crc(self) -> int:
        return zlib.crc32(bytes(self.weights))


async def loaded(dut) -> TB:
    bench = TB(dut)
    await bench.reset()
    await bench.write("WEIGHT", random.Random(cocotb.RANDOM_SEED).randbytes(bench.size))  # noqa: S311
    return bench


@cocotb.test()
async def a_crc_takes_a_clock_a_byte_and_no_event(dut):
    """Events stream on while the CRC runs, where CRC_START is written with ENABLE."""
    bench = await loaded(dut)
    await bench.control(ENABLE)
    assert int(dut.enable_o.value) == RELEASED
    await bench.control(ENABLE | CRC_START)
    for _ in range(bench.size // 2):
        assert int(dut.enable_o.value) == RELEASED
        await FallingEdge(dut.clk_i)
    assert await bench.read("STATUS") == ENABLED | BUSY
    await bench.done()
    assert int(dut.enable_o.value) == RELEASED
    assert await bench.read("CRC", 4) == bench.crc()
    # Without ENABLE beside it, CRC_START disables: the byte says what it says.
    await bench.control(CRC_START)
    assert int(dut.enable_o.value) == 0
    assert bench.size - 2 <= await bench.done() <= bench.size


@cocotb.test()
async def a_second_start_begins_anew(dut):
    bench = await loaded(dut)
    for wait in (0, 1, 100, bench.size - 1, bench.size, bench.size + 50):
        await bench.control(CRC_START)
        await bench.clocks(wait)
        await bench.control(CRC_START)
        assert await bench.read("STATUS") == BUSY, f"started again after {wait} clocks"
        assert await bench.done() >= bench.size - 3
        assert await bench.read("CRC", 4) == bench.crc(), f"started again after {wait} clocks"


@cocotb.test()
async def reads_during_a_crc_delay_it_and_no_more(dut):
    """Whatever the bus reads is right, and the CRC too, a clock later for each byte."""
    bench = await loaded(dut)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    await bench.control(CRC_START)
    for _ in range(400):
        place = generator.randrange(bench.size)
        assert await bench.read("WEIGHT", offset=place) == bench.weights[place]
        assert await bench.read("KEEP", offset=place % 18) == 0xFF
        await bench.clocks(generator.randrange(3))
    assert await bench.read("STATUS") == BUSY
    await bench.done()
    assert await bench.read("CRC", 4) == bench.crc()


@cocotb.test()
async def a_weight_write_ends_a_crc_and_other_writes_do_not(dut):
    bench = await loaded(dut)
    for wait in (0, 1, 700, bench.size - 1, bench.size + 1):
        await bench.control(CRC_START)
        await bench.clocks(wait)
        await bench.write("WEIGHT", b"\x5a", wait % bench.size)
        for _ in range(3):
            assert await bench.read("STATUS") == 0
            await bench.clocks(bench.size)
    await bench.control(CRC_START)
    await bench.write("KEEP", b"\x12\x34")
    await bench.write("EXPECTED_CRC", b"\x01\x02\x03\x04")
    await bench.control(ENABLE)
    assert await bench.read("STATUS") == BUSY | ENABLED
    await bench.done()
    assert await bench.read("CRC", 4) == bench.crc()


@cocotb.test()
async def enable_can_demand_a_matching_crc(dut):
    bench = await loaded(dut)
    demand = ENABLE | CRC_REQUIRED

    async def enabled_by(value: int) -> bool:
        await bench.control(value)
        held = await bench.read("CONTROL")
        assert held & CRC_REQUIRED == value & CRC_REQUIRED
        assert int(dut.enable_o.value) == (RELEASED if held & ENABLE else 0)
        return bool(held & ENABLE)

    assert not await enabled_by(demand), "no CRC was computed"
    await bench.control(CRC_REQUIRED | CRC_START)
    assert not await enabled_by(demand), "the CRC is still running"
    await bench.done()
    assert not await enabled_by(demand), "nothing was expected"
    for bit in (0, 17, 31):
        await bench.write("EXPECTED_CRC", (bench.crc() ^ 1 << bit).to_bytes(4, "little"))
        assert await bench.read("STATUS") == DONE
        assert not await enabled_by(demand), f"bit {bit} differs"
    await bench.write("EXPECTED_CRC", bench.crc().to_bytes(4, "little"))
    assert await bench.read("EXPECTED_CRC", 4) == bench.crc()
    assert await bench.read("STATUS") == DONE | MATCH
    assert await enabled_by(demand)
    # A check of an enabled chip does not disable it, and a weight write does.
    assert await enabled_by(demand | CRC_START)
    await bench.done()
    await bench.write("WEIGHT", b"\x00")
    assert await bench.read("STATUS") == 0
    assert not await enabled_by(demand)
    assert await enabled_by(ENABLE), "nothing was demanded"


@cocotb.test()
async def every_keep_bit_goes_both_ways(dut):
    """Byte by byte to zeros and back to ones; an upset of each byte is told and gone."""
    bench = TB(dut)
    await bench.reset()
    size = len(dut.keep_o) // 8
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    mask = bytearray(b"\xff" * size)
    for value in (0x00, 0xFF):
        for place in generator.sample(range(size), size):
            mask[place] = value
            await bench.write("KEEP", bytes([value]), place)
            assert int(dut.keep_o.value) == int.from_bytes(mask, "little"), f"byte {place}"
        assert await bench.read("KEEP", size) == int.from_bytes(mask, "little")
    for place in range(size):
        copy = getattr(dut.g_keep[place].u_keep, f"u_copy_{generator.choice('abc')}").state_q
        held = int(copy.value)
        copy.value = held ^ 1 << generator.randrange(8)
        await FallingEdge(dut.clk_i)
        assert int(dut.tmr_error_o.value) == 1, f"byte {place}"
        assert int(copy.value) == held, f"byte {place}"
        await FallingEdge(dut.clk_i)
    assert await bench.read("TMR_ERRORS") == size


@cocotb.test()
async def every_source_is_counted_told_and_cleared(dut):
    bench = TB(dut)
    await bench.reset()
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    copies = [getattr(dut.u_state, f"u_copy_{copy}").state_q for copy in "abc"]
    expected, sources = 0, 0
    for turn in range(30):
        bit = generator.randrange(len(SOURCES) + 1)
        if bit == len(SOURCES):
            signal = generator.choice(copies)
            signal.value = int(signal.value) ^ 1 << generator.randrange(len(signal))
            source = "REGISTERS"
        else:
            dut.errors_i.value, source = 1 << bit, SOURCES[bit]
        await FallingEdge(dut.clk_i)
        dut.errors_i.value = 0
        assert int(dut.tmr_error_o.value) == 1, source
        await FallingEdge(dut.clk_i)
        assert int(dut.tmr_error_o.value) == 0, source
        expected, sources = expected + 1, sources | BITS_OF_SOURCES[source]
        assert await bench.read("TMR_ERRORS") == expected
        assert await bench.read("TMR_SOURCES") == sources
        if turn % 7 == 6:
            await bench.control(CLEAR_ERRORS)
            assert await bench.read("TMR_ERRORS") == await bench.read("TMR_SOURCES") == 0
            expected = sources = 0
    await bench.control(CLEAR_ERRORS)
    assert await bench.read("CONTROL") == 0, "CLEAR_ERRORS is no state"
    dut.errors_i.value = 0b1000
    await bench.clocks(300)
    assert await bench.read("TMR_ERRORS") == 255
    # An upset that is seen in the clock of a clear is not lost.
    await bench.control(CLEAR_ERRORS)
    dut.errors_i.value = 0
    assert await bench.read("TMR_SOURCES") == BITS_OF_SOURCES["DATA_PATH"]
    assert await bench.read("TMR_ERRORS") > 0


@cocotb.test()
async def one_copy_of_the_bus_changes_nothing(dut):
    """Write strobe, address, data or read strobe of one copy are wrong for a clock."""
    bench = await loaded(dut)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    places = [bench.address(name) for name in ("KEEP", "CONTROL", "EXPECTED_CRC", "WEIGHT")]

    async def contents() -> list[int]:
        names = {"KEEP": 18, "CONTROL": 1, "STATUS": 1, "EXPECTED_CRC": 4}
        return [await bench.read(name, size) for name, size in names.items()]

    before = await contents()
    for copy in range(COPIES):
        for place in places:
            dut.address_i.value = triple(place, 16)
            dut.write_data_i.value = generator.getrandbits(24)
            dut.write_i.value = dut.read_i.value = 1 << copy
            await FallingEdge(dut.clk_i)
            dut.write_i.value = dut.read_i.value = 0
            await bench.clocks(2)
            assert await contents() == before
