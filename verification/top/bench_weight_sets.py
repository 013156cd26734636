"""Two weight sets: loaded beside a stream, and switched between two events of it.

Needs a build in which the state of ``tmr_copy`` is visible, two prepared sets of one stimulus, and
in ``beside.set1.csv`` what ``asicae weights pack --set 1`` writes of the second.
"""

import itertools
import random
import zlib

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge

from verification.top.bench_upsets import flip, signal_at
from verification.top.testbench import TB

SWITCHES = 8
UPSETS = 24
SETS = "u_register_file.u_sets"
TRIES = 5
"""Of a read that waits for a value."""


class Sets(TB):
    """The chip with what its two sets are to hold."""

    async def access(self, number: int) -> None:
        await self.write("ACCESS_SET", number)
        assert await self.read("ACCESS_SET") == number

    async def loaded(self, number: int, weights) -> None:
        """The accessed set reads as it was loaded, keep mask and CRC too."""
        await self.access(number)
        assert await self.read_image() == weights.image
        assert await self.host.read(self.case.address("KEEP"), len(weights.keep)) == weights.keep

    async def crc_beside(self, control: int = 0) -> int:
        """The CRC of the accessed set while results leave the chip."""
        await self.write("CONTROL", self.enable | self.crc_start | control)
        status = await self.read("STATUS")
        assert status & (self.enabled | self.crc_done) == self.enabled | self.crc_done, status
        return await self.read("CRC")

    async def load_beside(self) -> None:
        """The transfers of ``beside.set1.csv``, which load the second weights into set 1."""
        text = (self.case.folder / "beside.set1.csv").read_text(encoding="utf-8")
        for row in text.splitlines()[1:]:
            action, *_, address, data = row.split(",")
            place, wanted = int(address, 16), bytes.fromhex(data)
            if action == "write":
                await self.host.write(place, wanted)
                continue
            for _ in range(TRIES):
                found = await self.host.read(place, len(wanted))
                if found == wanted:
                    break
            assert found == wanted, row

    async def streamed(self, work) -> tuple:
        """Events as long as ``work`` takes, and which set was active at each edge."""
        working = cocotb.start_soon(work)
        copy = signal_at(self.dut, f"{SETS}.u_copy_b.state_q")
        valid, latents, sums, active = [], [], [], []
        dut = self.dut
        words = itertools.cycle(self.case.sets[0].words)
        late = self.case.latency_bx + 1
        await self.edge
        while late:
            late -= working.done()
            dut.valid_i.value = 1
            dut.calq_i.value = next(words)
            await self.edge
            valid.append(int(dut.valid_o.value))
            latents.append(dut.latent_o.value.to_unsigned())
            sums.append(dut.sum_o.value.to_unsigned())
            active.append(int(copy.value) & 1)
        dut.valid_i.value = 0
        await working
        return valid, latents, sums, active

    def compare_each(self, streamed: tuple) -> int:
        """Every word is that of the set in its clock, whole and in time; returns the switches."""
        valid, latents, sums, active = streamed
        delay = self.case.latency_bx
        assert all(valid[delay:]), "an event was lost"
        found = self.case.unpack_latents(latents[delay:])
        order = np.arange(len(found)) % len(self.case.sets[0].words)
        # Sampled at edge k, encoded until the next one, where ``active`` was sampled.
        chosen = np.array(active[delay - 1 : -1])
        golden = np.stack([weights.latents[order] for weights in self.case.sets])
        wanted = golden[chosen, np.arange(len(found))]
        wrong = np.argwhere(found != wanted)
        assert not len(wrong), f"event {wrong[0][0]}, latent {wrong[0][1]}: another set"
        assert np.array_equal(sums[delay:], self.case.sets[0].sums[order])
        assert (golden[0] != golden[1]).any(axis=1).mean() > 0.5, "the sets are too alike"
        return int(np.count_nonzero(np.diff(chosen)))


@cocotb.test()
async def a_set_is_loaded_beside_a_stream_and_switched_to_between_two_events(dut):
    """Each word against golden of the set that was active: no event is lost, late, or of both."""
    bench = Sets(dut)
    await bench.reset()
    first, second = bench.case.sets
    await bench.load(first)
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311

    async def work() -> None:
        await bench.load_beside()
        await bench.write("CONTROL", bench.enable)  # to and fro, whatever CRC was compared
        for number in range(1, SWITCHES):
            await bench.write("ACTIVE_SET", number % 2)
            for _ in range(generator.randrange(30)):
                await bench.edge

    assert bench.compare_each(await bench.streamed(work())) == SWITCHES - 1
    assert await bench.read("STATUS") & bench.enabled
    await bench.loaded(0, first)
    await bench.loaded(1, second)


@cocotb.test()
async def a_write_stops_the_stream_where_it_meets_the_active_set(dut):
    """And a CRC is done for the set that it is of."""
    bench = Sets(dut)
    await bench.reset()
    first, second = bench.case.sets
    await bench.load(first)
    await bench.load_beside()
    address = bench.case.address("WEIGHTS")
    await bench.host.write(address, second.image[:1])
    assert await bench.read("STATUS") == bench.enabled
    assert await bench.crc_beside() == zlib.crc32(second.image)
    await bench.access(0)
    assert await bench.read("STATUS") == bench.enabled
    assert await bench.crc_beside() == zlib.crc32(first.image)
    await bench.host.write(address, first.image[:1])
    assert await bench.read("STATUS") == 0
    await bench.expect_silence(first.words[:8])


@cocotb.test()
async def a_chip_that_demands_a_crc_switches_to_the_set_that_it_is_of(dut):
    """ACTIVE_SET stays as it is without CRC_MATCH, and so does the stream."""
    bench = Sets(dut)
    await bench.reset()
    first, second = bench.case.sets
    await bench.load(first)
    await bench.load_beside()
    required = bench.case.mask("CONTROL", "CRC_REQUIRED")
    assert await bench.read("CONTROL") == bench.enable | required

    async def active_after(number: int) -> int:
        await bench.write("ACTIVE_SET", number)
        assert await bench.read("STATUS") & bench.enabled
        return await bench.read("ACTIVE_SET")

    await bench.write("EXPECTED_CRC", zlib.crc32(second.image) ^ 1)
    await bench.write("CONTROL", bench.enable | required)
    assert await active_after(1) == 0
    await bench.write("EXPECTED_CRC", zlib.crc32(second.image))
    await bench.access(0)  # another set: no CRC is done
    assert await active_after(1) == 0
    await bench.access(1)
    assert await active_after(1) == 0
    assert await bench.crc_beside(required) == zlib.crc32(second.image)
    assert await active_after(1) == 1
    assert await active_after(0) == 1, "set 0 was not checked"
    # Once disabled, the checked set has to be the active one.
    await bench.access(0)
    await bench.write("EXPECTED_CRC", zlib.crc32(first.image))
    assert await bench.crc_beside(required) == zlib.crc32(first.image)
    await bench.write("CONTROL", required)
    await bench.write("CONTROL", bench.enable | required)
    assert not await bench.read("STATUS") & bench.enabled


@cocotb.test()
async def no_upset_switches(dut):
    """Bits of single copies of both set numbers amid a stream: told once, and no word is other."""
    bench = Sets(dut, monitor_tmr=False)
    await bench.reset()
    await bench.load(bench.case.sets[0])
    await bench.load_beside()
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    copies = [signal_at(dut, f"{SETS}.u_copy_{copy}.state_q") for copy in "ac"]

    async def work() -> None:
        for number in (0, 1):
            await bench.write("ACTIVE_SET", number)
            for _ in range(UPSETS // 2):
                await (FallingEdge if generator.random() < 0.5 else RisingEdge)(dut.clk_i)
                await FallingEdge(dut.clk_i)
                flip(generator.choice(copies), generator)
                await FallingEdge(dut.clk_i)
                assert int(dut.tmr_error_o.value)
                await FallingEdge(dut.clk_i)
                assert not int(dut.tmr_error_o.value)

    assert bench.compare_each(await bench.streamed(work())) == 1
    assert await bench.read("TMR_ERRORS") == UPSETS
    assert await bench.read("TMR_SOURCES") == bench.case.mask("TMR_SOURCES", "REGISTERS")
