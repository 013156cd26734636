"""The proof that the RTL equals golden: every word of every weight set, through I2C and TMR."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from asicae.chip import golden, triplication
from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.design import PERIOD_NS, TOP, Design, design_of
from asicae.chip.image import keep_bytes, keep_from_bytes, pack, unpack
from asicae.chip.registers import register_map
from asicae.export.check import listed_files
from asicae.foundation.archives import write_npz
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.files import write_json
from asicae.foundation.progress import step
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.simulation import stimulus, testplan
from asicae.simulation.bench import BenchRun, run
from asicae.simulation.build import Build, build

BENCH = "verification.top.bench_top"
LOAD_HZ = 1_000_000
FAST_HZ = 2_000_000
"""SCL of read-backs and of all loads but the first: the target follows it, and it saves time."""
FREQUENCY_TOLERANCE = 0.01
MIN_NONZERO = 0.2
STRESS_SET = "stress"
Mutation = Literal["weight", "expected"]
NamedWeights = tuple[str, Weights]


@dataclass(frozen=True)
class Verification:
    """A regression that passed.

    ``metrics`` is flat, with the keys of metrics.json; ``build_seconds`` is zero when the build
    was found in the cache.
    """

    metrics: dict[str, float | int | str]
    junit: Path
    waves: Path | None
    build_seconds: float
    run_seconds: float


def verify(
    network: Network,
    weight_sets: Sequence[NamedWeights],
    calq: npt.NDArray[np.integer],
    rtl_folder: Path,
    out_folder: Path,
    *,
    mutate: Mutation | None = None,
    events: int = 2000,
    waves: bool = False,
    seed: int = 1,
    cache: Path | None = None,
) -> Verification:
    """Prove that the RTL in ``rtl_folder`` equals golden on every latent and every sum.

    ``calq`` is (n, 48) in AE order, n >= ``events``; ``events`` of them are streamed with each
    weight set, with directed events behind. When the given sets reach no saturated latent or no
    rounding tie, a set of large weights named "stress" is loaded as well. ``mutate`` plants one
    error, one bit of one weight on its way into the chip or of one expected word, and must make
    the regression fail. JUnit XML, log and waves are left in ``out_folder``.

    Raises:
        BadInput: fewer CALQ than ``events``, no weight set, RTL that is not there.
        MissingTool: Verilator, cocotb or the compiler is not installed.
        CheckFailed: any difference, any failed test, an SCL that is not 1 MHz on the wire, or a
            stimulus that would prove too little.
    """
    if not weight_sets:
        raise BadInput("weight sets: found none, at least one is to be loaded")
    given = stimulus.check_calq(calq, events)
    prepared, figures = _prepare(network, weight_sets, given, seed)
    if mutate is not None:
        prepared[0] = mutated(network, prepared[0], mutate, seed)
    out_folder.mkdir(parents=True, exist_ok=True)
    write_case(network, prepared, out_folder)
    step(f"building the simulation of {network.name}")
    built = build_chip(network, rtl_folder, waves=waves, cache=cache)
    step(f"streaming {len(prepared)} weight sets of {len(given)} events and more")
    finished = run(built, BENCH, out_folder, seed=seed, waves=waves)
    _report_goals(finished, out_folder)
    finished.check()
    figures |= _measured(design_of(network), finished)
    write_json(out_folder / "metrics.json", figures)
    return Verification(figures, finished.junit, finished.waves, built.seconds, finished.seconds)


def build_chip(
    network: Network,
    rtl_folder: Path,
    *,
    inner: bool = False,
    waves: bool = False,
    quick: bool = False,
    cache: Path | None = None,
) -> Build:
    """Verilate asicae_top as exported for ``network``; ``inner`` opens the triplicated flip-flops.

    Raises:
        BadInput: the folder is no export (see ``listed_files``).
        CheckFailed: Verilator refuses the sources.
    """
    visible = {TOP: [port.name for port in design_of(network).ports]}
    if inner:
        visible[triplication.COPY_MODULE] = [triplication.STATE]
    sources = rtl_sources(rtl_folder)
    return build(sources, TOP, visible=visible, waves=waves, quick=quick, cache=cache)


def rtl_sources(rtl_folder: Path) -> list[Path]:
    """Absolute paths of the Verilog files of an export; errors as in ``listed_files``."""
    return [path.resolve() for path in listed_files(rtl_folder)]


@dataclass(frozen=True)
class PreparedSet:
    """A weight set with its image, stimulus and the words that golden expects."""

    name: str
    image: bytes
    keep: bytes
    calq: npt.NDArray[np.int32]
    latents: npt.NDArray[np.uint16]
    sums: npt.NDArray[np.uint16]


def prepare_set(network: Network, named: NamedWeights, calq: stimulus.Calq) -> PreparedSet:
    """Image and expected words of one weight set on ``calq`` (n, 48)."""
    name, weights = named
    expected = golden.run(network, weights, calq)
    image, keep = pack(network, weights), keep_bytes(network, weights)
    return PreparedSet(name, image, keep, calq, expected.latents, expected.sums)


def write_case(network: Network, sets: Sequence[PreparedSet], folder: Path) -> None:
    """Write what the chip benches read: ``case.json`` and one ``set<i>.npz`` a weight set."""
    chip, design = register_map(network), design_of(network)
    case = {
        "clock_ns": PERIOD_NS,
        "latency_bx": design.latency_bx,
        "ports": {
            port.name: {"width": port.words.width, "count": port.words.count}
            for port in design.ports
        },
        "device": DEVICE_ADDRESS,
        "registers": {
            register.name: {
                "address": register.address,
                "size": register.size,
                "access": register.access,
                "reset": register.reset,
                "masks": {field.name: register.mask(field.name) for field in register.fields},
            }
            for register in chip.registers
        },
        "blocks": [dataclasses.asdict(block) for block in chip.blocks],
        "bank_copies": [
            triplication.copies(register) for register in triplication.bank_registers(network)
        ],
        "load_hz": LOAD_HZ,
        "fast_hz": FAST_HZ,
        "sets": [prepared.name for prepared in sets],
    }
    write_json(folder / "case.json", case)
    for index, prepared in enumerate(sets):
        arrays: dict[str, npt.NDArray[Any]] = {
            "image": np.frombuffer(prepared.image, dtype=np.uint8),
            "keep": np.frombuffer(prepared.keep, dtype=np.uint8),
            "calq": prepared.calq,
            "latents": prepared.latents,
            "sums": prepared.sums,
        }
        write_npz(folder / f"set{index}.npz", arrays)


def _prepare(
    network: Network, weight_sets: Sequence[NamedWeights], calq: stimulus.Calq, seed: int
) -> tuple[list[PreparedSet], dict[str, Any]]:
    chosen = list(weight_sets)
    figures: dict[str, Any] = {}
    totals = {plan.name: stimulus.Coverage(0, 0) for plan in network.plans}
    prepared: list[PreparedSet] = []
    index = 0
    while index < len(chosen):
        name, weights = chosen[index]
        events = stimulus.stimulus(network, weights, calq, seed + index)
        for layer, reached in stimulus.coverage(network, weights, events).items():
            before = totals[layer]
            totals[layer] = stimulus.Coverage(
                before.saturations + reached.saturations, before.ties + reached.ties
            )
        ready = prepare_set(network, chosen[index], events)
        figures[f"stimulus.nonzero.{name}"] = _nonzero(ready)
        prepared.append(ready)
        index += 1
        if index == len(chosen) == len(weight_sets) and stimulus.missing_goals(network, totals):
            chosen.append((STRESS_SET, stimulus.stress_weights(network, seed)))
    missing = stimulus.missing_goals(network, totals)
    if missing:
        raise CheckFailed(f"the stimulus proves too little: it lacks {', '.join(missing)}")
    for layer, total in totals.items():
        figures[f"stimulus.saturations.{layer}"] = total.saturations
        figures[f"stimulus.ties.{layer}"] = total.ties
    return prepared, figures


def _nonzero(prepared: PreparedSet) -> float:
    share = float(np.count_nonzero(prepared.latents) / prepared.latents.size)
    if share < MIN_NONZERO:
        raise CheckFailed(
            f"weight set {prepared.name}: {share:.1%} of the expected words are not zero, "
            f"at least {MIN_NONZERO:.0%} are needed for a proof"
        )
    return share


def mutated(network: Network, prepared: PreparedSet, mutate: Mutation, seed: int) -> PreparedSet:
    """The set with one bit flipped, of one weight or of one expected word, so that it must show.

    Raises:
        CheckFailed: the stimulus is blind for every single weight bit.
    """
    generator = np.random.default_rng(seed)
    if mutate == "expected":
        latents = prepared.latents.copy()
        latents[generator.integers(len(latents)), generator.integers(network.latents)] ^= 1
        return dataclasses.replace(prepared, latents=latents)
    # One wrong bit reaches the chip. Not every bit matters to this stimulus, so one that golden
    # says must show is looked for; the expected words stay those of the right weights.
    keep = keep_from_bytes(network, prepared.keep)
    for bit in generator.permutation(network.weight_bits):
        image = bytearray(prepared.image)
        image[bit // 8] ^= 1 << (bit % 8)
        wrong = golden.run(network, unpack(network, bytes(image), keep), prepared.calq)
        if np.count_nonzero(wrong.latents != prepared.latents):
            return dataclasses.replace(prepared, image=bytes(image))
    raise CheckFailed("no single weight bit changes any expected word: the stimulus is blind")


def _report_goals(finished: BenchRun, folder: Path) -> None:
    module = BENCH.removeprefix("verification.")
    passed = {f"{module}.{outcome.name}": outcome.passed for outcome in finished.outcomes}
    goals = [goal for goal in testplan.load() if goal.stage == "design"]
    write_json(folder / "testplan.json", testplan.verdicts(goals, passed))


def _measured(design: Design, finished: BenchRun) -> dict[str, Any]:
    sets = finished.results["sets"]
    frequency = sets[0]["scl_hz"]
    if abs(frequency / LOAD_HZ - 1) > FREQUENCY_TOLERANCE:
        raise CheckFailed(f"SCL ran at {frequency:.0f} Hz on the wire, {LOAD_HZ} Hz was asked for")
    latencies = sorted({value for entry in sets for value in entry["latency_bx"]})
    if latencies != [design.latency_bx]:
        raise CheckFailed(f"latency: measured {latencies} BX, the contract is {design.latency_bx}")
    intervals = sorted({entry["interval_bx"] for entry in sets})
    if intervals != [design.interval_bx]:
        raise CheckFailed(
            f"initiation interval: measured {intervals} BX, the contract is {design.interval_bx}"
        )
    streamed = sum(entry["sums"] for entry in sets)
    return {
        "exact.golden_vs_rtl.words": sum(entry["words"] for entry in sets),
        "exact.golden_vs_rtl.sums": streamed,
        "exact.golden_vs_rtl.mismatches": sum(entry["mismatches"] for entry in sets),
        "rtl.interval_bx": int(intervals[0]),
        "rtl.latency_bx": latencies[0],
        "weights.load_ms_1mhz": sets[0]["load_ms"],
        "weights.load_scl_hz": frequency,
        "speed.cocotb_per_s": streamed / sum(entry["stream_wall_s"] for entry in sets),
    }
