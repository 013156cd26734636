"""The I2C side of a bench: open-drain wires, a host, and monitors of the wire."""

import contextlib
import logging
from collections.abc import Iterable

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge, Timer, ValueChange
from cocotb.utils import get_sim_time
from cocotbext.i2c import I2cMaster

ACK, NACK = 0, 1


class OpenDrain:
    """One wire: high unless the host or the target pulls it low (a wired AND).

    Takes the place of a signal that cocotbext-i2c drives.
    """

    def __init__(self, wire, pulled_low_by=None):
        self._wire = wire
        self._target = pulled_low_by
        self._host = 1
        self.held_low = False

    @property
    def value(self) -> int:
        return int(self._host and not self.held_low and not self._target_pulls())

    @value.setter
    def value(self, level) -> None:
        self._host = int(level)
        self.resolve()

    def setimmediatevalue(self, level) -> None:
        self.value = level

    def hold_low(self, held: bool) -> None:
        """A third party pulls the wire low, or lets go."""
        self.held_low = held
        self.resolve()

    def resolve(self) -> None:
        self._wire.value = self.value

    async def follow_target(self) -> None:
        while True:
            await ValueChange(self._target)
            self.resolve()

    def _target_pulls(self) -> bool:
        return self._target is not None and bool(int(self._target.value))


class Nack(AssertionError):
    """The target did not acknowledge."""


class Driver(I2cMaster):
    """The driver of cocotbext-i2c, with START and STOP held as long as the fastest SCL asks for.

    By itself it holds them for a quarter of a period of SCL.
    """

    CONDITION_NS = 160

    async def send_start(self) -> None:
        with self._held():
            await super().send_start()

    async def send_stop(self) -> None:
        with self._held():
            await super().send_stop()

    @contextlib.contextmanager
    def _held(self):
        quarter = self._half_bit_t
        self._half_bit_t = Timer(max(self.CONDITION_NS, int(0.5e9 / self.speed)), "ns")
        try:
            yield
        finally:
            self._half_bit_t = quarter


class Host:
    """I2C host on cocotbext-i2c; ``frequency`` is the SCL that appears on the wire, in hertz."""

    def __init__(self, dut, device: int, frequency: float):
        self.dut = dut
        self.device = device
        self.sda = OpenDrain(dut.sda_i, dut.sda_oe_o)
        self.scl = OpenDrain(dut.scl_i)
        self.set_frequency(frequency)
        cocotb.start_soon(self.sda.follow_target())

    def set_frequency(self, frequency: float) -> None:
        """Change SCL while the bus is idle.

        The driver takes two of its bit times for one period of SCL, hence the factor.
        """
        self.frequency = frequency
        self.half_period = Timer(round(0.5e12 / frequency), "ps")
        self.wire = Driver(
            sda=self.dut.sda_i,
            sda_o=self.sda,
            scl=self.dut.scl_i,
            scl_o=self.scl,
            speed=2 * frequency,
        )
        self.wire.log.setLevel(logging.WARNING)

    async def start(self, read: bool, device: int | None = None) -> int:
        """(Repeated) START and device address; returns the acknowledge bit (0 is ACK)."""
        await self.wire.send_start()
        chosen = self.device if device is None else device
        return int(await self.wire.send_byte(chosen << 1 | int(read)))

    async def send(self, data: Iterable[int]) -> list[int]:
        """Send bytes; returns their acknowledge bits (0 is ACK)."""
        return [int(await self.wire.send_byte(byte)) for byte in data]

    async def stop(self) -> None:
        await self.wire.send_stop()

    async def point_to(self, address: int) -> list[int]:
        """START, device+W and register address, high byte first; returns three acknowledges."""
        acknowledges = [await self.start(read=False)]
        return acknowledges + await self.send(address.to_bytes(2, "big"))

    async def try_write(self, address: int, data: bytes) -> list[int]:
        """One whole write; returns all acknowledge bits (device, address, data)."""
        acknowledges = await self.point_to(address)
        acknowledges += await self.send(data)
        await self.stop()
        return acknowledges

    async def write(self, address: int, data: bytes) -> None:
        """Write that must be acknowledged throughout."""
        acknowledges = await self.try_write(address, data)
        if any(acknowledges):
            raise Nack(f"write at {address:#06x}: byte {acknowledges.index(NACK)} was not taken")

    async def receive(self, count: int) -> bytes:
        """Read bytes after device+R; the last one is answered with NACK."""
        return bytes([await self.wire.recv_byte(index == count - 1) for index in range(count)])

    async def read(self, address: int, count: int) -> bytes:
        """Set the register address, repeated START, read, STOP."""
        acknowledges = await self.point_to(address)
        acknowledges.append(await self.start(read=True))
        if any(acknowledges):
            await self.stop()
            raise Nack(f"read at {address:#06x}: byte {acknowledges.index(NACK)} was not taken")
        data = await self.receive(count)
        await self.stop()
        return data


class SclMeter:
    """Measures the period of SCL on the wire, in nanoseconds, from rising edge to rising edge."""

    def __init__(self, dut):
        self._scl = dut.scl_i
        self.periods: list[float] = []
        self.first = self.last = 0.0

    async def run(self) -> None:
        while True:
            await RisingEdge(self._scl)
            now = get_sim_time("ns")
            if self.first == 0.0:
                self.first = now
            else:
                self.periods.append(now - self.last)
            self.last = now

    def frequency_hz(self) -> float:
        """Frequency inside the bytes: of the shortest tenth of the periods (the others pause)."""
        ordered = sorted(self.periods)
        chosen = ordered[: max(1, len(ordered) // 10)]
        return 1e9 * len(chosen) / sum(chosen)


class WireMonitor:
    """Follows the protocol on the wire and fails when SDA is driven without permission.

    The target may pull SDA in the acknowledge slots of its own address and of bytes written to
    it, and in the data bits of bytes read from it; nowhere else.
    """

    def __init__(self, dut, device: int):
        self._dut = dut
        self._device = device
        self.enabled = True
        self.driven = 0
        self._reset(active=False)

    def start(self) -> None:
        for watch in (self._rising_scl, self._falling_scl, self._conditions, self._drive):
            cocotb.start_soon(watch())

    def _reset(self, active: bool) -> None:
        self._active = active
        self._addressed = self._reading = False
        self._byte = self._bits = self._shift = 0

    def _may_drive(self) -> bool:
        if not (self._active and self._addressed):
            return False
        if self._byte == 0 or not self._reading:
            return self._bits == 8
        return self._bits < 8

    async def _rising_scl(self) -> None:
        while True:
            await RisingEdge(self._dut.scl_i)
            if not self._active:
                continue
            self._bits += 1
            level = int(self._dut.sda_i.value)
            if self._bits <= 8:
                self._shift = (self._shift << 1 | level) & 0xFF
            if self._byte == 0 and self._bits == 8:
                self._addressed = self._shift >> 1 == self._device
                self._reading = bool(self._shift & 1)
            if self._bits == 9 and level == NACK:
                self._addressed = False

    async def _falling_scl(self) -> None:
        while True:
            await FallingEdge(self._dut.scl_i)
            if self._bits == 9:
                self._bits = 0
                self._byte += 1

    async def _conditions(self) -> None:
        while True:
            await ValueChange(self._dut.sda_i)
            if int(self._dut.scl_i.value):
                self._reset(active=not int(self._dut.sda_i.value))

    async def _drive(self) -> None:
        while True:
            await RisingEdge(self._dut.sda_oe_o)
            self.driven += 1
            if self.enabled:
                assert self._may_drive(), (
                    f"SDA driven without permission: byte {self._byte}, bit {self._bits}, "
                    f"addressed {self._addressed}, reading {self._reading}"
                )
