"""Products that the weights alone decide, summed ahead: dense layers against plain integers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copy

import numpy as np
import pytest

from asicae.chip.blocks import Sized
from asicae.chip.configuration import Configuration
from asicae.chip.design import design_of
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint
from asicae.network.ops.dense import Dense as DenseLayer
from tests.support.rtl_harness import RTL, parameter_text, run_vectors, values, verilate_vectors

SHARED = ("folded/dense", "still_neuron", "requantise")
TREES = (*SHARED, "radix4/neuron", "radix4_sum", "radix4_digit", "bit_heap", "full_adder")
PLAIN = (*SHARED, "neuron", "mac")
IN_BITS, ROWS, WRAP = 320, 300, 3


@dataclass(frozen=True)
class Dense:
    """Parameters of a layer that shows its accumulators; ``still``: bit p is position p."""

    positions: int
    channels: int
    still: int
    live: int
    data: tuple[int, bool]
    weight: tuple[int, bool]
    bias: tuple[int, bool]
    shifts: tuple[int, int] = (0, 0)
    units: int = 2
    width: int = 24

    @property
    def inputs(self) -> int:
        return self.positions * self.channels

    @property
    def bits(self) -> int:
        """Of the answer."""
        return self.units * self.width

    def instance(self, low: int, name: str) -> str:
        size, weight = self.channels * self.data[0], self.inputs * self.units * self.weight[0]
        data = self.positions * size
        slices = ", ".join(f"in_i[{place * size}+:{size}]" for place in reversed(self.sources))
        given: dict[str, int | str] = {
            "INPUTS": self.inputs,
            "UNITS": self.units,
            "ACC_WIDTH": self.width,
            "SHIFT": 0,
            "OUT_WIDTH": self.width,
            "OUT_SIGNED": 1,
            "ROUNDING": 0,
            "OVERFLOW": WRAP,
            "RELU": 0,
            "PRODUCT_SHIFT": self.shifts[0],
            "BIAS_SHIFT": self.shifts[1],
            "LIVE": f"{self.inputs}'d{self.live}",
            "CHANNELS": self.channels,
            "STILL": f"{self.positions}'d{self.still}",
        }
        for operand, (width, signed) in (
            ("INPUT", self.data),
            ("WEIGHT", self.weight),
            ("BIAS", self.bias),
        ):
            given |= {f"{operand}_WIDTH": width, f"{operand}_SIGNED": int(signed)}
        return (
            f"dense #({parameter_text(given)}) {name} (.data_i({{{slices}}}), "
            f".kernel_i(in_i[{data}+:{weight}]), "
            f".bias_i(in_i[{data + weight}+:{self.units * self.bias[0]}]), "
            f".data_o(out_o[{low}+:{self.bits}]));"
        )

    @property
    def sources(self) -> list[int]:
        """Of each position that of which it has the values: all still ones share the first's."""
        still = [place for place in range(self.positions) if self.still >> place & 1]
        return [still[0] if place in still else place for place in range(self.positions)]

    def expected(self, row: int) -> int:
        given = values(row, self.data[0], self.inputs, self.data[1])
        channel = range(self.channels)
        data = [given[place * self.channels + c] for place in self.sources for c in channel]
        row >>= self.inputs * self.data[0]
        count = self.inputs * self.units
        weight = values(row, self.weight[0], count, self.weight[1])
        bias = values(row >> count * self.weight[0], self.bias[0], self.units, self.bias[1])
        answer = 0
        for unit in range(self.units):
            live = [index for index in range(self.inputs) if self.live >> index & 1]
            total = sum(data[index] * weight[index * self.units + unit] for index in live)
            total = (total << self.shifts[0]) + (bias[unit] << self.shifts[1])
            answer |= (total & ((1 << self.width) - 1)) << unit * self.width
        return answer


def _layers() -> Iterator[Dense]:
    signed, unsigned = (6, True), (6, False)
    all_live = (1 << 12) - 1
    yield Dense(4, 3, 0b1010, all_live, (8, False), signed, signed)
    yield Dense(4, 3, 0b0111, all_live, (8, True), signed, unsigned, (2, 0))
    yield Dense(6, 2, 0b100111, all_live, (5, False), unsigned, signed, (0, 3))
    yield Dense(12, 1, 0b000001000000, all_live, (3, False), (2, True), (9, True), (0, 5))
    yield Dense(3, 4, 0, 0b011111011011, (8, False), signed, signed)


LAYERS = tuple(_layers())
FOLDING = {number for number, layer in enumerate(LAYERS) if layer.still}


def _wrong(folder: Path, names: tuple[str, ...], mutation: tuple[str, str, str] | None) -> set[int]:
    """The layers of ``LAYERS`` of which an answer is wrong, as built from the files ``names``."""
    rtl = folder / "rtl"
    rtl.mkdir(parents=True)
    for name in names:
        copied = Path(copy(RTL / f"{name}.v", rtl))
        if mutation is not None and mutation[0] == copied.stem:
            text = copied.read_text()
            assert text.count(mutation[1]) == 1
            copied.write_text(text.replace(mutation[1], mutation[2]))
    instances, low = [], 0
    for number, layer in enumerate(LAYERS):
        instances.append(layer.instance(low, f"u_{number}"))
        low += layer.bits
    ports = f"input clk_i, input [{IN_BITS - 1}:0] in_i, output [{low - 1}:0] out_o"
    bench = f"module bench ({ports});\n" + "\n".join(instances) + "\nendmodule\n"
    executable = verilate_vectors(folder / "build", bench, IN_BITS, low, rtl=rtl)
    generator = np.random.default_rng(6)
    rows = [int.from_bytes(generator.bytes(IN_BITS // 8), "little") for _ in range(ROWS)]
    rows += [0, (1 << IN_BITS) - 1, ((1 << IN_BITS) - 1) // 3, ((1 << IN_BITS) - 1) // 255 * 128]
    wrong = set()
    for row, found in zip(rows, run_vectors(executable, rows, IN_BITS, low), strict=True):
        start = 0
        for number, layer in enumerate(LAYERS):
            if found >> start & ((1 << layer.bits) - 1) != layer.expected(row):
                wrong.add(number)
            start += layer.bits
    return wrong


@pytest.mark.build
@pytest.mark.parametrize("names", [PLAIN, TREES], ids=["plain", "trees"])
def test_layers_equal_integers(names: tuple[str, ...], tmp_path: Path) -> None:
    assert _wrong(tmp_path, names, None) == set()


MUTATIONS = {
    "a position less": (("still_neuron", "position < POSITIONS;", "position < 1;"), {0, 1, 2}),
    "still inputs twice": (
        ("dense", "live[index] && !still[index/CHANNELS]", "live[index]"),
        FOLDING,
    ),
}


@pytest.mark.build
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_is_found(name: str, tmp_path: Path) -> None:
    mutation, where = MUTATIONS[name]
    assert _wrong(tmp_path, PLAIN, mutation) == where


FOLDED = Configuration(mac="radix4")


def _parameters(network: Network, configuration: Configuration = FOLDED) -> list[dict[str, object]]:
    path = design_of(network, configuration).data_path
    return [dict(block.parameters) for block in path if block.layer is not None]


def test_the_positions_without_a_cell_are_still() -> None:
    """Of 4 x 4 positions the quarter that sees no cell."""
    econ_t = Network.preset("econ-t")
    still = np.zeros((4, 4), bool)
    still[2:, 2:] = True
    mask = sum(1 << int(place) for place in np.flatnonzero(still))
    assert _parameters(econ_t) == [{}, {"CHANNELS": 8, "STILL": Sized(mask, 16)}]
    assert _parameters(econ_t, Configuration()) == [{}, {}]
    assert _parameters(Network.preset("econ-t-4x4x3"))[1]["STILL"] == Sized(0, 16)


def test_layers_behind_cells_and_behind_dense_ones_have_nothing_still() -> None:
    kind, data = FixedPoint(6, 1, True), FixedPoint(8, 1, False)
    layers = tuple(
        DenseLayer(name=f"d{units}", units=units, weight=kind, bias=kind, output=data)
        for units in (20, 16)
    )
    flat = Network(name="flat", arrangement="flat", input=data, layers=layers)
    assert _parameters(flat) == [
        {"CHANNELS": 48, "STILL": Sized(0, 1)},
        {"CHANNELS": 20, "STILL": Sized(0, 1)},
    ]
