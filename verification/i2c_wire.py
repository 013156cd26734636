"""An I2C host of the bench's own, whose edges lie where the bench wants them, to the picosecond.

Nothing of it comes from the driver in ``i2c``: what the two agree on is the protocol.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cocotb
from cocotb.triggers import Timer

from verification.i2c import OpenDrain

CONDITION_NS = 150
"""Of the target: how long SCL has to stay high behind a change of SDA that is START or STOP."""


@dataclass(frozen=True)
class Timing:
    """Of the wire, in nanoseconds.

    Attributes:
        low, high: of SCL.
        hold: from the fall of SCL, as the host sees it, to the change of SDA; less than ``low``.
        skew: by which SCL reaches the target later than SDA.
        condition: from SDA to SCL and from SCL to SDA at START and STOP.
    """

    low: float
    high: float
    hold: float = 0.0
    skew: float = 0.0
    condition: float = 600.0

    @classmethod
    def half_duty(cls, hertz: float, **others: float) -> "Timing":
        half = 0.5e9 / hertz
        return cls(low=half, high=half, **others)


class Scl:
    """The clock line: what the host does arrives ``skew`` later."""

    def __init__(self, wire):
        self._wire = wire
        self.skew = 0.0

    def drive(self, level: int) -> None:
        if self.skew:
            cocotb.start_soon(self._later(level, self.skew))
        else:
            self._wire.value = level

    async def _later(self, level: int, skew: float) -> None:
        await pause(skew)
        self._wire.value = level


async def pause(nanoseconds: float) -> None:
    """Wait; not at all for less than a picosecond."""
    picoseconds = round(1000 * nanoseconds)
    if picoseconds > 0:
        await Timer(picoseconds, "ps")


class WireHost:
    """Bits and bytes on the wires; between transfers SCL is high, within them low."""

    def __init__(self, dut, device: int, timing: Timing):
        self.device = device
        self.sda = OpenDrain(dut.sda_i, dut.sda_oe_o)
        self.scl = Scl(dut.scl_i)
        self.timing = timing
        cocotb.start_soon(self.sda.follow_target())

    async def start(self, device: int | None = None, read: bool = False) -> bool:
        """START and the device address; whether it was acknowledged."""
        timing = self.timing
        self.scl.skew = timing.skew
        self.sda.value = 0
        await pause(timing.condition)
        self.scl.drive(0)
        return await self.send((self.device if device is None else device) << 1 | int(read))

    async def restart(self, device: int | None = None, read: bool = False) -> bool:
        """Repeated START and the device address."""
        await self._release(1)
        return await self.start(device, read)

    async def stop(self) -> None:
        await self._release(0)
        self.sda.value = 1
        await pause(self.timing.condition)

    async def bit(self, out: int) -> int:
        """One bit; ``out`` is 1 where the target speaks. Returns SDA as SCL falls."""
        timing = self.timing
        await pause(timing.hold)
        self.sda.value = out
        await pause(timing.low - timing.hold)
        self.scl.drive(1)
        await pause(timing.high)
        level = self.sda.value
        self.scl.drive(0)
        return level

    async def send(self, byte: int) -> bool:
        """A byte to the target; whether it was acknowledged."""
        for place in reversed(range(8)):
            await self.bit(byte >> place & 1)
        return not await self.bit(1)

    async def receive(self, last: bool) -> int:
        """A byte from the target; the last one is not acknowledged."""
        byte = 0
        for _ in range(8):
            byte = byte << 1 | await self.bit(1)
        await self.bit(int(last))
        return byte

    async def write(self, address: int, data: Iterable[int]) -> list[bool]:
        """A whole write, address high byte first; which bytes were acknowledged."""
        taken = [await self.start()]
        taken += [await self.send(byte) for byte in (*address.to_bytes(2, "big"), *data)]
        await self.stop()
        return taken

    async def read(self, address: int, count: int) -> bytes:
        """Point to the address, repeated START, read, STOP."""
        taken = [await self.start()]
        taken += [await self.send(byte) for byte in address.to_bytes(2, "big")]
        taken.append(await self.restart(read=True))
        assert all(taken), f"read at {address:#06x}: acknowledged {taken}"
        data = [await self.receive(index == count - 1) for index in range(count)]
        await self.stop()
        return bytes(data)

    async def _release(self, level: int) -> None:
        """From within a transfer: SDA to ``level`` while SCL is low, then SCL high."""
        timing = self.timing
        await pause(timing.hold)
        self.sda.value = level
        await pause(timing.low - timing.hold)
        self.scl.drive(1)
        await pause(timing.condition)
