"""The bench around the chip: clock, reset, I2C host, monitors, streaming and scoreboard."""

import zlib
from dataclasses import dataclass, field

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer

from verification.i2c import Host, WireMonitor
from verification.top.case import Case, WeightSet, add_up, merge_bits

IDLE_CLOCKS = 48
"""After reset, until the I2C target believes that the bus is idle."""
MANTISSA_BITS = 4
"""Of a module sum."""
LATE = 6
"""Idle bunch crossings after the last result is due, in which late ones would still be seen."""


@dataclass
class Capture:
    """Outputs as the receiver samples them; index k is the edge that samples input k."""

    valid: list[int] = field(default_factory=list)
    latents: list[int] = field(default_factory=list)
    sums: list[int] = field(default_factory=list)

    def valid_edges(self) -> list[int]:
        return [edge for edge, valid in enumerate(self.valid) if valid]

    def quiet(self) -> bool:
        """Latent and sum are zero wherever valid is low."""
        return not any(
            (latent or total) and not valid
            for valid, latent, total in zip(self.valid, self.latents, self.sums, strict=True)
        )


@dataclass
class Comparison:
    """Words and sums that were compared and how many differ."""

    words: int
    sums: int
    mismatches: int
    first: str


class TB:
    """One chip. ``monitor_tmr`` asserts that no register copy ever disagrees."""

    def __init__(self, dut, monitor_tmr: bool = True):
        self.dut = dut
        self.case = Case()
        self.enable = self.case.mask("CONTROL", "ENABLE")
        self.crc_start = self.case.mask("CONTROL", "CRC_START")
        self.enabled = self.case.mask("STATUS", "ENABLED")
        self.crc_busy = self.case.mask("STATUS", "CRC_BUSY")
        self.crc_done = self.case.mask("STATUS", "CRC_DONE")
        dut.scl_i.value = 1
        dut.sda_i.value = 1
        dut.valid_i.value = 0
        dut.calq_i.value = 0
        # The clock of cocotb's C layer: no Python runs while the bus is quiet.
        Clock(dut.clk_i, self.case.clock_ns, "ns", impl="gpi").start()
        if self.case.phases > 1:
            # In ps, the simulator's steps: each period is a whole number, and both rise at once.
            period_ps = self.case.clock_ns * 1000 // self.case.phases
            Clock(dut.clk_fast_i, period_ps, "ps", impl="gpi", period_high=period_ps // 2).start()
        self.edge = RisingEdge(dut.clk_i)
        self.host = Host(dut, self.case.device, self.case.fast_hz)
        self.wire_monitor = WireMonitor(dut, self.case.device)
        self.wire_monitor.start()
        if monitor_tmr:
            cocotb.start_soon(self._no_upsets())

    async def _no_upsets(self) -> None:
        await Timer(1, "ns")
        while True:
            await RisingEdge(self.dut.tmr_error_o)
            raise AssertionError("tmr_error_o rose although no upset was injected")

    async def reset(self) -> None:
        self.dut.rst_ni.value = 0
        await Timer(4 * self.case.clock_ns, "ns")
        self.dut.rst_ni.value = 1
        await Timer(IDLE_CLOCKS * self.case.clock_ns, "ns")

    # -- registers ---------------------------------------------------------------------------

    async def read(self, register: str) -> int:
        entry = self.case.registers[register]
        return int.from_bytes(await self.host.read(entry["address"], entry["size"]), "little")

    async def write(self, register: str, value: int) -> None:
        entry = self.case.registers[register]
        await self.host.write(entry["address"], value.to_bytes(entry["size"], "little"))

    async def write_blocks(self, image: bytes) -> None:
        for block in self.case.blocks:
            start = block["offset"]
            await self.host.write(block["address"], image[start : start + block["size"]])

    async def read_image(self) -> bytes:
        parts = [await self.host.read(b["address"], b["size"]) for b in self.case.blocks]
        return b"".join(parts)

    async def hardware_crc(self) -> int:
        """Start the CRC, wait for it and read it."""
        await self.write("CONTROL", self.crc_start)
        for _ in range(50):
            status = await self.read("STATUS")
            if status & self.crc_done:
                assert not status & self.crc_busy
                return await self.read("CRC")
        raise AssertionError("CRC_DONE never came")

    async def check_and_enable(self, weights: WeightSet) -> None:
        """Read back, compare the CRC with zlib's, set the keep mask and ENABLE."""
        assert await self.read_image() == weights.image, "the image reads back differently"
        crc = await self.hardware_crc()
        assert crc == zlib.crc32(weights.image), f"CRC {crc:#010x}, zlib has another"
        await self.host.write(self.case.address("KEEP"), weights.keep)
        assert await self.host.read(self.case.address("KEEP"), len(weights.keep)) == weights.keep
        assert not await self.read("STATUS") & self.enabled
        await self.write("CONTROL", self.enable)
        assert await self.read("STATUS") & self.enabled

    async def load(self, weights: WeightSet) -> None:
        await self.write_blocks(weights.image)
        await self.check_and_enable(weights)

    # -- data --------------------------------------------------------------------------------

    async def stream(self, words: list[int], gaps: list[bool] | None = None) -> Capture:
        """One event each BX (none where ``gaps`` is true), then idle BX."""
        capture = Capture()
        dut, edge = self.dut, self.edge
        feed = iter(words)
        plan = gaps if gaps is not None else [False] * len(words)
        await edge
        for gap in [*plan, *[True] * (self.case.latency_bx + LATE)]:
            dut.valid_i.value = int(not gap)
            if not gap:
                dut.calq_i.value = next(feed)
            await edge
            capture.valid.append(int(dut.valid_o.value))
            capture.latents.append(dut.latent_o.value.to_unsigned())
            capture.sums.append(dut.sum_o.value.to_unsigned())
        return capture

    async def expect_silence(self, words: list[int]) -> None:
        """While ENABLE is 0 nothing leaves the chip."""
        capture = await self.stream(words)
        assert not any(capture.valid), "valid_o is high while disabled"
        assert not any(capture.latents), "latent_o is not zero while disabled"
        assert not any(capture.sums), "sum_o is not zero while disabled"

    async def latency(self, words: list[int]) -> list[int]:
        """Latency in BX of isolated events: from the edge that samples to the one that gives."""
        found = []
        for word in words:
            capture = await self.stream([word])
            edges = capture.valid_edges()
            assert len(edges) == 1, f"one event gave {len(edges)} results"
            found.append(edges[0])
        return found

    def compare(
        self, weights: WeightSet, capture: Capture, count: int, kept: np.ndarray | None = None
    ) -> Comparison:
        """The first ``count`` results against golden, every latent and every sum.

        The stream may have repeated the stimulus; ``kept`` is a mask (1, latents) on top.
        """
        assert capture.quiet(), "latent_o or sum_o is not zero while valid_o is low"
        edges = capture.valid_edges()
        assert len(edges) >= count, f"{len(edges)} results for {count} events"
        latents = self.case.unpack_latents([capture.latents[edge] for edge in edges[:count]])
        sums = np.array([capture.sums[edge] for edge in edges[:count]], dtype=np.int64)
        order = np.arange(count) % len(weights.latents)
        golden_unkept, golden_sums = weights.latents[order], weights.sums[order]
        golden = golden_unkept if kept is None else golden_unkept & kept
        wrong_latents, wrong_sums = latents != golden, sums != golden_sums
        first = ""
        if wrong_latents.any():
            event, latent = (int(i) for i in np.argwhere(wrong_latents)[0])
            words = f"RTL {latents[event, latent]}, golden {golden[event, latent]}"
            first = f"set {weights.name}, event {event}, latent {latent}: {words}"
        elif wrong_sums.any():
            event = int(np.flatnonzero(wrong_sums)[0])
            words = f"RTL {sums[event]}, golden {golden_sums[event]}"
            first = f"set {weights.name}, event {event}, sum: {words}"
        wrong = int(wrong_latents.sum() + wrong_sums.sum())
        self._reached(latents, sums, golden_unkept, kept)
        add_up("compared", words=latents.size, sums=sums.size, mismatches=wrong)
        return Comparison(latents.size, sums.size, wrong, first)

    def _reached(
        self, latents: np.ndarray, sums: np.ndarray, golden: np.ndarray, kept: np.ndarray | None
    ) -> None:
        """Levels that the bits of the results had; under a mask, which were kept and cleared."""
        width = self.case.ports["latent_o"]["width"]
        merge_bits("latent_bits", ones=latents, zeros=~latents & ((1 << width) - 1))
        if kept is not None:
            merge_bits("keep_bits", kept=golden & kept, cleared=golden & ~kept)
        merge_bits("exponents", seen=(1 << (sums[:, None] >> MANTISSA_BITS)))
