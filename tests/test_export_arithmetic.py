"""Arithmetic blocks of the RTL against plain Python integers."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
import pytest
from rtl_harness import (
    RTL,
    parameter_text,
    run_vectors,
    values,
    vector,
    verilate_vectors,
)

ROUNDING = {0: "TRN", 1: "RND", 2: "RND_CONV"}


def requantised(
    acc: int, shift: int, width: int, signed: int, rounding: int, overflow: int, relu: int
) -> int:
    """Reference in exact fractions, independent of the kit's own arithmetic."""
    exact = Fraction(acc, 1 << shift)
    value = floor(exact)
    rest = exact - value
    if rounding == 1:
        value += rest >= Fraction(1, 2)
    elif rounding == 2:
        value = round(exact)  # Python rounds halves of fractions to even
    low, high = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
    saturated = min(max(value, low), high)
    value = saturated if overflow == 0 else (value - low) % (1 << width) + low
    return max(value, 0) if relu else value


ACC = 10
OUT = 12
MODES = [
    dict(zip(("shift", "width", "signed", "rounding", "overflow", "relu"), mode, strict=True))
    for mode in itertools.product((0, 1, 2, 5, 11), (4, 12), (0, 1), (0, 1, 2), (0, 1), (0, 1))
]


def _requantise_bench() -> str:
    instances = []
    for place, mode in enumerate(MODES):
        given = {
            "ACC_WIDTH": ACC,
            "SHIFT": mode["shift"],
            "OUT_WIDTH": mode["width"],
            "OUT_SIGNED": mode["signed"],
            "ROUNDING": mode["rounding"],
            "OVERFLOW": mode["overflow"],
            "RELU": mode["relu"],
        }
        low = place * OUT
        instances.append(
            f"requantise #({parameter_text(given)}) u_{place} "
            f"(.acc_i(in_i[{ACC - 1}:0]), .data_o(out_o[{low}+:{mode['width']}]));"
        )
        if mode["width"] < OUT:
            instances.append(f"assign out_o[{low + mode['width']}+:{OUT - mode['width']}] = 0;")
    return (
        f"module bench (input clk_i, input [95:0] in_i, output [{len(MODES) * OUT - 1}:0] out_o);\n"
        + "\n".join(instances)
        + "\nendmodule\n"
    )


def _requantise_mismatches(executable: Path) -> dict[int, int]:
    """Mismatches by place in MODES, over every accumulator value."""
    rows = list(range(1 << ACC))
    found = run_vectors(executable, rows, 96, len(MODES) * OUT)
    wrong: dict[int, int] = {}
    for row, bits in zip(rows, found, strict=True):
        acc = row - (1 << ACC) if row >> (ACC - 1) else row
        for place, mode in enumerate(MODES):
            expected = requantised(acc, **mode) & ((1 << mode["width"]) - 1)
            if (bits >> (place * OUT)) & ((1 << OUT) - 1) != expected:
                wrong[place] = wrong.get(place, 0) + 1
    return wrong


def test_requantise_every_mode_and_value(tmp_path: Path) -> None:
    executable = verilate_vectors(tmp_path / "good", _requantise_bench(), 96, len(MODES) * OUT)
    assert _requantise_mismatches(executable) == {}


def test_requantise_without_the_tie_rule_fails(tmp_path: Path) -> None:
    text = (RTL / "requantise.v").read_text()
    rule = "((|wide[SHIFT-2:0]) || wide[SHIFT])"
    assert text.count(rule) == 1
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "requantise.v").write_text(text.replace(rule, "1'b1"))
    executable = verilate_vectors(
        tmp_path / "bad", _requantise_bench(), 96, len(MODES) * OUT, rtl=tmp_path / "rtl"
    )
    wrong = _requantise_mismatches(executable)
    assert wrong
    assert {MODES[place]["rounding"] for place in wrong} == {2}
    assert {MODES[place]["shift"] for place in wrong} <= {2, 5, 11}


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
    arithmetic: dict[str, int]

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
                outputs.append(
                    requantised(
                        acc,
                        a["SHIFT"],
                        a["OUT_WIDTH"],
                        a["OUT_SIGNED"],
                        a["ROUNDING"],
                        a["OVERFLOW"],
                        a["RELU"],
                    )
                )
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
    arithmetic = {
        "INPUT_WIDTH": 5, "INPUT_SIGNED": 1, "WEIGHT_WIDTH": 4, "WEIGHT_SIGNED": 1,
        "BIAS_WIDTH": 6, "BIAS_SIGNED": 1, "PRODUCT_SHIFT": 2, "BIAS_SHIFT": 3,
        "ACC_WIDTH": 14, "SHIFT": 4, "OUT_WIDTH": 7, "OUT_SIGNED": 1,
        "ROUNDING": 1, "OVERFLOW": 1, "RELU": 0,
    }  # fmt: skip
    return Layer("conv2d", shape, live, tuple(taps), 3, 12, arithmetic)


def _dense() -> Layer:
    # 35 live inputs: two full groups and a rest of three.
    live = tuple(place % 8 != 3 for place in range(40))
    taps = tuple((place, place) for place in range(40) if live[place])
    arithmetic = {
        "INPUT_WIDTH": 8, "INPUT_SIGNED": 0, "WEIGHT_WIDTH": 6, "WEIGHT_SIGNED": 0,
        "BIAS_WIDTH": 3, "BIAS_SIGNED": 0, "PRODUCT_SHIFT": 0, "BIAS_SHIFT": 0,
        "ACC_WIDTH": 21, "SHIFT": 8, "OUT_WIDTH": 9, "OUT_SIGNED": 0,
        "ROUNDING": 2, "OVERFLOW": 0, "RELU": 1,
    }  # fmt: skip
    return Layer("dense", {"INPUTS": 40, "UNITS": 2}, live, (taps,), 2, 40, arithmetic)


CELLS, CALQ, CODE = 48, 22, 8
LAYERS = (_convolution(), _dense())
CONVERTER_IN = CELLS * CALQ
CONVERTER_OUT = CELLS * CODE + 9
IN_BITS = CONVERTER_IN + sum(layer.in_bits for layer in LAYERS)
OUT_BITS = CONVERTER_OUT + sum(layer.outputs * layer.arithmetic["OUT_WIDTH"] for layer in LAYERS)


def _layers_bench() -> str:
    instances = [
        f"normaliser #(.CELLS({CELLS}), .CALQ_WIDTH({CALQ}), .CODE_WIDTH({CODE})) u_normaliser ("
        f".calq_i(in_i[{CONVERTER_IN - 1}:0]), .code_o(out_o[{CELLS * CODE - 1}:0]), "
        f".sum_o(out_o[{CELLS * CODE}+:9]));"
    ]
    in_low, out_low = CONVERTER_IN, CONVERTER_OUT
    for layer in LAYERS:
        instances.append(layer.instance(in_low, out_low, f"u_{layer.module}"))
        in_low += layer.in_bits
        out_low += layer.outputs * layer.arithmetic["OUT_WIDTH"]
    return (
        f"module bench (input clk_i, input [{IN_BITS - 1}:0] in_i, "
        f"output [{OUT_BITS - 1}:0] out_o);\n" + "\n".join(instances) + "\nendmodule\n"
    )


@pytest.fixture(scope="module")
def layers_executable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return verilate_vectors(tmp_path_factory.mktemp("layers"), _layers_bench(), IN_BITS, OUT_BITS)


def _converted(calq: Sequence[int]) -> tuple[list[int], int]:
    total = sum(calq)
    if total == 0:
        return [0] * CELLS, 0
    power = total.bit_length() - 1
    codes = [charge * (1 << (CODE - 1)) // (1 << power) for charge in calq]
    if total <= 15:
        return codes, total
    exponent = power - 3
    return codes, exponent << 4 | (total >> (exponent - 1)) & 15


def _charges(generator: np.random.Generator, row: int) -> list[int]:
    if row < 3:
        return [(0, (1 << CALQ) - 1, 1)[row]] * CELLS
    top = 1 << int(generator.integers(0, CALQ + 1))
    sparse = generator.random(CELLS) < generator.random()
    return [int(v) for v in generator.integers(0, top, CELLS) * sparse]


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
        calq = _charges(generator, row)
        codes, module_sum = _converted(calq)
        bits, low = vector(calq, CALQ), CONVERTER_IN
        outputs = {"normaliser": [*codes, module_sum]}
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
    found = {
        "normaliser": [
            *values(bits, CODE, CELLS, False),
            (bits >> (CELLS * CODE)) & 0x1FF,
        ]
    }
    low = CONVERTER_OUT
    for layer in LAYERS:
        width = layer.arithmetic["OUT_WIDTH"]
        signed = bool(layer.arithmetic["OUT_SIGNED"])
        found[layer.module] = values(bits >> low, width, layer.outputs, signed)
        low += layer.outputs * width
    return found


def test_layers_and_normaliser_equal_python_integers(layers_executable: Path) -> None:
    vectors, expected = _stimulus(3000)
    found = [_read(bits) for bits in run_vectors(layers_executable, vectors, IN_BITS, OUT_BITS)]
    assert found == expected
    # The stimulus exercises what it should: dead outputs, saturation, and neither all nor nothing.
    assert () in LAYERS[0].taps
    latents = np.array([row["dense"] for row in expected])
    assert 0.01 < (latents == 511).mean() < 0.9
    assert len({tuple(row["conv2d"]) for row in expected}) > 2900


@pytest.mark.parametrize("block", ["normaliser", "conv2d", "dense"])
def test_one_flipped_input_bit_is_seen(layers_executable: Path, block: str) -> None:
    vectors, expected = _stimulus(40)
    # The top charge bit of cell 0, the top kernel bit of one tap.
    convolution, dense = LAYERS
    place = {
        "normaliser": CALQ - 1,
        "conv2d": CONVERTER_IN + convolution.widths[0] + 3,
        "dense": CONVERTER_IN + convolution.in_bits + dense.widths[0] + 5,
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
