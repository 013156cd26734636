"""A weight bank alone, of any kind: byte writes, reads, and an upset in every flip-flop."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly, RisingEdge, Timer

from verification.copies import RELEASED, RESET, triple

CLOCK_NS = 25


class TB:
    """Clock, reset and a model of the image."""

    def __init__(self, dut):
        self.dut = dut
        self.bits = int(dut.BITS.value)
        self.bytes = -(-self.bits // 8)
        self.image = 0
        dut.write_i.value = 0
        dut.write_byte_i.value = 0
        dut.write_data_i.value = 0
        dut.read_byte_i.value = 0
        Clock(dut.clk_i, CLOCK_NS, "ns", impl="gpi").start()

    async def reset(self) -> None:
        self.dut.rst_ni.value = RESET
        await Timer(4 * CLOCK_NS, "ns")
        self.dut.rst_ni.value = RELEASED
        for _ in range(2):  # at the first edge after reset nothing is written
            await FallingEdge(self.dut.clk_i)

    async def write(self, index: int, value: int) -> None:
        """Write one byte; the model drops the spare bits of the last one."""
        dut = self.dut
        self.drive(index, value)
        await FallingEdge(dut.clk_i)
        dut.write_i.value = 0
        self.image &= ~(0xFF << 8 * index)
        self.image |= value << 8 * index
        self.image &= (1 << self.bits) - 1

    def drive(self, index: int, value: int) -> None:
        """A write on the ports, all copies alike."""
        self.dut.write_i.value = triple(1, 1)
        self.dut.write_byte_i.value = triple(index, 15)
        self.dut.write_data_i.value = triple(value, 8)

    async def fill(self, generator: random.Random) -> None:
        for index in range(self.bytes):
            await self.write(index, generator.randrange(256))

    async def check(self) -> None:
        await ReadOnly()
        assert int(self.dut.image_o.value) == self.image
        await FallingEdge(self.dut.clk_i)

    def copies(self) -> list:
        words = [self.dut.g_word[index].u_word for index in range(len(self.dut.g_word))]
        return [[scope.state_q for scope in copies_of(word)] for word in words]


def copies_of(word) -> list:
    """The three copies of a word: modules of their own, or scopes."""
    prefix = "g_copy_" if hasattr(word, "g_copy_a") else "u_copy_"
    return [getattr(word, prefix + copy) for copy in "abc"]


async def ready(dut) -> TB:
    bench = TB(dut)
    await bench.reset()
    return bench


@cocotb.test()
async def bytes_are_written_alone(dut):
    bench = await ready(dut)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    await bench.check()
    await bench.fill(generator)
    for _ in range(100):
        await bench.write(generator.randrange(bench.bytes), generator.randrange(256))
        await bench.check()
    for index in range(bench.bytes):
        dut.read_byte_i.value = index
        await FallingEdge(dut.clk_i)
        assert int(dut.read_data_o.value) == bench.image >> 8 * index & 0xFF
    # Beyond the image nothing is written, wherever the address wraps.
    bench.drive(0x7FFF, 0xFF)
    await FallingEdge(dut.clk_i)
    dut.write_i.value = 0
    await bench.check()


@cocotb.test()
async def every_flip_flop_corrects_itself(dut):
    """Each bit of each copy is hit once: seen, outvoted, and corrected at the next clock."""
    bench = await ready(dut)
    await bench.fill(random.Random(cocotb.RANDOM_SEED))  # noqa: S311
    hits = 0
    for copies in bench.copies():
        for signal in copies:
            good = int(signal.value)
            for bit in range(len(signal)):
                signal.value = good ^ 1 << bit
                await Timer(1, "ns")
                assert int(signal.value) == good ^ 1 << bit, "the upset did not take"
                assert int(dut.error_o.value) == 1
                assert int(dut.image_o.value) == bench.image, "an upset reached the image"
                await RisingEdge(dut.clk_i)
                await FallingEdge(dut.clk_i)
                assert int(signal.value) == good, "the upset was not corrected"
                assert int(dut.error_o.value) == 0
                hits += 1
    assert hits == 3 * bench.bits


@cocotb.test()
async def upsets_in_different_bits_are_outvoted(dut):
    """All three copies of a word are hit at once, in different bits."""
    bench = await ready(dut)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    await bench.fill(generator)
    for copies in bench.copies():
        good = int(copies[0].value)
        for signal, bit in zip(copies, generator.sample(range(len(copies[0])), 3), strict=True):
            signal.value = good ^ 1 << bit
        await Timer(1, "ns")
        assert int(dut.image_o.value) == bench.image
        await FallingEdge(dut.clk_i)
        assert [int(signal.value) for signal in copies] == [good] * 3


@cocotb.test()
async def two_upsets_of_one_bit_win(dut):
    """The limit of triplication, so that the tests above are known to be able to fail."""
    bench = await ready(dut)
    await bench.fill(random.Random(cocotb.RANDOM_SEED))  # noqa: S311
    first = bench.copies()[0]
    good = int(first[0].value)
    for signal in first[:2]:
        signal.value = good ^ 1
    await FallingEdge(dut.clk_i)
    assert int(dut.image_o.value) == bench.image ^ 1


@cocotb.test()
async def a_write_beats_an_upset(dut):
    bench = await ready(dut)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    await bench.fill(generator)
    for copies in bench.copies():
        signal = generator.choice(copies)
        signal.value = int(signal.value) ^ 1
        await bench.write(0, generator.randrange(256))
        await bench.check()


@cocotb.test()
async def a_write_of_one_copy_changes_nothing(dut):
    """Strobe, place or data of one copy are wrong for a clock: outvoted, seen, and corrected."""
    bench = await ready(dut)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    await bench.fill(generator)
    for copy in (0, 1, 2):
        for port, value in ((dut.write_i, 1 << copy), (dut.write_byte_i, 5 << 15 * copy)):
            dut.write_data_i.value = generator.getrandbits(24)
            port.value = value
            await FallingEdge(dut.clk_i)
            assert int(dut.image_o.value) == bench.image, "one copy was believed"
            dut.write_i.value = dut.write_byte_i.value = 0
            await FallingEdge(dut.clk_i)
            assert int(dut.error_o.value) == 0
