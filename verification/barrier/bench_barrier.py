"""The barrier alone: which words it holds, and at which edge of the clock."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

CLOCK_NS = 20
STEP_NS = 1


class TB:
    """The clock, and words drawn at random."""

    def __init__(self, dut):
        self.dut = dut
        self.width, self.count = int(dut.WIDTH.value), int(dut.COUNT.value)
        self.live = int(dut.LIVE.value)
        assert 0 < self.live < (1 << self.count) - 1, "there are words of both kinds"
        ones = (1 << self.width) - 1
        self.mask = sum(ones << k * self.width for k in range(self.count) if self.live >> k & 1)
        self.generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
        Clock(dut.clk_i, CLOCK_NS, "ns", impl="gpi").start()

    def draw(self) -> int:
        """New words on the input."""
        value = self.generator.getrandbits(self.width * self.count)
        self.dut.data_i.value = value
        return value

    def held(self) -> int:
        return self.dut.data_o.value.to_unsigned() & self.mask

    def passed(self) -> int:
        return self.dut.data_o.value.to_unsigned() & ~self.mask


@cocotb.test()
async def live_words_move_at_the_falling_edge_alone(dut):
    """What stands at the input then is held until the next one, whatever comes meanwhile."""
    bench = TB(dut)
    taken = None
    for _ in range(200):
        await RisingEdge(dut.clk_i)
        await Timer(STEP_NS, "ns")
        last = bench.draw()
        await Timer(STEP_NS, "ns")
        if taken is not None:
            assert bench.held() == taken, "a live word moved before the falling edge"
        await FallingEdge(dut.clk_i)
        taken = last & bench.mask
        await Timer(STEP_NS, "ns")
        assert bench.held() == taken, "a live word was not taken"
        bench.draw()
        await Timer(STEP_NS, "ns")
        assert bench.held() == taken, "a live word moved behind the falling edge"


@cocotb.test()
async def other_words_pass(dut):
    """They are there at once, in either half of the period."""
    bench = TB(dut)
    for edge in (RisingEdge, FallingEdge) * 50:
        await edge(dut.clk_i)
        await Timer(STEP_NS, "ns")
        value = bench.draw()
        await Timer(STEP_NS, "ns")
        assert bench.passed() == value & ~bench.mask
