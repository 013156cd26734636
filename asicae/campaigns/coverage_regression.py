"""The simulations whose coverage is added up: control, blocks, chips, encoders."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from asicae.campaigns import control_bench
from asicae.campaigns.arithmetic_bench import TOP, build_arithmetic, reached, run_arithmetic
from asicae.campaigns.block_benches import BENCHES, SIZES
from asicae.campaigns.coverage_points import Counts, parsed
from asicae.campaigns.every_kind import covered_network, every_kind
from asicae.campaigns.functional_coverage import (
    PRESET,
    Points,
    control_points,
    regression_points,
)
from asicae.campaigns.judged_coders import JUDGED_CODERS
from asicae.chip.configuration import Configuration
from asicae.chip.design import design_of
from asicae.chip.microarchitectures import NAIVE, configuration_of, label_of
from asicae.chip.weight_files.files import write_image
from asicae.estimation.verilog_sources import VerilogSources
from asicae.export.case import prepare_set, write_case
from asicae.export.rtl import export_rtl, hand_written
from asicae.foundation.assets import asset_folder
from asicae.foundation.files import read_text
from asicae.foundation.progress import step
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.builds.verilated_bench import COVERAGE_FILE, build, listed_sources
from asicae.simulation.directed_events import with_directed
from asicae.simulation.drawn import DrawnChip
from asicae.simulation.regression.bench import run
from asicae.simulation.regression.verify import build_chip

EVENTS: Final = 60
"""Of the synthetic source; directed ones come behind."""
ENCODER_EVENTS: Final = 2000
"""Of each encoder of frames, drawn."""
BLOCKS: Final = tuple(block for block in BENCHES if block != "i2c_target")
"""With benches that count; of the I2C target the bench of control covers everything."""
LIMIT_BYTES: Final = 1 << 28
"""Of a file that Verilator writes."""


@dataclass(frozen=True)
class Simulated:
    """One simulation.

    Attributes:
        name: what it is called.
        counts: of the Verilog.
        points: of the description.
    """

    name: str
    counts: Counts = field(default_factory=Counts)
    points: Points = field(default_factory=Points)


def control(
    folder: Path, seed: int, transfers: int, rtl: Path | None = None, cache: Path | None = None
) -> Simulated:
    """Random transfers with the bench of control, and an upset of each of its flip-flops.

    Raises:
        CheckFailed: the chip is not as the model of the bench.
    """
    verilog = control_bench.sources(rtl)
    bench = control_bench.build(verilog, quick=True, coverage=True, cache=cache)
    step(f"coverage: control, {transfers} transfers")
    path = folder / COVERAGE_FILE
    answer = bench.run(seed, transfers, coverage=path).check()
    files = {control_bench.placed(file): file for file in verilog}
    return Simulated("control", counted(path, files), control_points(answer))


def arithmetic(folder: Path, seed: int, cache: Path | None = None) -> Simulated:
    """Every mode of requantisers, and accumulators at their ends.

    Raises:
        CheckFailed: something differs from golden.
    """
    step("coverage: arithmetic")
    built, sources = build_arithmetic(coverage=True, cache=cache)
    results = run_arithmetic(built, folder, seed).check().results
    files = {path.name: path.name for path in sources}
    return Simulated(TOP, counted(folder / COVERAGE_FILE, files), Points(dict(reached(results))))


def regression(folder: Path, seed: int, cache: Path | None = None) -> Simulated:
    """What the regression of any chip reaches of one of the presets; its Verilog counts nothing."""
    return Simulated(
        f"regression of {PRESET}", points=regression_points(folder, seed, EVENTS, cache)
    )


def encoder(name: str, folder: Path, seed: int, cache: Path | None = None) -> Iterator[Simulated]:
    """One of ``JUDGED_CODERS`` against its algorithm; a chip that is in it counts as one.

    Raises:
        CheckFailed: a frame differs.
    """
    coder, path = JUDGED_CODERS[name], folder / COVERAGE_FILE
    step(f"coverage: encoder of {name}")
    coder.compare(coder.export(folder), ENCODER_EVENTS, seed, cache, coverage=path)
    hand = asset_folder("rtl")
    files = {one.name: one.relative_to(hand).as_posix() for one in coder.sources}
    yield Simulated(f"encoder of {name}", counted(path, files))


def block_benches(
    block: str, folder: Path, seed: int, rtl: Path | None = None, cache: Path | None = None
) -> Iterator[Simulated]:
    """The benches of one block.

    Raises:
        CheckFailed: one of their tests fails.
    """
    place = (rtl or asset_folder("rtl")).resolve()
    below = VerilogSources(sorted(place.glob("*.v"))).below(block)
    sizes = SIZES.get(block, {})
    step(f"coverage: block {block}")
    built = build(below, block, parameters=sizes, quick=True, uncovered=(), cache=cache)
    files = {path.name: path.relative_to(place).as_posix() for path in below}
    for bench in BENCHES[block]:
        work = folder / bench
        run(built, f"verification.{bench}", work, seed=seed).check()
        name = f"{block}: {bench.rpartition('.')[2]}"
        yield Simulated(name, counted(work / COVERAGE_FILE, files))


def counted(path: Path, files: Mapping[str, str]) -> Counts:
    """What a simulation left; ``files`` as in ``coverage_points.parsed``."""
    return parsed(read_text(path, LIMIT_BYTES), files, str(path))


@dataclass(frozen=True)
class Chip:
    """A chip and the benches of whole chips that it goes through."""

    network: Network
    configuration: Configuration
    benches: tuple[str, ...]

    @property
    def name(self) -> str:
        """Whose chip it is, and how it is built."""
        return f"{self.network.name} as {label_of(self.configuration)}"


def chips() -> tuple[Chip, ...]:
    """Between them they have all hand-written files."""
    latches = configuration_of("naive", {"bank": "latch", "weight_sets": 2})
    folded = configuration_of("lean", {"reuse": 2})
    network = covered_network()
    return (
        Chip(every_kind(), NAIVE, ("bench_top",)),
        Chip(network, latches, ("bench_weight_sets", "bench_upsets")),
        Chip(network, folded, ("bench_top", "bench_upsets")),
    )


def chip_benches(
    chip: Chip, folder: Path, seed: int, cache: Path | None = None
) -> Iterator[Simulated]:
    """The benches of one chip, with two weight sets of which each bit differs.

    Raises:
        CheckFailed: one of their tests fails.
    """
    network = chip.network
    export_rtl(network, folder / "chip", chip.configuration)
    rtl = folder / "chip" / "rtl"
    step(f"coverage: chip {chip.name}")
    built = build_chip(network, rtl, inner=True, quick=True, coverage=True, cache=cache)
    hand = {
        path.read_bytes(): path for path in hand_written(chip.configuration, kinds=network.kinds)
    }
    files = {
        path.name: hand[path.read_bytes()].relative_to(asset_folder("rtl")).as_posix()
        for path in listed_sources(rtl)
        if path.read_bytes() in hand
    }
    drawn = DrawnChip(network, chip.configuration, seed).lively(EVENTS)
    calq = with_directed(drawn.encoder, drawn.calq(EVENTS), seed)
    weights = [drawn.encoder.weights, complement(network, drawn.encoder.weights)]
    sets = [prepare_set(network, (f"set {n}", each), calq) for n, each in enumerate(weights)]
    for bench in chip.benches:
        work = folder / bench
        work.mkdir()
        write_case(design_of(network, chip.configuration), sets, work)
        if chip.configuration.weight_sets == 2:
            write_image(work, "beside", Encoder(network, weights[1]), weight_set=1)
        run(built, f"verification.top.{bench}", work, seed=seed).check()
        yield Simulated(f"{chip.name}: {bench}", counted(work / COVERAGE_FILE, files))


def complement(network: Network, weights: Weights) -> Weights:
    """Weights of which every bit is the other."""
    types = {p.name: p.type for plan in network.weighted for p in (plan.kernel, plan.bias)}
    arrays = {
        name: types[name].raw_min + types[name].raw_max - array
        for name, array in weights.arrays.items()
    }
    return Weights.checked(network, arrays, weights.keep)
