"""A chip with a barrier: what the layer behind it sees, and when."""

import random

import cocotb
from cocotb.triggers import FallingEdge, NextTimeStep, ReadOnly, RisingEdge

from verification.top.testbench import TB

CLOCKS = 300


@cocotb.test()
async def operands_move_once_for_a_valid_event_and_else_stand_still(dut):
    """They move at falling edges alone, and only where the rising edge before took an event."""
    bench = TB(dut)
    await bench.reset()
    weights = bench.case.sets[0]
    await bench.load(weights)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    await RisingEdge(dut.clk_i)
    await FallingEdge(dut.clk_i)
    before, moved, still = None, 0, 0
    for _ in range(CLOCKS):
        valid = generator.random() < 0.5
        # Charges change in every clock, also where nothing is valid.
        dut.valid_i.value, dut.calq_i.value = int(valid), generator.choice(weights.words)
        await RisingEdge(dut.clk_i)
        await ReadOnly()
        assert before is None or operands(dut) == before, "operands moved at the rising edge"
        await FallingEdge(dut.clk_i)
        await ReadOnly()
        if before is not None and not valid:
            still += 1
            assert operands(dut) == before, "operands moved although nothing was valid"
        elif before is not None:
            moved += operands(dut) != before
        before = operands(dut)
        await NextTimeStep()
    assert moved > CLOCKS / 8 and still > CLOCKS / 8


def operands(dut) -> int:
    """What the layer behind the barrier sees."""
    return dut.u_barrier.data_o.value.to_unsigned()
