"""Single upsets in the chip's triplicated flip-flops while it computes.

Needs a build in which the state of ``tmr_copy`` is visible.
"""

import random

import cocotb
from cocotb.triggers import FallingEdge

from verification.top.testbench import TB

UPSETS = 300


def weight_copies(bench) -> list:
    """The state of all copies of the weight bank."""
    places = [place for copies in bench.case.bank_copies for place in copies]
    return [signal_at(bench.dut, place) for place in places]


def signal_at(dut, place: str):
    """The signal of a place such as ``u_bank.g_word[3].u_word.state_q``."""
    found = dut
    for part in place.split("."):
        name, _, index = part.removesuffix("]").partition("[")
        found = getattr(found, name)
        found = found[int(index)] if index else found
    return found


def flip(signal, generator: random.Random) -> None:
    width = len(signal)
    signal.value = int(signal.value) ^ 1 << generator.randrange(width)


@cocotb.test()
async def weight_upsets_change_no_result(dut):
    """One bit of one copy of the weights flips, again and again, amid a stream."""
    bench = TB(dut, monitor_tmr=False)
    await bench.reset()
    weights = bench.case.sets[0]
    await bench.load(weights)
    assert await bench.read("TMR_ERRORS") == 0
    copies = weight_copies(bench)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    count = min(len(weights.words), 2 * UPSETS + 20)
    streaming = cocotb.start_soon(bench.stream(weights.words[:count]))
    reported = 0
    for _ in range(UPSETS):
        await FallingEdge(dut.clk_i)
        flip(generator.choice(copies), generator)
        await bench.edge
        reported += int(dut.tmr_error_o.value)
        await FallingEdge(dut.clk_i)
        assert not int(dut.tmr_error_o.value), "the upset outlived the next clock"
    capture = await streaming
    comparison = bench.compare(weights, capture, count)
    assert not comparison.mismatches, comparison.first
    assert reported == UPSETS
    # The counter stops at 255, and the image is as it was loaded.
    assert await bench.read("TMR_ERRORS") == min(UPSETS, 255)
    assert await bench.read_image() == weights.image


@cocotb.test()
async def the_counter_counts_each_upset(dut):
    bench = TB(dut, monitor_tmr=False)
    await bench.reset()
    copies = weight_copies(bench)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    for expected in range(1, 11):
        await FallingEdge(dut.clk_i)
        flip(generator.choice(copies), generator)
        await FallingEdge(dut.clk_i)
        assert await bench.read("TMR_ERRORS") == expected
