"""The I2C target alone, against a small register model on its byte bus.

Mapped: 0x0100..0x010F read-write, 0x0110..0x0113 read-only, 0x0200..0x0203 read-write; the bytes
around them are canaries that nothing may ever change.
"""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer, ValueChange

from verification.copies import RELEASED, RESET, agreed, triple
from verification.i2c import ACK, NACK, Host, SclMeter, WireMonitor

CLOCK_NS = 25
DEVICE = 0x20
FREQUENCIES = (100e3, 400e3, 1e6, 2e6, 3.4e6)
IDLE_CLOCKS = 48
"""After reset, until the target believes that the bus is idle."""
READ_WRITE = (*range(0x0100, 0x0110), *range(0x0200, 0x0204))
READ_ONLY = tuple(range(0x0110, 0x0114))


class TB:
    """Clock, reset, host, wire monitor and the registers behind the byte bus."""

    def __init__(self, dut, frequency: float = 1e6):
        self.dut = dut
        self.memory = {address: address * 7 & 0xFF for address in READ_WRITE + READ_ONLY}
        self.writes: list[tuple[int, int]] = []
        dut.rst_ni.value = RESET
        dut.scl_i.value = 1
        dut.sda_i.value = 1
        self._answer(0)
        Clock(dut.clk_i, CLOCK_NS, "ns", impl="gpi").start()
        self.host = Host(dut, DEVICE, frequency)
        self.monitor = WireMonitor(dut, DEVICE)
        self.monitor.start()
        cocotb.start_soon(self._bus())
        cocotb.start_soon(self._collect())

    async def reset(self) -> None:
        self.dut.rst_ni.value = RESET
        await Timer(4 * CLOCK_NS, "ns")
        self.dut.rst_ni.value = RELEASED
        await Timer(IDLE_CLOCKS * CLOCK_NS, "ns")

    def _answer(self, address: int) -> None:
        self.dut.readable_i.value = triple(int(address in self.memory), 1)
        self.dut.writable_i.value = triple(int(address in READ_WRITE), 1)
        self.dut.read_data_i.value = triple(self.memory.get(address, 0xA5), 8)

    async def _bus(self) -> None:
        while True:
            await ValueChange(self.dut.address_o)
            await Timer(1, "ns")  # all copies of it have changed
            self._answer(agreed(self.dut.address_o))

    async def _collect(self) -> None:
        while True:
            await RisingEdge(self.dut.clk_i)
            if agreed(self.dut.write_o):
                address = agreed(self.dut.address_o)
                data = agreed(self.dut.write_data_o)
                self.writes.append((address, data))
                self.memory[address] = data

    async def healthy(self) -> None:
        """The target still answers: a write and a read in good order."""
        before = len(self.writes)
        await self.host.write(0x0200, b"\x5a\xc3")
        assert self.writes[before:] == [(0x0200, 0x5A), (0x0201, 0xC3)]
        assert await self.host.read(0x0200, 2) == b"\x5a\xc3"


async def ready(dut, frequency: float = 1e6) -> TB:
    bench = TB(dut, frequency)
    await bench.reset()
    return bench


@cocotb.test()
async def writes_and_reads_increment(dut):
    bench = await ready(dut)
    data = bytes(range(0x30, 0x40))
    await bench.host.write(0x0100, data)
    assert bench.writes == list(zip(range(0x0100, 0x0110), data, strict=True))
    # A read runs on from the read-write bytes into the read-only ones behind them.
    assert await bench.host.read(0x0108, 12) == data[8:] + bytes(
        address * 7 & 0xFF for address in READ_ONLY
    )


@cocotb.test()
async def every_scl_frequency(dut):
    bench = await ready(dut)
    for frequency in FREQUENCIES:
        bench.host.set_frequency(frequency)
        meter = SclMeter(dut)
        task = cocotb.start_soon(meter.run())
        await bench.healthy()
        task.cancel()
        assert abs(meter.frequency_hz() / frequency - 1) < 0.01, meter.frequency_hz()


@cocotb.test()
async def other_devices_are_ignored(dut):
    bench = await ready(dut)
    for device in (0x00, 0x10, 0x21, 0x60, 0x7F):
        for read in (False, True):
            assert await bench.host.start(read, device) == NACK
            assert await bench.host.send(b"\x01\x00\x55") == [NACK] * 3
            await bench.host.stop()
    assert not bench.writes
    assert bench.monitor.driven == 0
    await bench.healthy()


@cocotb.test()
async def unmapped_addresses_are_refused(dut):
    bench = await ready(dut)
    for address in (0x0000, 0x00FF, 0x0114, 0x01FF, 0x0204, 0xFFFF):
        acknowledges = await bench.host.try_write(address, b"\x11\x22")
        assert acknowledges == [ACK, ACK, NACK, NACK, NACK], hex(address)
    # The pointer stands on an unmapped byte now: a read is refused at the device address.
    assert await bench.host.start(read=True) == NACK
    await bench.host.stop()
    assert not bench.writes
    await bench.healthy()


@cocotb.test()
async def read_only_bytes_are_refused(dut):
    bench = await ready(dut)
    acknowledges = await bench.host.try_write(0x0110, b"\x11\x22")
    assert acknowledges == [ACK, ACK, ACK, NACK, NACK]
    # A burst is taken up to the last writable byte and not beyond.
    acknowledges = await bench.host.try_write(0x010E, b"\x01\x02\x03\x04")
    assert acknowledges == [ACK] * 5 + [NACK] * 2
    assert bench.writes == [(0x010E, 1), (0x010F, 2)]
    await bench.healthy()


@cocotb.test()
async def reading_past_the_end_gives_ones(dut):
    bench = await ready(dut)
    data = await bench.host.read(0x0112, 5)
    assert data == bytes([0x0112 * 7 & 0xFF, 0x0113 * 7 & 0xFF, 0xFF, 0xFF, 0xFF])
    await bench.healthy()


@cocotb.test()
async def reads_continue_where_the_last_ended(dut):
    bench = await ready(dut)
    first = await bench.host.read(0x0100, 3)
    assert await bench.host.start(read=True) == ACK
    rest = await bench.host.receive(2)
    await bench.host.stop()
    assert first + rest == bytes(address * 7 & 0xFF for address in range(0x0100, 0x0105))


@cocotb.test()
async def stop_in_mid_byte_writes_nothing(dut):
    bench = await ready(dut)
    for bits in range(8):
        await bench.host.point_to(0x0100)
        for _ in range(bits):
            await bench.host.wire.send_bit(0)
        await bench.host.stop()
    assert not bench.writes
    await bench.healthy()


@cocotb.test()
async def repeated_start_in_mid_byte(dut):
    bench = await ready(dut)
    for bits in range(8):
        await bench.host.point_to(0x0100)
        for _ in range(bits):
            await bench.host.wire.send_bit(0)
        assert await bench.host.read(0x0101, 1) == bytes([0x0101 * 7 & 0xFF])
    assert not bench.writes


@cocotb.test()
async def nack_on_the_last_byte_frees_the_bus(dut):
    bench = await ready(dut)
    bench.memory[0x0102] = 0x00
    await bench.host.point_to(0x0101)
    assert await bench.host.start(read=True) == ACK
    await bench.host.receive(1)
    # After NACK the target must let go, although the next byte would begin with a zero.
    driven = bench.monitor.driven
    for _ in range(9):
        assert await bench.host.wire.recv_bit()
    assert bench.monitor.driven == driven
    await bench.host.stop()
    await bench.healthy()


@cocotb.test()
async def nine_clocks_recover_a_hung_bus(dut):
    bench = await ready(dut)
    for address in (0x0100, 0x0101):
        bench.memory[address] = 0x00
    for lost in range(8):
        await bench.host.point_to(0x0100)
        assert await bench.host.start(read=True) == ACK
        for _ in range(lost):
            await bench.host.wire.recv_bit()
        # The host forgets everything: SDA is held by the target until nine clocks have passed.
        assert not bench.host.sda.value
        for _ in range(9):
            if await bench.host.wire.recv_bit():
                break
        assert bench.host.sda.value, "nine clocks did not free SDA"
        await bench.host.wire.send_start()
        await bench.host.stop()
        await bench.healthy()


@cocotb.test()
async def stuck_scl_is_survived(dut):
    bench = await ready(dut)
    await bench.host.point_to(0x0100)
    bench.host.scl.hold_low(True)
    await Timer(200, "us")
    bench.host.scl.hold_low(False)
    assert await bench.host.send(b"\x77") == [ACK]
    await bench.host.stop()
    assert bench.writes == [(0x0100, 0x77)]
    await bench.healthy()


async def spikes(bench: TB, generator: random.Random) -> None:
    """Invert a wire for at most 50 ns, again and again, at moments unrelated to the clock."""
    wires = (bench.host.scl, bench.dut.scl_i), (bench.host.sda, bench.dut.sda_i)
    while True:
        await Timer(generator.randrange(190_000, 400_000), "ps")
        line, wire = generator.choice(wires)
        wire.value = 1 - line.value
        await Timer(generator.randrange(5_000, 50_000), "ps")
        line.resolve()


@cocotb.test()
async def spikes_of_50_ns_are_filtered(dut):
    bench = await ready(dut, 400e3)
    bench.monitor.enabled = False  # it sees the raw wire, spikes included
    generator = random.Random(20)  # noqa: S311
    # On an idle bus first: nothing may look like START.
    noise = cocotb.start_soon(spikes(bench, generator))
    await Timer(100, "us")
    assert bench.monitor.driven == 0
    noise.cancel()
    bench.host.scl.resolve()
    bench.host.sda.resolve()
    # In the middle of writes: only the target's input sees the spikes.
    noise = cocotb.start_soon(spikes(bench, generator))
    await bench.host.try_write(0x0100, bytes(range(16)))
    noise.cancel()
    bench.host.scl.resolve()
    bench.host.sda.resolve()
    await Timer(2, "us")
    assert bench.writes == [(0x0100 + index, index) for index in range(16)]
    await bench.healthy()


@cocotb.test()
async def random_transfers(dut):
    bench = await ready(dut, 2e6)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    mapped = (*READ_WRITE, *READ_ONLY)
    for _ in range(150):
        address = generator.choice(mapped) + generator.choice((0, 0, 0, -1, 1))
        if generator.random() < 0.5:
            data = generator.randbytes(generator.randrange(1, 6))
            expected = dict(bench.memory)
            taken = address in bench.memory
            for index, byte in enumerate(data):
                taken = taken and address + index in READ_WRITE
                if taken:
                    expected[address + index] = byte
            await bench.host.try_write(address, data)
            await Timer(10 * CLOCK_NS, "ns")
            assert bench.memory == expected, hex(address)
        elif address in bench.memory:
            count = generator.randrange(1, 6)
            data = await bench.host.read(address, count)
            wanted = bytes(bench.memory.get(address + index, 0xFF) for index in range(count))
            assert data == wanted, hex(address)
    assert set(bench.memory) == set(mapped)
