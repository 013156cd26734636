"""Exported chips of unusual networks, loaded through I2C at 2 MHz, against golden.

The presets have benches of their own; these networks have what the presets lack: rounded and signed
codes, masked cells, other roundings and overflows (all of them in the exactness matrix), signed
activations, no ReLU, two convolutions, valid and explicit padding, arrays out of order, bits to
spare in the last bytes, a dense layer that sees the trigger cells, and the low address byte first.
"""

import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from asicae.chip.image import crc32, keep_bytes, pack
from asicae.chip.normaliser import module_sum, normalise
from asicae.chip.registers import register_map
from asicae.chip.weight_files.files import write_image
from asicae.export.rtl import export_rtl
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import FixedPoint
from asicae.network.golden import encode
from asicae.network.ops.conv2d import Conv2D
from asicae.network.ops.dense import Dense
from asicae.network.weights import Weights
from asicae.simulation.builds.verilator import find
from tests.support.rtl_harness import words_of

pytestmark = pytest.mark.build

TYPE = FixedPoint.parse
TWO_CONVOLUTIONS = Network(
    name="two_convolutions",
    arrangement="8x8",
    input=TYPE("fixed<8,2>"),
    masked_cells=(1, 20, 47),
    layers=(
        Conv2D(
            name="rank1",  # clashes with no instance of the top
            filters=2,
            kernel=(3, 2),
            strides=(2, 3),
            padding="valid",
            weight=TYPE("fixed<5,2>"),
            bias=TYPE("fixed<6,1>"),
            output=TYPE("fixed<7,3,RND,WRAP>"),
            relu=False,
        ),
        Conv2D(
            name="second",
            filters=3,
            kernel=(2, 2),
            padding=((1, 0), (0, 2)),
            weight=TYPE("fixed<4,1>"),
            bias=TYPE("ufixed<3,1>"),
            output=TYPE("fixed<8,3,RND_ZERO,SAT_SYM>"),
            relu=False,
        ),
        Dense(
            name="dense",
            units=5,
            weight=TYPE("fixed<6,1>"),
            bias=TYPE("fixed<9,1>"),
            output=TYPE("fixed<7,3,RND_CONV_ODD,WRAP>"),
            relu=True,
        ),
    ),
    image_order=(
        "second.bias", "rank1.kernel", "dense.bias", "dense.kernel", "rank1.bias", "second.kernel",
    ),
)  # fmt: skip
CELLS_TO_DENSE = Network(
    name="cells-to-dense",
    arrangement="flat",
    input=TYPE("ufixed<8,0,RND_INF,WRAP>"),
    layers=(
        Dense(
            name="dense",
            units=3,
            weight=TYPE("ufixed<3,0>"),
            bias=TYPE("fixed<5,1>"),
            output=TYPE("ufixed<9,0,TRN,SAT_ZERO>"),
        ),
    ),
)
NETWORKS = (TWO_CONVOLUTIONS, CELLS_TO_DENSE)

# Commands on standard input: w ADDRESS HEX (prints the number of ACKs), r ADDRESS COUNT (prints
# the bytes), i COUNT (idle clocks), s COUNT (that many CALQ rows from calq.bin, one a clock, and
# two clocks more; outputs of every clock go to out.bin).
DRIVER = """
#include "Vasicae_top.h"
#include "verilated.h"
#include <cstdio>
#include <string>
static Vasicae_top top;
static bool scl = true, sda = true, driven_idle = false;
static void tick() {
  top.scl_i = scl; top.sda_i = sda && !top.sda_oe_o;
  top.clk_i = 0; top.eval(); top.clk_i = 1; top.eval();
}
static void wait(int clocks) { while (clocks--) tick(); }
static void start() { sda = 1; wait(5); scl = 1; wait(10); sda = 0; wait(10); scl = 0; wait(5); }
static void stop() { sda = 0; wait(5); scl = 1; wait(10); sda = 1; wait(30); }
static bool bit(bool out) {
  sda = out; wait(5); scl = 1; wait(9); bool in = top.sda_i; tick(); scl = 0; wait(5); return in;
}
static int send(int byte) { for (int i = 7; i >= 0; i--) bit(byte >> i & 1); return !bit(1); }
static int address(int value) {
  return MSB_FIRST ? send(value >> 8) + send(value & 255) : send(value & 255) + send(value >> 8);
}
int main() {
  top.valid_i = 0; top.rst_ni = 0; wait(3); top.rst_ni = 1; wait(48);  // an idle bus
  char command; unsigned where; char text[100000];
  while (scanf(" %c %x", &command, &where) == 2) {
    if (command == 'i') wait(where);
    if (command == 'w') {
      scanf("%s", text);
      start(); int acks = send(0x40) + address(where);
      unsigned byte;
      for (char* at = text; sscanf(at, "%2x", &byte) == 1; at += 2) acks += send(byte);
      stop(); printf("%d\\n", acks);
    }
    if (command == 'r') {
      int count; scanf("%d", &count);
      start(); int acks = send(0x40) + address(where);
      start(); acks += send(0x41);
      printf("%d ", acks);
      for (int n = 0; n < count; n++) {
        int byte = 0;
        for (int i = 0; i < 8; i++) byte = 2 * byte + bit(1);
        bit(n == count - 1); printf("%02x", byte);
      }
      stop(); printf("\\n");
    }
    if (command == 's') {
      FILE* in = fopen("calq.bin", "rb"); FILE* out = fopen("out.bin", "wb");
      for (unsigned edge = 0; edge < where + 2; edge++) {
        top.valid_i = edge < where && edge % 5 != 3;
        if (edge < where) fread(top.calq_i.data(), 4, 33, in);
        top.clk_i = 0; top.eval();
        unsigned flags = top.valid_o, sum = top.sum_o;
        fwrite(&flags, 4, 1, out); fwrite(&sum, 4, 1, out);
        fwrite(&top.latent_o, 4, LATENT_WORDS, out);
        top.clk_i = 1; top.eval();
      }
      top.valid_i = 0; fclose(in); fclose(out); printf("done\\n");
    }
  }
}
"""


class Chip:
    """A verilated chip; every ``run`` starts from reset."""

    def __init__(self, folder: Path, network: Network, msb_first: bool) -> None:
        self.network = network
        self.folder = folder
        self.registers = register_map(network)
        self.bits = network.latents * network.latent_type.width
        words = words_of(self.bits)
        defines = f"#define LATENT_WORDS {words}\n#define MSB_FIRST {int(msb_first)}\n"
        (folder / "driver.cpp").write_text(defines + DRIVER)
        export = export_rtl(network, folder / "export")
        verilator = find()
        command = [
            str(verilator.executable),
            *"-O3 --cc --exe --build -j 2 -Wall --top-module asicae_top -Mdir build".split(),
            f"-GMSB_FIRST={int(msb_first)}",
            *"-CFLAGS -O1 driver.cpp".split(),
            *map(str, export.sources),
        ]
        done = subprocess.run(
            command,
            cwd=folder,
            env=verilator.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout

    def run(self, *commands: str) -> list[str]:
        done = subprocess.run(
            [str(self.folder / "build" / "Vasicae_top")],
            input="\n".join(commands) + "\n",
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    def write(self, name: str, data: bytes, offset: int = 0) -> str:
        return f"w {self.registers[name].address + offset:x} {data.hex()}"

    def read(self, name: str, count: int | None = None, offset: int = 0) -> str:
        register = self.registers[name]
        return f"r {register.address + offset:x} {register.size if count is None else count}"

    def stage(self, calq: npt.NDArray[np.int32]) -> None:
        rows = (sum(int(v) << 22 * k for k, v in enumerate(row)) for row in calq)
        data = b"".join(row.to_bytes(132, "little") for row in rows)
        (self.folder / "calq.bin").write_bytes(data)

    def outputs(self) -> tuple[npt.NDArray[np.int64], ...]:
        """valid, sum and raw latents of every clock."""
        words = words_of(self.bits)
        raw = np.fromfile(self.folder / "out.bin", dtype="<u4").reshape(-1, 2 + words)
        kind = self.network.latent_type
        packed = [int.from_bytes(row[2:].tobytes(), "little") for row in raw]
        fields = [
            [(bits >> (kind.width * i)) & ((1 << kind.width) - 1)]
            for bits in packed
            for i in range(self.network.latents)
        ]
        latents = np.array(fields, dtype=np.int64).reshape(len(raw), -1)
        return raw[:, 0].astype(np.int64), raw[:, 1].astype(np.int64), latents


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda network: network.name)
def chip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Chip:
    network: Network = request.param
    return Chip(tmp_path_factory.mktemp("chip"), network, network is TWO_CONVOLUTIONS)


def _charges(rows: int) -> npt.NDArray[np.int32]:
    generator = np.random.default_rng(31)
    top = 2.0 ** generator.integers(0, 23, (rows, 1))
    calq = np.floor(generator.random((rows, 48)) ** 3 * top).astype(np.int32)
    return np.where(generator.random((rows, 48)) < generator.random((rows, 1)), calq, 0)


def _weights(network: Network) -> Weights:
    weights = Weights.random(network, 7)
    weights.keep[0] = 0b101
    return weights


def _expected(encoder: Encoder, calq: npt.NDArray[np.int32]) -> npt.NDArray:
    network, weights = encoder.network, encoder.weights
    latents = encode(encoder, normalise(calq, network.input))
    return network.latent_type.unsigned_bits(latents) & weights.keep


def _streamed(chip: Chip, weights: Weights, rows: int) -> tuple[npt.NDArray[np.int64], ...]:
    answers = chip.run(
        chip.write("WEIGHTS", pack(Encoder(chip.network, weights))),
        chip.write("KEEP", keep_bytes(Encoder(chip.network, weights))),
        chip.write("CONTROL", b"\x01"),
        f"s {rows:x}",
    )
    assert answers[-1] == "done"
    return chip.outputs()


def test_chip_equals_golden(chip: Chip) -> None:
    network, rows = chip.network, 3000
    weights, calq = _weights(network), _charges(rows)
    chip.stage(calq)
    valid, sums, latents = _streamed(chip, weights, rows)
    sent = np.arange(rows) % 5 != 3
    assert np.array_equal(valid, np.r_[0, 0, sent])  # an input of edge k leaves at edge k + 2
    expected = _expected(Encoder(network, weights), calq)
    assert np.array_equal(latents[2:], expected * sent[:, None])
    assert np.array_equal(sums[2:], module_sum(calq) * sent)
    assert not latents[:2].any()
    assert (expected[sent] != 0).mean() > 0.2
    assert len(np.unique(expected[sent], axis=0)) > 200


def test_nothing_leaves_without_enable(chip: Chip) -> None:
    weights = _weights(chip.network)
    image = pack(Encoder(chip.network, weights))
    chip.stage(_charges(100))
    load, enable, stream = chip.write("WEIGHTS", image), chip.write("CONTROL", b"\x01"), "s 64"
    for commands in ((load, stream), (enable, load, stream)):
        chip.run(*commands)
        assert not any(part.any() for part in chip.outputs())
    chip.run(load, enable, stream)
    assert all(part.any() for part in chip.outputs())


def test_a_flipped_weight_bit_is_seen(chip: Chip) -> None:
    network, rows = chip.network, 500
    weights, calq = _weights(network), _charges(rows)
    chip.stage(calq)
    expected = _expected(Encoder(network, weights), calq)
    first = network.plans[0].kernel
    flipped = weights.arrays[first.name].reshape(-1)
    # The first kernel entry with a live input, its top bit.
    flipped[0] = first.type.from_bits(
        first.type.unsigned_bits(flipped[0]) ^ (1 << (first.type.width - 1))
    )
    _, _, latents = _streamed(chip, weights, rows)
    assert (latents[2:] != expected * (np.arange(rows) % 5 != 3)[:, None]).any()


def test_loading_sequence(chip: Chip) -> None:
    """Image and keep mask read back, CRC, and a weight write takes ENABLE and CRC_DONE away."""
    network = chip.network
    weights = _weights(network)
    image, keep = pack(Encoder(network, weights)), keep_bytes(Encoder(network, weights))
    hash_bytes = network.design_hash.to_bytes(4, "little")
    answers = chip.run(
        chip.read("KEEP"),
        chip.read("IDENTITY"),
        chip.read("DESIGN_HASH"),
        chip.write("WEIGHTS", image),
        chip.write("KEEP", keep),
        chip.read("WEIGHTS"),
        chip.read("KEEP"),
        chip.write("CONTROL", b"\x03"),
        f"i {len(image) + 50:x}",
        chip.read("CONTROL", 2),  # and STATUS, the next address
        chip.read("CRC"),
        chip.write("WEIGHTS", image[:1]),
        chip.read("CONTROL", 2),
        chip.read("CRC"),
    )
    assert answers == [
        f"4 {'ff' * len(keep)}",
        f"4 {b'ASAE'.hex()}",
        f"4 {hash_bytes.hex()}",
        str(3 + len(image)),
        str(3 + len(keep)),
        f"4 {image.hex()}",
        f"4 {keep.hex()}",
        "4",
        f"4 01{0b101:02x}",
        f"4 {crc32(image).to_bytes(4, 'little').hex()}",
        "4",
        "4 0000",
        "4 00000000",
    ]


def test_the_csv_of_a_load_replays(chip: Chip, tmp_path: Path) -> None:
    """Row by row, as a lab script does; a wrong bit on the way is seen in the last row alone."""
    table = write_image(tmp_path, "set", Encoder(chip.network, _weights(chip.network)))[2]
    rows = [row.split(",") for row in table.read_text().splitlines()[1:]]
    commands, expected = [], []
    for action, _, _, address, data in rows:
        size, write = len(data) // 2, action == "write"
        commands.append(f"w {address} {data}" if write else f"r {address} {size}")
        expected.append(str(3 + size) if write else f"4 {data}")
    assert chip.run(*commands) == expected
    commands[1] = commands[1][:-1] + ("0" if commands[1][-1] != "0" else "1")
    *answers, crc = chip.run(*commands)
    assert answers == expected[:-1] and crc != expected[-1]


def test_addresses_at_the_edges(chip: Chip) -> None:
    """Unmapped: NACK and nothing written; read-only: NACK; reading on past the end: 0xFF."""
    network = chip.network
    size, keep = network.image_bytes, chip.registers["KEEP"].size
    spare = 8 * size - network.weight_bits
    assert spare > 0  # the last byte of these images has bits that do not exist
    last = (0xFF >> spare).to_bytes(1, "little").hex()
    answers = chip.run(
        chip.write("WEIGHTS", b"\xff\xff", offset=size - 1),  # the second byte is outside
        chip.read("WEIGHTS", 3, offset=size - 1),
        chip.write("WEIGHTS", b"\xff", offset=-1),
        chip.write("WEIGHTS", b"\xff", offset=size),
        chip.read("WEIGHTS", 1),
        chip.write("KEEP", b"\x12\x34", offset=keep - 1),
        chip.read("KEEP", 2, offset=keep - 1),
        chip.write("IDENTITY", b"\x00"),
        chip.write("STATUS", b"\xff"),
        chip.write("CRC", b"\xff"),
        chip.write("TMR_ERRORS", b"\xff"),
        chip.write("CONTROL", b"\xf1"),  # of these bits only ENABLE exists
        chip.read("CONTROL", 3),
        chip.read("EXPECTED_CRC", 5),
        chip.read("TMR_ERRORS", 1),
    )
    assert answers == [
        "4",
        f"4 {last}ffff",
        "2",
        "2",
        "4 00",
        "4",
        "4 12ff",
        "3",
        "3",
        "3",
        "3",
        "4",
        "4 010100",
        "4 00000000ff",
        "4 00",
    ]
