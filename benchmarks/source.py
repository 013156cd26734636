"""Modules per second of the synthetic source, beside the same physics module by module."""

import time

import numpy as np

from asicae.readout import detector, frontend, spots
from asicae.readout.particles import pileup_particles
from asicae.readout.signals import signal_particles
from asicae.readout.source import SourceSettings, simulate

EVENTS = 100_000
SINGLY = 300
MIXTURES = {
    "signal over pileup 0/140/200": SourceSettings(events=EVENTS),
    "jets over pileup 200": SourceSettings(
        events=EVENTS, electrons=0, photons=0, pions=0, jets=1, pileup=(200,)
    ),
    "pileup 200": SourceSettings(events=EVENTS, mixture="pileup"),
}


def rate(settings: SourceSettings, threads: int | None) -> tuple[float, float]:
    """(modules per second, microseconds of processor time per module), best of three.

    Delivered modules: those without charge are simulated too, and dropped.
    """
    rates, costs = [], []
    for _ in range(3):
        begin, used = time.perf_counter(), time.process_time()
        simulate(settings, threads)
        rates.append(settings.events / (time.perf_counter() - begin))
        costs.append(1e6 * (time.process_time() - used) / settings.events)
    return max(rates), min(costs)


def module_by_module(settings: SourceSettings) -> float:
    """Delivered modules per second of a loop over single modules."""
    every = detector.modules()
    weight = every.radius_cm**-2 / (every.radius_cm**-2).sum()
    rng = np.random.default_rng(1)
    drawn = rng.choice(len(every), SINGLY, p=weight)
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
        delivered += int((calq > 0).any())
    return delivered / (time.perf_counter() - begin)


def main() -> None:
    print(f"modules delivered per second, best of 3 runs of {EVENTS:,}; processor time")
    for name, settings in MIXTURES.items():
        base = module_by_module(settings)
        print(f"{name}\n  module by module (baseline) {base:10,.0f} /s")
        for label, threads in (("one thread", 1), ("a thread a core", None)):
            value, cost = rate(settings, threads)
            print(f"  {label:27} {value:10,.0f} /s   x{value / base:.0f}, {cost:.0f} µs each")


if __name__ == "__main__":
    main()
