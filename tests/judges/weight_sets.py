"""Registers, banks and ranks of a chip with two weight sets, clock by clock, and a host at random.

Words of 16 bits pass two ranks; between them they are encoded with the image and the keep mask of
the active set. The bus writes while they stream, and single copies are upset.
"""

import functools
import random
import zlib
from dataclasses import dataclass, field

BITS, BYTES, KEEP_BYTES, CLOCKS = 37, 5, 2, 8_000
WORD = 0xFFFF
KEEP, WEIGHTS, CONTROL, STATUS, CRC, EXPECTED, ACTIVE, ACCESS = (
    *(0x0549, 0x0600, 0x8008, 0x8009, 0x800C, 0x8010),
    *(0x8014, 0x8015),
)
ENABLE, CRC_START, REQUIRED = 1, 2, 4
BUSY, DONE, MATCH = 2, 4, 8
"""Bits of CONTROL, and of STATUS beside ENABLE."""
PLACES = ("u_sets", "g_keep[1].u_keep", "g_keep[2].u_keep")
"""Registers of which copies are upset: both set numbers, a byte of either keep mask."""
READ = (
    *(*range(WEIGHTS, WEIGHTS + BYTES), KEEP, KEEP + 1, CONTROL, STATUS, ACTIVE, ACCESS),
    *range(CRC, CRC + 4),
)
COPIES = [(place, copy) for place in PLACES for copy in "abc"]
FLIPS = 2 * len(COPIES)


@dataclass
class Model:
    """What registers, banks and ranks hold."""

    images: list[bytearray] = field(default_factory=lambda: [bytearray(BYTES), bytearray(BYTES)])
    keeps: list[bytearray] = field(default_factory=lambda: [bytearray(b"\xff\xff") for _ in "01"])
    active: int = 0
    access: int = 0
    enable: bool = False
    required: bool = False
    left: int = 0
    done: bool = False
    expected: bytearray = field(default_factory=lambda: bytearray(4))
    first: int | None = None
    second: int | None = None

    @property
    def crc(self) -> int:
        """Of the accessed image."""
        return zlib.crc32(self.images[self.access])

    @property
    def match(self) -> bool:
        """What STATUS says of it."""
        return self.done and self.crc == int.from_bytes(self.expected, "little")

    def encoded(self, event: int) -> int:
        """An event with the active set."""
        image, keep = self.images[self.active], self.keeps[self.active]
        words = (image[:2], image[2:4], image[4:])
        for word in words:
            event ^= int.from_bytes(word, "little")
        return event & int.from_bytes(keep, "little")

    def read(self, address: int) -> int | None:
        """What a byte reads; None where it means nothing."""
        if address in range(WEIGHTS, WEIGHTS + BYTES):
            return self.images[self.access][address - WEIGHTS]
        if address in range(KEEP, KEEP + KEEP_BYTES):
            return self.keeps[self.access][address - KEEP]
        if address in range(CRC, CRC + 4):
            return self.crc.to_bytes(4, "little")[address - CRC] if self.done else None
        status = self.enable | BUSY * (self.left > 0) | DONE * self.done | MATCH * self.match
        known = {
            ACTIVE: self.active,
            ACCESS: self.access,
            CONTROL: self.enable | REQUIRED * self.required,
            STATUS: status,
        }
        return known.get(address)

    def step(self, write: bool, read: bool, address: int, data: int, event: int | None) -> None:
        """One clock: ranks first, which see what is stored before the edge, then the bus."""
        passed = None if self.first is None or not self.enable else self.encoded(self.first)
        self.second, self.first = passed, event if self.enable else None
        matched = self.match
        if self.left and not read:
            self.left -= 1
            self.done = self.left == 0
        if write:
            self._write(address, data, matched)

    def _write(self, address: int, data: int, matched: bool) -> None:
        if address in range(WEIGHTS, WEIGHTS + BYTES):
            place = address - WEIGHTS
            self.images[self.access][place] = data & (0x1F if place == BYTES - 1 else 0xFF)
            self.left, self.done = 0, False
            self.enable = self.enable and self.access != self.active
        elif address in range(KEEP, KEEP + KEEP_BYTES):
            self.keeps[self.access][address - KEEP] = data
        elif address in range(EXPECTED, EXPECTED + 4):
            self.expected[address - EXPECTED] = data
        elif address == CONTROL:
            self.required = bool(data & REQUIRED)
            checked = matched and self.access == self.active
            self.enable = bool(data & ENABLE) and (self.enable or not self.required or checked)
            if data & CRC_START:
                self.left, self.done = BYTES, False
        elif address == ACTIVE and (not self.required or (matched and data & 1 == self.access)):
            self.active = data & 1
        elif address == ACCESS and data & 1 != self.access:
            self.access, self.left, self.done = data & 1, 0, False


@dataclass(frozen=True)
class Row:
    """A clock of the bench: what enters, and what must be seen before its edge."""

    reset: bool
    write: bool
    read: bool
    address: int
    data: int
    event: int | None
    flip: int

    def packed(self, model: Model, tell: bool) -> int:
        """As the bench takes it apart."""
        # A running CRC has the read port of the bank unless the bus takes it.
        held = self.write or (model.left > 0 and not self.read)
        seen = None if held else model.read(self.address)
        low = (not self.reset) | self.write << 1 | self.read << 2 | (self.event is not None) << 3
        low |= (seen is not None) << 4 | self.address << 8 | self.data << 24
        low |= (self.event or 0) << 32 | (model.second or 0) << 48 | (seen or 0) << 64
        valid = model.second is not None
        return low | valid << 72 | model.active << 73 | tell << 74 | self.flip << 80


def writes(generator: random.Random, model: Model) -> list[tuple[int, int]]:
    """What the host writes next: addresses and bytes, one after the other."""
    kept = ENABLE * (generator.random() < 0.8) | REQUIRED * (generator.random() < 0.5)
    wrong = generator.random() < 0.2
    crc, beside = (
        list(enumerate((zlib.crc32(image) ^ wrong).to_bytes(4, "little"), EXPECTED))
        for image in (model.images[model.access], model.images[1 - model.active])
    )
    byte = generator.randrange(256)
    start = (CONTROL, kept | CRC_START)
    return generator.choice(
        [
            [(WEIGHTS + generator.randrange(BYTES), byte)],
            [(KEEP + generator.randrange(KEEP_BYTES), byte)],
            [(ACTIVE, byte)],
            [(ACTIVE, model.access)],
            [(ACCESS, byte)],
            [(ACCESS, 1 - model.active)],
            [(CONTROL, kept)],
            [start],
            [*crc, start],
            # The second time only takes the clocks that the CRC does.
            [(ACCESS, 1 - model.active), start, *beside, *beside, (ACTIVE, 1 - model.active)],
        ]
    )


@functools.cache
def vectors() -> tuple[list[int], dict[str, int]]:
    """Rows of the bench, and how often each thing happened that the bench is about."""
    generator, model, rows = random.Random(5), Model(), []  # noqa: S311
    counts = dict.fromkeys(("switched", "refused", "demanded", "kept", "cleared", "upset"), 0)
    pending: list[tuple[int, int]] = []
    pause, tell = 6, False
    for clock in range(CLOCKS):
        if not pending and pause == 0:
            pending = writes(generator, model)
        write = bool(pending) and pause == 0
        address, data = (
            pending.pop(0) if write else (generator.choice(READ), generator.randrange(256))
        )
        pause = generator.choice((0, 0, 1, 8)) if write else max(0, pause - 1)
        read = not write and generator.random() < 0.1
        event = generator.randrange(WORD + 1) if generator.random() < 0.7 else None
        flip = generator.randrange(1, FLIPS + 1) if clock > 8 and generator.random() < 0.1 else 0
        row = Row(clock < 3, write, read, address, data, event, flip)
        rows.append(row.packed(model, tell))
        tell = flip != 0
        counts["upset"] += tell
        if row.reset:
            continue
        before, matched = (model.active, model.enable), model.match
        model.step(write, read, address, data, event)
        after = model.active, model.enable
        streams = before[1] and after[1] and model.second is not None
        moved = write and address == ACTIVE and before[0] != data & 1
        counts["switched"] += streams and moved and before[0] != after[0]
        counts["demanded"] += moved and model.required and after[0] != before[0] and matched
        counts["refused"] += moved and after[0] == before[0]
        stored = write and address in range(WEIGHTS, WEIGHTS + BYTES)
        counts["kept"] += stored and before[1] and after[1]
        counts["cleared"] += stored and before[1] and not after[1]
    return rows, counts
