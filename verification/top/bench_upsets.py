"""Single upsets in the chip's triplicated flip-flops while it computes.

Needs a build in which the state of ``tmr_copy`` is visible.
"""

import json
import random

import cocotb
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge, Timer, with_timeout

from verification.top.testbench import TB

UPSETS = 300
REFRESHED = 30
"""Upsets where each waits for a refresh to come by."""
SOURCES = {
    "RESET": ("u_reset_control.u_first", "u_reset_control.u_second"),
    "I2C": ("u_i2c_target.u_sync", "u_i2c_target.u_state"),
    "REGISTERS": (
        *("u_register_file.u_state", "u_register_file.u_report"),
        "u_register_file.g_keep[1].u_keep",
    ),
    "DATA_PATH": ("u_rank1.u_valid", "u_rank1.u_data", "u_rank2.u_valid", "u_rank2.u_data"),
}
"""Registers that each bit of TMR_SOURCES stands for; those of the weight bank are in the case."""
PHASES = ("u_phase_chain.u_crossing", "u_phase_chain.u_state")
"""Of a chip that computes in phases: told as its data path is."""
BEHIND_AN_EDGE_NS = 3
"""So that an upset is at no edge of a faster clock."""


def weight_copies(bench) -> list:
    """The state of all copies of the weight bank."""
    places = [place for copies in bench.case.bank_copies for place in copies]
    return [signal_at(bench.dut, place) for place in places]


def refresh_clocks(bench) -> int:
    """Within which an upset of a weight is corrected and told; one unless the case says more."""
    case = json.loads((bench.case.folder / "case.json").read_text(encoding="utf-8"))
    return case.get("refresh_clocks", 1)


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
    """One bit of one copy of the weights flips, again and again, amid a stream and after it.

    It is told once, a clock later or when the refresh comes by.
    """
    bench = TB(dut, monitor_tmr=False)
    await bench.reset()
    weights = bench.case.sets[0]
    await bench.load(weights)
    assert await bench.read("TMR_ERRORS") == 0
    copies = weight_copies(bench)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    refresh = refresh_clocks(bench)
    upsets = UPSETS if refresh == 1 else REFRESHED
    count = min(len(weights.words), 2 * UPSETS + 20)
    streaming = cocotb.start_soon(bench.stream(weights.words[:count]))
    reported = 0
    for _ in range(upsets):
        await FallingEdge(dut.clk_i)
        hit = generator.choice(copies)
        good = int(hit.value)
        flip(hit, generator)
        told = RisingEdge(dut.tmr_error_o)
        await with_timeout(told, refresh * bench.case.clock_ns, "ns")
        await FallingEdge(dut.clk_i)  # the upset was corrected, and its report registered
        reported += int(dut.tmr_error_o.value)
        assert int(hit.value) == good, "the upset was not corrected"
        await FallingEdge(dut.clk_i)
        assert not int(dut.tmr_error_o.value), "the upset outlived the next clock"
    capture = await streaming
    comparison = bench.compare(weights, capture, count)
    assert not comparison.mismatches, comparison.first
    assert reported == upsets
    # The counter stops at 255, and the image is as it was loaded.
    assert await bench.read("TMR_ERRORS") == min(upsets, 255)
    assert await bench.read_image() == weights.image


@cocotb.test()
async def each_upset_is_counted_and_its_block_told(dut):
    """Of every block of the chip, while a host talks to it; read through I2C, and cleared."""
    bench = TB(dut, monitor_tmr=False)
    await bench.reset()
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    registers = [(source, place) for source, places in SOURCES.items() for place in places]
    if hasattr(dut, "u_phase_chain"):
        registers += [("DATA_PATH", place) for place in PHASES]
    bank = weight_copies(bench)
    targets = [
        (s, [signal_at(dut, f"{p}.u_copy_{c}.state_q") for c in "abc"]) for s, p in registers
    ]
    targets += [("WEIGHTS", generator.sample(bank, 3)) for _ in range(3)]
    generator.shuffle(targets)
    expected, told, refresh = 0, 0, refresh_clocks(bench)
    for source, copies in targets:
        for signal in copies:
            reading = cocotb.start_soon(bench.read("IDENTITY"))
            await Timer(generator.randrange(20_000), "ns")
            await generator.choice((RisingEdge, FallingEdge))(dut.clk_i)
            await Timer(BEHIND_AN_EDGE_NS, "ns")
            flip(signal, generator)
            assert (await reading).to_bytes(4, "little") == b"ASAE", source
            if source == "WEIGHTS" and refresh > 1:
                await ClockCycles(dut.clk_i, refresh)
            expected += 1
        told |= bench.case.mask("TMR_SOURCES", source)
        assert await bench.read("TMR_SOURCES") == told, source
        assert await bench.read("TMR_ERRORS") == expected, source
        if generator.random() < 0.3:
            await bench.write("CONTROL", bench.case.mask("CONTROL", "CLEAR_ERRORS"))
            expected, told = 0, 0
    await bench.write("CONTROL", bench.case.mask("CONTROL", "CLEAR_ERRORS"))
    assert await bench.read("TMR_ERRORS") == await bench.read("TMR_SOURCES") == 0
