"""Modules per second of the synthetic source, beside the same physics module by module.

python -m benchmarks.source --out docs/results/source_speed.json
"""

import argparse
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from asicae.campaigns.record import record
from asicae.module import detector
from asicae.module.link_map import CLASSES
from asicae.source import frontend, spots
from asicae.source.particles import pileup_particles
from asicae.source.places import borders
from asicae.source.settings import SourceSettings
from asicae.source.signals import signal_particles
from asicae.source.simulate import simulate

EVENTS = 100_000
SINGLY = 300
PACKAGES = ("numpy", "scipy", "pydantic")


def mixtures(events: int, seed: int) -> dict[str, SourceSettings]:
    """What is measured, by name."""
    jets = {"electrons": 0.0, "photons": 0.0, "pions": 0.0, "jets": 1.0}
    classes = {
        f"class of {links} links, pileup 200": SourceSettings(events=events, seed=seed, links=links)
        for links in CLASSES.values()
    }
    shallow = tuple(range(1, 14, 2))
    whole = SourceSettings(
        events=-(-events // 600), seed=seed, together=True, layers=shallow, pileup=(200,)
    )
    return classes | {
        "whole crossings of layers 1 to 13, signal over pileup 200": whole,
        "signal over pileup 0/140/200": SourceSettings(events=events, seed=seed),
        "jets over pileup 200": SourceSettings(events=events, seed=seed, pileup=(200,), **jets),
        "pileup 200": SourceSettings(events=events, seed=seed, mixture="pileup"),
    }


@dataclass(frozen=True)
class Speed:
    """Delivered modules per second of one mixture, and processor time of each."""

    name: str
    module_by_module: float
    one_thread: float
    thread_a_core: float
    microseconds_each: float


def rate(settings: SourceSettings, threads: int | None) -> tuple[float, float]:
    """(modules per second, microseconds of processor time per module), best of three.

    Delivered modules: those without charge are simulated too, and dropped.
    """
    rates, costs = [], []
    for _ in range(3):
        begin, used = time.perf_counter(), time.process_time()
        modules = len(simulate(settings, threads))
        rates.append(modules / (time.perf_counter() - begin))
        costs.append(1e6 * (time.process_time() - used) / modules)
    return max(rates), min(costs)


def module_by_module(settings: SourceSettings) -> float:
    """Delivered modules per second of a loop over single modules."""
    every = detector.modules()
    weight = every.radius_cm**-2
    rng = np.random.default_rng(1)
    if settings.links is not None:
        weight = np.diff(borders(False, None, 0.0, settings.links, None), prepend=0.0)
    drawn = rng.choice(len(every), SINGLY, p=weight / weight.sum())
    delivered = 0
    begin = time.perf_counter()
    for row in drawn:
        module = every.at(np.array([row]))
        collisions = rng.choice(settings.pileup_levels, 1)
        mips = spots.deposit(pileup_particles(module, collisions, rng), module, rng)
        if settings.mixture == "signal":
            signal = signal_particles(module, settings.shares, (1.0, 100.0), rng)
            mips += spots.deposit(signal, module, rng)
        sent = frontend.link_codes(mips, module, module.present, frontend.FrontEnd(), rng)
        calq = frontend.calibrated(sent, module.wafer_type, module.eta, settings.calq_per_mip_t)
        delivered += int(not settings.drop_empty or (calq > 0).any())
    return delivered / (time.perf_counter() - begin)


def measured(name: str, settings: SourceSettings) -> Speed:
    """The speeds of one mixture, reported as they are found."""
    base = module_by_module(settings)
    print(f"{name}\n  module by module (baseline) {base:10,.0f} /s", flush=True)
    found = []
    for label, threads in (("one thread", 1), ("a thread a core", None)):
        value, cost = rate(settings, threads)
        print(
            f"  {label:27} {value:10,.0f} /s   x{value / base:.0f}, {cost:.0f} µs each", flush=True
        )
        found.append((value, cost))
    (single, cost), (every, _) = found
    return Speed(name, round(base), round(single), round(every), round(cost, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    print(f"modules delivered per second, best of 3 runs of {chosen.events:,}; processor time")
    every = mixtures(chosen.events, chosen.seed)
    speeds = [measured(name, settings) for name, settings in every.items()]
    if chosen.out is not None:
        asked = {"events": chosen.events, "baseline": "module_by_module"}
        figures = {"speeds": [asdict(speed) for speed in speeds]}
        record(chosen.seed, asked, figures, packages=PACKAGES).save(chosen.out)


if __name__ == "__main__":
    main()
