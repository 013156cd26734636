"""The bench of requantisers and accumulators: what it is given, and what golden reaches with it.

Its sources lie under ``verification/arithmetic/``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import OVERFLOW_NUMBER, ROUNDING_NUMBER
from asicae.estimation.verilog_sources import VerilogSources
from asicae.foundation.archives import write_npz
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import CheckFailed
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.graph import INPUT
from asicae.network.ops.dense import Dense
from asicae.network.plan import Operand, WeightedPlan
from asicae.simulation.builds.verilated_bench import Build, build
from asicae.simulation.regression.bench import BenchRun, run

TOP: Final = "arithmetic"
BENCH: Final = "verification.arithmetic.bench_arithmetic"
NUMBER_BITS, SHIFT, OUT_BITS = 7, 2, 3
TAPS, OPERAND_BITS, BIAS_FRACTION = 5, 3, 2
PORTS: Final = ("number_i", "number_o", "data_i", "weight_i", "bias_i", "sum_o", "OPERAND")
"""What the bench touches of the top."""
DRAWN: Final = 200
"""Vectors of operands beside those at the ends of their types."""
SIGNED: Final = (False, True)


@dataclass(frozen=True)
class Mode:
    """A way to bring numbers into a type of ``OUT_BITS`` bits."""

    rounding: Rounding
    overflow: Overflow
    signed: bool
    relu: bool

    @property
    def name(self) -> str:
        """Such as ``fixed, RND, SAT, ReLU``."""
        kind = "fixed" if self.signed else "ufixed"
        return ", ".join([kind, self.rounding, self.overflow, *(["ReLU"] if self.relu else [])])

    @property
    def type(self) -> FixedPoint:
        """Whole numbers."""
        return FixedPoint(OUT_BITS, OUT_BITS, self.signed, self.rounding, self.overflow)

    def golden(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Bits of what golden makes of numbers with ``SHIFT`` fractional bits."""
        cast = self.type.cast(numbers, SHIFT)
        return self.type.unsigned_bits(np.maximum(cast, 0) if self.relu else cast)

    def reached(self, numbers: npt.NDArray[np.int64]) -> dict[str, int]:
        """How many of the numbers are treated in each way that there is."""
        rounded, down = self.type.rounded(numbers, SHIFT), numbers >> SHIFT
        exact = numbers == down << SHIFT
        low, high = self.type.limits
        found = {
            "exact": exact,
            "rounded up": ~exact & (rounded > down),
            "rounded down": ~exact & (rounded == down),
            "halfway": self.type.ties(numbers, SHIFT),
            "above the range": rounded > high,
            "below the range": rounded < low,
            "in the range": (rounded >= low) & (rounded <= high),
        }
        return {name: int(np.count_nonzero(hits)) for name, hits in found.items()}


def modes() -> tuple[Mode, ...]:
    """All, in the order of ``arithmetic.v``."""
    choices = product((False, True), SIGNED, Overflow, Rounding)
    ordered = sorted(
        (relu, signed, OVERFLOW_NUMBER[o], ROUNDING_NUMBER[r], o, r)
        for relu, signed, o, r in choices
    )
    return tuple(Mode(r, o, signed, relu) for relu, signed, _, _, o, r in ordered)


@dataclass(frozen=True)
class Signs:
    """Which operands of a neuron have a sign."""

    bias: bool
    weight: bool
    data: bool

    @property
    def name(self) -> str:
        """Such as ``signed input, unsigned weight, signed bias``."""
        parts = {"input": self.data, "weight": self.weight, "bias": self.bias}
        return ", ".join(f"{'' if sign else 'un'}signed {part}" for part, sign in parts.items())

    @property
    def plan(self) -> WeightedPlan:
        """The layer that the neuron is one output of."""
        weight = FixedPoint(OPERAND_BITS, OPERAND_BITS, self.weight)
        bias = FixedPoint(OPERAND_BITS, OPERAND_BITS + BIAS_FRACTION, self.bias)
        data = FixedPoint(OPERAND_BITS, OPERAND_BITS, self.data)
        output = FixedPoint(16, 16)
        layer = Dense(name="sum", units=1, weight=weight, bias=bias, output=output, relu=False)
        operand = Operand(INPUT, (1, 1, TAPS), data, data.raw_min, (True,) * TAPS)
        return WeightedPlan.placed(layer, (operand,))

    def golden(self, vectors: Mapping[str, npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
        """Accumulators (n,) of the bits of ``data``, ``weight`` (n, taps) and ``bias`` (n,)."""
        plan = self.plan
        data, weight, bias = (
            kind.from_bits(vectors[name])
            for name, kind in (
                ("data", plan.input_type),
                ("weight", plan.layer.weight),
                ("bias", plan.layer.bias),
            )
        )
        rows = zip(data, weight, bias, strict=True)
        return np.array([_accumulator(plan, *row) for row in rows])


def _accumulator(
    plan: WeightedPlan, data: npt.NDArray[np.int64], weight: npt.NDArray[np.int64], bias: np.int64
) -> int:
    arrays = {
        plan.kernel.name: weight.reshape(plan.kernel.shape),
        plan.bias.name: np.array([bias]).reshape(plan.bias.shape),
    }
    return int(plan.accumulators(arrays, data[None, :])[0, 0])


def signs() -> tuple[Signs, ...]:
    """All, in the order of ``arithmetic.v``."""
    return tuple(Signs(*choice) for choice in product(SIGNED, SIGNED, SIGNED))


def vectors(seed: int) -> dict[str, npt.NDArray[np.int64]]:
    """Operands as bits: all data, all weights and the bias at each end of a type, then drawn."""
    ends = sorted({0, 1 << OPERAND_BITS - 1, (1 << OPERAND_BITS - 1) - 1, (1 << OPERAND_BITS) - 1})
    corners = np.array(list(product(ends, ends, ends)), dtype=np.int64)
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, 1 << OPERAND_BITS, (DRAWN, 2 * TAPS + 1))
    data, weight = (
        np.concatenate([np.repeat(corners[:, k : k + 1], TAPS, axis=1), part])
        for k, part in enumerate((drawn[:, :TAPS], drawn[:, TAPS:-1]))
    )
    return {
        "data": data,
        "weight": weight,
        "bias": np.concatenate([corners[:, 2], drawn[:, -1]]),
    }


def numbers() -> npt.NDArray[np.int64]:
    """Every one of ``NUMBER_BITS`` bits, with a sign."""
    return np.arange(1 << NUMBER_BITS, dtype=np.int64) - (1 << NUMBER_BITS - 1)


def build_arithmetic(
    rtl: Path | None = None, *, coverage: bool = False, cache: Path | None = None
) -> tuple[Build, list[Path]]:
    """The bench on the Verilog of ``rtl``, and the files of that.

    Raises:
        BadInput, MissingTool, CheckFailed: as ``verilated_bench.build``.
    """
    own = asset_folder("verification") / TOP / f"{TOP}.v"
    files = sorted((rtl or asset_folder("rtl")).glob("*.v"))
    below = [
        path for block in ("requantise", "neuron") for path in VerilogSources(files).below(block)
    ]
    sources = list(dict.fromkeys(below))
    built = build(
        [*sources, own],
        TOP,
        visible={TOP: PORTS},
        parameters=_parameters(),
        quick=True,
        uncovered=(own.name,) if coverage else None,
        cache=cache,
    )
    return built, sources


def _parameters() -> dict[str, int]:
    first = signs()[0].plan
    widths = [choice.plan.accumulator_width for choice in signs()]
    packed = [
        sum(width << 8 * place for place, width in enumerate(half))
        for half in (widths[:4], widths[4:])
    ]
    return {
        "ACC_WIDTH": NUMBER_BITS,
        "SHIFT": SHIFT,
        "OUT_WIDTH": OUT_BITS,
        "TAPS": TAPS,
        "OPERAND": OPERAND_BITS,
        "PRODUCT_SHIFT": first.product_shift,
        "BIAS_SHIFT": first.bias_shift,
        "WIDTHS_OF_UNSIGNED_BIAS": packed[0],
        "WIDTHS_OF_SIGNED_BIAS": packed[1],
    }


def run_arithmetic(built: Build, folder: Path, seed: int) -> BenchRun:
    """Both tests, with golden of what they drive."""
    drawn = vectors(seed)
    whole = np.stack([mode.golden(numbers()) for mode in modes()], axis=1)
    sums = np.stack([choice.golden(drawn) for choice in signs()], axis=1)
    bits = numbers() & ((1 << NUMBER_BITS) - 1)
    folder.mkdir(parents=True, exist_ok=True)
    write_npz(folder / "golden.npz", {"number": bits, "numbers": whole, "sums": sums, **drawn})
    return run(built, BENCH, folder, seed=seed)


def reached(results: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """What was compared with golden, by name, and how often; nothing where it did not happen.

    Raises:
        CheckFailed: the bench compared other numbers than all.
    """
    driven = results.get("modes", {"numbers": 0})["numbers"]
    if driven not in (0, len(numbers())):
        raise CheckFailed(f"{BENCH}: {driven} numbers compared, there are {len(numbers())}")
    for mode in modes():
        for name, count in mode.reached(numbers()).items():
            yield f"mode: {mode.name}, {name}", count if driven else 0
    found = results.get("sums", {})
    for number, choice in enumerate(signs()):
        low, high = choice.plan.accumulator_range
        for name, wanted, seen in (
            ("smallest", low, found.get("lowest")),
            ("largest", high, found.get("highest")),
        ):
            hit = seen is not None and seen[number] == wanted
            yield f"accumulator: {name} of {choice.name}", int(hit)
