"""Layers of the RTL against plain Python integers."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from asicae.chip.blocks import OVERFLOW_NUMBER, ROUNDING_NUMBER
from asicae.chip.configuration import Configuration
from asicae.export.rtl import MACS, hand_written
from asicae.network.fixed_point import FixedPoint
from tests.judges import exact_reference
from tests.support.rtl_harness import parameter_text, run_vectors, values, vector, verilate_vectors

pytestmark = pytest.mark.build


@dataclass(frozen=True)
class Layer:
    """A block under test: its parameters, its live inputs and the taps of every output."""

    module: str
    shape: dict[str, int]
    live: tuple[bool, ...]
    taps: tuple[tuple[tuple[int, int], ...], ...]
    """For every output position: (input index, kernel index) pairs."""
    filters: int
    kernel: int
    operands: dict[str, int]
    output: FixedPoint
    """A type of whole numbers."""
    relu: bool

    @property
    def arithmetic(self) -> dict[str, int]:
        return {
            **self.operands,
            "OUT_WIDTH": self.output.width,
            "OUT_SIGNED": int(self.output.signed),
            "ROUNDING": ROUNDING_NUMBER[self.output.rounding],
            "OVERFLOW": OVERFLOW_NUMBER[self.output.overflow],
            "RELU": int(self.relu),
        }

    @property
    def widths(self) -> tuple[int, int, int]:
        a = self.arithmetic
        return (
            len(self.live) * a["INPUT_WIDTH"],
            self.kernel * self.filters * a["WEIGHT_WIDTH"],
            self.filters * a["BIAS_WIDTH"],
        )

    @property
    def in_bits(self) -> int:
        return sum(self.widths)

    @property
    def outputs(self) -> int:
        return len(self.taps) * self.filters

    def instance(self, in_low: int, out_low: int, name: str) -> str:
        data, kernel, bias = self.widths
        live = sum(1 << place for place, alive in enumerate(self.live) if alive)
        given = {**self.shape, **self.arithmetic, "LIVE": f"{len(self.live)}'h{live:x}"}
        bits = self.outputs * self.arithmetic["OUT_WIDTH"]
        return (
            f"{self.module} #({parameter_text(given)}) {name} ("
            f".data_i(in_i[{in_low}+:{data}]), .kernel_i(in_i[{in_low + data}+:{kernel}]), "
            f".bias_i(in_i[{in_low + data + kernel}+:{bias}]), .data_o(out_o[{out_low}+:{bits}]));"
        )

    def expected(
        self, data: Sequence[int], kernel: Sequence[int], bias: Sequence[int]
    ) -> list[int]:
        a = self.arithmetic
        outputs = []
        for taps in self.taps:
            for number in range(self.filters):
                acc = bias[number] << a["BIAS_SHIFT"]
                for source, tap in taps:
                    acc += data[source] * kernel[tap * self.filters + number] << a["PRODUCT_SHIFT"]
                assert -(1 << (a["ACC_WIDTH"] - 1)) <= acc < 1 << (a["ACC_WIDTH"] - 1)
                outputs.append(exact_reference.requantised(acc, a["SHIFT"], self.output, self.relu))
        return outputs


def _convolution() -> Layer:
    rows, columns, channels, kernel, strides, pads = 5, 4, 2, (3, 2), (2, 1), (1, 0)
    # A dead corner larger than the window: some outputs have no live tap at all.
    live = tuple(
        not (y >= 3 and x >= 2)
        for y in range(rows)
        for x in range(columns)
        for _ in range(channels)
    )
    out_rows, out_columns = 3, 4
    taps = []
    for row in range(out_rows):
        for column in range(out_columns):
            here = []
            for ky, kx, c in itertools.product(range(kernel[0]), range(kernel[1]), range(channels)):
                y, x = row * strides[0] - pads[0] + ky, column * strides[1] - pads[1] + kx
                if 0 <= y < rows and 0 <= x < columns:
                    source = (y * columns + x) * channels + c
                    if live[source]:
                        here.append((source, (ky * kernel[1] + kx) * channels + c))
            taps.append(tuple(here))
    shape = {
        "IN_ROWS": rows, "IN_COLS": columns, "IN_CHANNELS": channels,
        "KERNEL_ROWS": kernel[0], "KERNEL_COLS": kernel[1], "FILTERS": 3,
        "STRIDE_ROWS": strides[0], "STRIDE_COLS": strides[1],
        "PAD_TOP": pads[0], "PAD_LEFT": pads[1],
        "OUT_ROWS": out_rows, "OUT_COLS": out_columns,
    }  # fmt: skip
    operands = {
        "INPUT_WIDTH": 5, "INPUT_SIGNED": 1, "WEIGHT_WIDTH": 4, "WEIGHT_SIGNED": 1,
        "BIAS_WIDTH": 6, "BIAS_SIGNED": 1, "PRODUCT_SHIFT": 2, "BIAS_SHIFT": 3,
        "ACC_WIDTH": 14, "SHIFT": 4,
    }  # fmt: skip
    output = FixedPoint.parse("fixed<7,7,RND,WRAP>")
    return Layer("conv2d", shape, live, tuple(taps), 3, 12, operands, output, relu=False)


def _dense() -> Layer:
    # 35 live inputs: two full groups and a rest of three.
    live = tuple(place % 8 != 3 for place in range(40))
    taps = tuple((place, place) for place in range(40) if live[place])
    operands = {
        "INPUT_WIDTH": 8, "INPUT_SIGNED": 0, "WEIGHT_WIDTH": 6, "WEIGHT_SIGNED": 0,
        "BIAS_WIDTH": 3, "BIAS_SIGNED": 0, "PRODUCT_SHIFT": 0, "BIAS_SHIFT": 0,
        "ACC_WIDTH": 21, "SHIFT": 8,
    }  # fmt: skip
    output = FixedPoint.parse("ufixed<9,9>")
    shape = {"INPUTS": 40, "UNITS": 2}
    return Layer("dense", shape, live, (taps,), 2, 40, operands, output, relu=True)


LAYERS = (_convolution(), _dense())
IN_BITS = sum(layer.in_bits for layer in LAYERS)
OUT_BITS = sum(layer.outputs * layer.arithmetic["OUT_WIDTH"] for layer in LAYERS)


def _layers_bench() -> str:
    instances = []
    in_low = out_low = 0
    for layer in LAYERS:
        instances.append(layer.instance(in_low, out_low, f"u_{layer.module}"))
        in_low += layer.in_bits
        out_low += layer.outputs * layer.arithmetic["OUT_WIDTH"]
    return (
        f"module bench (input clk_i, input [{IN_BITS - 1}:0] in_i, "
        f"output [{OUT_BITS - 1}:0] out_o);\n" + "\n".join(instances) + "\nendmodule\n"
    )


@pytest.fixture(scope="module", params=[*MACS])
def layers_executable(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The bench, with neurons that sum products in each of the ways that there are."""
    rtl = tmp_path_factory.mktemp("rtl")
    for file in hand_written(Configuration(mac=request.param)):
        (rtl / file.name).write_bytes(file.read_bytes())
    folder = tmp_path_factory.mktemp(f"layers_{request.param}")
    return verilate_vectors(folder, _layers_bench(), IN_BITS, OUT_BITS, rtl=rtl)


def _drawn(
    generator: np.random.Generator, row: int, count: int, width: int, signed: int
) -> list[int]:
    low, high = (-(1 << (width - 1)), 1 << (width - 1)) if signed else (0, 1 << width)
    if row < 2:
        return [(low, high - 1)[row]] * count
    if row < 4:  # both ends: the largest sums of either sign
        return [int(v) for v in generator.choice([low, high - 1], count)]
    return [int(v) for v in generator.integers(low, high, count)]


def _stimulus(rows: int) -> tuple[list[int], list[dict[str, list[int]]]]:
    generator = np.random.default_rng(20)
    vectors, expected = [], []
    for row in range(rows):
        bits = low = 0
        outputs = {}
        for layer in LAYERS:
            a = layer.arithmetic
            data = _drawn(generator, row, len(layer.live), a["INPUT_WIDTH"], a["INPUT_SIGNED"])
            kernel = _drawn(
                generator, row, layer.kernel * layer.filters, a["WEIGHT_WIDTH"], a["WEIGHT_SIGNED"]
            )
            bias = _drawn(generator, row, layer.filters, a["BIAS_WIDTH"], a["BIAS_SIGNED"])
            outputs[layer.module] = layer.expected(data, kernel, bias)
            parts = ((data, "INPUT_WIDTH"), (kernel, "WEIGHT_WIDTH"), (bias, "BIAS_WIDTH"))
            for numbers, width in parts:
                bits |= vector(numbers, a[width]) << low
                low += len(numbers) * a[width]
        vectors.append(bits)
        expected.append(outputs)
    return vectors, expected


def _read(bits: int) -> dict[str, list[int]]:
    found = {}
    low = 0
    for layer in LAYERS:
        width = layer.arithmetic["OUT_WIDTH"]
        signed = bool(layer.arithmetic["OUT_SIGNED"])
        found[layer.module] = values(bits >> low, width, layer.outputs, signed)
        low += layer.outputs * width
    return found


def test_layers_equal_python_integers(layers_executable: Path) -> None:
    vectors, expected = _stimulus(3000)
    found = [_read(bits) for bits in run_vectors(layers_executable, vectors, IN_BITS, OUT_BITS)]
    assert found == expected
    # The stimulus exercises what it should: dead outputs, saturation, and neither all nor nothing.
    assert () in LAYERS[0].taps
    latents = np.array([row["dense"] for row in expected])
    assert 0.01 < (latents == 511).mean() < 0.9
    assert len({tuple(row["conv2d"]) for row in expected}) > 2900


@pytest.mark.parametrize("block", ["conv2d", "dense"])
def test_one_flipped_input_bit_is_seen(layers_executable: Path, block: str) -> None:
    vectors, expected = _stimulus(40)
    # The top kernel bit of one tap.
    convolution, dense = LAYERS
    place = {
        "conv2d": convolution.widths[0] + 3,
        "dense": convolution.in_bits + dense.widths[0] + 5,
    }[block]
    flipped = [bits ^ (1 << place) for bits in vectors]
    found = [_read(bits) for bits in run_vectors(layers_executable, flipped, IN_BITS, OUT_BITS)]
    changed = {
        name
        for row, wanted in zip(found, expected, strict=True)
        for name in wanted
        if row[name] != wanted[name]
    }
    assert changed == {block}
