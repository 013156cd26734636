"""The I2C target alone: how the lines may move, and what it believes when it does not know.

Of the registers behind it there is one byte in each address; what is written is collected.
"""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer, ValueChange

from verification.copies import RELEASED, RESET, agreed, triple
from verification.i2c_wire import CONDITION_NS, Timing, WireHost, pause

CLOCK_NS = 25
DEVICE, OTHER = 0x20, 0x50
ADDRESS = 0x0105
FASTEST_HZ = 3.4e6
IDLE_NS = 32 * CLOCK_NS
"""Both lines have to be high so long before a bus of which nothing is known is an idle one."""
FILTER_NS = 8 * CLOCK_NS
"""More than what lies between the pins and the filtered lines."""


class TB:
    """Clock, reset, host, and a byte of 0x5A in every register."""

    def __init__(self, dut, timing: Timing):
        self.dut = dut
        self.writes: list[tuple[int, int]] = []
        self.driven = 0
        dut.scl_i.value = dut.sda_i.value = 1
        dut.readable_i.value = dut.writable_i.value = triple(1, 1)
        dut.read_data_i.value = triple(0x5A, 8)
        dut.rst_ni.value = RESET
        Clock(dut.clk_i, CLOCK_NS, "ns", impl="gpi").start()
        self.host = WireHost(dut, DEVICE, timing)
        cocotb.start_soon(self._collect())
        cocotb.start_soon(self._watch())

    async def reset(self, idle_ns: float = IDLE_NS + FILTER_NS) -> None:
        self.dut.rst_ni.value = RESET
        await Timer(4 * CLOCK_NS, "ns")
        self.dut.rst_ni.value = RELEASED
        await pause(idle_ns)

    async def _collect(self) -> None:
        while True:
            await ValueChange(self.dut.write_o)
            await Timer(1, "ns")
            if agreed(self.dut.write_o):
                self.writes.append((agreed(self.dut.address_o), agreed(self.dut.write_data_o)))

    async def _watch(self) -> None:
        while True:
            await RisingEdge(self.dut.sda_oe_o)
            self.driven += 1


async def ready(dut, timing: Timing) -> TB:
    bench = TB(dut, timing)
    await bench.reset()
    return bench


async def transfers_work(bench: TB, generator: random.Random, count: int) -> None:
    """So many writes and reads at any phase of the clock, all in good order."""
    for _ in range(count):
        await pause(600 + generator.randrange(25_000) / 1000)
        data = generator.randbytes(2)
        before = len(bench.writes)
        assert all(await bench.host.write(ADDRESS, data)), bench.host.timing
        await pause(FILTER_NS)
        found = bench.writes[before:]
        assert found == [(ADDRESS, data[0]), (ADDRESS + 1, data[1])], bench.host.timing
        assert await bench.host.read(ADDRESS, 2) == b"\x5a\x5a", bench.host.timing


@cocotb.test()
async def sda_may_move_100_ns_before_scl_falls(dut):
    """A host without hold time, SCL up to 100 ns late: no bit looks like START or STOP."""
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    bench = await ready(dut, Timing.half_duty(400e3))
    for hertz, skews in ((400e3, (0, 2, 100)), (1e6, (10, 25, 50, 75, 99.9, 100))):
        for skew in skews:
            bench.host.timing = Timing.half_duty(hertz, skew=skew)
            await transfers_work(bench, generator, 3)


@cocotb.test()
async def the_fastest_clock_at_half_duty(dut):
    """Up to 3.4 MHz the target has its bit on the wire before SCL rises, at any phase."""
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    bench = await ready(dut, Timing.half_duty(FASTEST_HZ, hold=10, condition=160))
    late = []

    async def answers() -> None:
        while True:
            await FallingEdge(dut.scl_i)
            fell = cocotb.utils.get_sim_time("ps")
            driven = int(dut.sda_oe_o.value)
            await RisingEdge(dut.scl_i)
            if int(dut.sda_oe_o.value) != driven:
                late.append((moved[-1] - fell) / 1000)

    moved: list[int] = []

    async def moves() -> None:
        while True:
            await dut.sda_oe_o.value_change
            moved.append(cocotb.utils.get_sim_time("ps"))

    cocotb.start_soon(answers())
    cocotb.start_soon(moves())
    await transfers_work(bench, generator, 25)
    assert len(late) > 200
    # Five clocks behind the fall, and never in the hold time of a host with late SCL.
    assert min(late) >= 100 and max(late) <= 125, (min(late), max(late))


@cocotb.test()
async def the_shortest_high_and_condition_times(dut):
    """SCL high for three clocks and a half, START and STOP held for 150 ns, no set-up at all."""
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    bench = await ready(dut, Timing(low=150, high=80, hold=120, condition=CONDITION_NS + 0.1))
    await transfers_work(bench, generator, 25)


@cocotb.test()
async def a_late_fall_is_neither_start_nor_stop(dut):
    """SDA falls while SCL is high, and SCL falls 100 ns after: what follows addresses nobody."""
    bench = await ready(dut, Timing.half_duty(400e3))
    for phase in range(20):
        await pause(600 + 1.3 * phase)
        bench.host.sda.value = 0
        await pause(100)
        dut.scl_i.value = 0
        assert not await bench.host.send(DEVICE << 1)
        await bench.host.stop()
        await pause(600)
        assert all(await bench.host.write(ADDRESS, b"\x11"))


async def byte_for_another(host: WireHost, byte: int) -> None:
    """A byte on the wire that another device acknowledges."""
    for place in reversed(range(8)):
        await host.bit(byte >> place & 1)
    await host.bit(0)


@cocotb.test()
async def a_transfer_that_was_on_during_reset_is_left_alone(dut):
    """Reset ends anywhere in a transfer to another device whose data is our address: no part of it
    is taken for ours, and what follows it is understood."""
    bench = TB(dut, Timing.half_duty(1e6))
    host = bench.host
    for moment in range(48):
        dut.rst_ni.value = RESET
        await pause(100)
        host.sda.value = 0
        await pause(600)
        host.scl.drive(0)

        async def release(delay: float = 213.0 * moment) -> None:
            await pause(delay)
            dut.rst_ni.value = RELEASED

        cocotb.start_soon(release())
        before = bench.driven
        for byte in (OTHER << 1, DEVICE << 1, 0x01, 0x23, 0x99, DEVICE << 1 | 1, 0x00):
            await byte_for_another(host, byte)
        assert bench.driven == before and not bench.writes, f"moment {moment}"
        await host.stop()
        await pause(600)
        assert all(await host.write(ADDRESS, b"\x77")), f"moment {moment}"
        assert bench.writes == [(ADDRESS, 0x77)]
        bench.writes.clear()


@cocotb.test()
async def after_reset_an_idle_bus_is_enough(dut):
    """Without any STOP the target answers after 0.8 us of silence, and not before."""
    for idle, answers in ((IDLE_NS + FILTER_NS, True), (IDLE_NS - 100, False)):
        bench = TB(dut, Timing.half_duty(1e6))
        await bench.reset(idle)
        assert await bench.host.start() == answers
        await bench.host.stop()
        await pause(600)
        assert all(await bench.host.write(ADDRESS, b"\x01"))


@cocotb.test()
async def reset_releases_sda(dut):
    bench = await ready(dut, Timing.half_duty(1e6))
    dut.read_data_i.value = 0
    assert await bench.host.start(read=True)
    await pause(300)
    assert int(dut.sda_oe_o.value) == 1
    dut.rst_ni.value = RESET
    await pause(1)
    assert int(dut.sda_oe_o.value) == 0


def state_copies(dut) -> list:
    """Of the state of the target: SDA driven in bit 0."""
    return [getattr(dut.u_state, f"u_copy_{copy}").state_q for copy in "abc"]


@cocotb.test()
async def who_is_not_addressed_does_not_pull(dut):
    """All copies say that SDA is driven while another device is spoken to: gone a clock later."""
    bench = await ready(dut, Timing.half_duty(1e6))
    assert not await bench.host.start(OTHER)
    await FallingEdge(dut.clk_i)
    for signal in state_copies(dut):
        signal.value = int(signal.value) | 1
    await pause(1)
    assert int(dut.sda_oe_o.value) == 1
    await FallingEdge(dut.clk_i)
    assert int(dut.sda_oe_o.value) == 0
    await bench.host.stop()


@cocotb.test()
async def any_state_ends_with_the_transfer(dut):
    """Whatever all copies hold, reachable or not: nine clocks and STOP bring the target back."""
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    bench = await ready(dut, Timing.half_duty(1e6))
    copies = state_copies(dut)
    for _ in range(40):
        await bench.host.start(OTHER)
        await pause(generator.randrange(25_000) / 1000)
        await FallingEdge(dut.clk_i)
        state = generator.getrandbits(len(copies[0]))
        for signal in copies:
            signal.value = state
        for _ in range(9):
            await bench.host.bit(1)
        await bench.host.stop()
        await pause(600)
        assert int(dut.sda_oe_o.value) == 0, hex(state)
        bench.writes.clear()
        assert all(await bench.host.write(ADDRESS, b"\x3c")), hex(state)
        assert bench.writes == [(ADDRESS, 0x3C)], hex(state)
