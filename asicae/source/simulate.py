"""A detector-like source of readouts: showers, pileup, noise and front end from one seed.

See ``docs/source.md`` for what it is and what it is not.
"""

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Final

import numpy as np

from asicae.foundation.errors import BadInput
from asicae.foundation.progress import track
from asicae.foundation.threads import worker_count
from asicae.module import detector
from asicae.module.geometry import N_CELLS
from asicae.readout.reading import MAX_MODULES
from asicae.readout.readouts import Readouts, concatenate
from asicae.source import places, showers, spots
from asicae.source.particles import pileup_particles
from asicae.source.read_out import read_out
from asicae.source.settings import SourceSettings
from asicae.source.signals import signal_particles
from asicae.source.together import CROSSINGS, region_for, simulate_crossings

CHUNK: Final = 1024
"""Modules drawn from one child seed; part of what a seed means, so it must not change."""
_MAX_IDLE_CHUNKS: Final = 200  # give up when so many chunks in a row hold no module with charge


def simulate(
    settings: SourceSettings, threads: int | None = None, progress: bool = True
) -> Readouts:
    """Simulate modules; a longer run with the same seed begins with the same modules.

    With ``together`` these are the modules of whole crossings, one crossing after the other.

    Args:
        settings: what to simulate.
        threads: how many work at the same time, by default one a core; the result is the same.
        progress: show how far it is; not where the caller shows that.

    Raises:
        BadInput: settings that leave no module, or no charge in any, or a calibration out of range;
            whole crossings of more modules than memory should hold; fewer than one thread.
    """
    workers = worker_count(threads)
    _teach_malloc()
    if settings.together:
        return _whole_crossings(settings, workers, progress)
    parts: list[Readouts] = []
    delivered, idle = 0, 0
    expected = -(-settings.events // CHUNK)
    bar = iter(track(range(expected), "simulating readouts") if progress else ())
    next(bar, None)
    for part in _chunks(_simulate_chunk, settings, workers):
        idle = 0 if len(part) else idle + 1
        if idle == _MAX_IDLE_CHUNKS:
            raise BadInput(
                f"threshold_mip_t {settings.threshold_mip_t:g}: none of {idle * CHUNK} modules"
                " holds any charge, allowed are settings that leave some (or drop_empty false)"
            )
        parts.append(part.select(slice(0, settings.events - delivered)))
        delivered += len(parts[-1])
        if delivered // CHUNK > (delivered - len(parts[-1])) // CHUNK:
            next(bar, None)
        if delivered == settings.events:
            break
    for _ in bar:
        pass
    return concatenate(parts)


def _whole_crossings(settings: SourceSettings, workers: int, progress: bool) -> Readouts:
    modules = settings.events * len(region_for(settings).modules)
    if modules > MAX_MODULES:
        raise BadInput(
            f"events is {settings.events}, together of {modules} modules; allowed are {MAX_MODULES}"
        )
    wanted = -(-settings.events // CROSSINGS)
    chunks = _chunks(simulate_crossings, settings, workers)
    try:
        first = islice(chunks, wanted)
        parts = list(track(first, "simulating crossings", wanted) if progress else first)
    finally:
        chunks.close()
    every = concatenate(parts)
    every = every.select(every.event < settings.events)
    if not len(every):
        raise BadInput(
            f"threshold_mip_t {settings.threshold_mip_t:g}: none of {modules} modules holds any"
            " charge, allowed are settings that leave some (or drop_empty false)"
        )
    return every


def _teach_malloc() -> None:
    """Free one large block: glibc then keeps freed memory up to twice its size for the next arrays,
    which would otherwise be mapped and faulted in page by page for every chunk."""
    block = np.empty(30 << 20, dtype=np.uint8)
    del block


def _chunks(
    simulated: Callable[[SourceSettings, int], Readouts], settings: SourceSettings, threads: int
) -> Generator[Readouts, None, None]:
    """Chunk after chunk without end, a few of them always in the making."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Readouts]] = deque()
        chunk = 0
        try:
            while True:
                while len(waiting) < 2 * threads:
                    waiting.append(pool.submit(simulated, settings, chunk))
                    chunk += 1
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _simulate_chunk(settings: SourceSettings, chunk: int) -> Readouts:
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([settings.seed, chunk])))
    modules = _draw_modules(settings, rng)
    levels = np.array(settings.pileup_levels, dtype=np.int64)
    collisions = levels[rng.integers(0, len(levels), CHUNK)]
    mips = np.zeros((CHUNK, N_CELLS))
    energy = np.zeros(CHUNK)
    if settings.mixture == "signal":
        momenta = (settings.pt_min_gev, settings.pt_max_gev)
        signal = signal_particles(modules, settings.shares, momenta, rng)
        mips += spots.deposit(signal, modules, rng)
        energy = (mips * modules.present).sum(axis=1) * showers.energy_per_mip()[modules.layer - 1]
    if levels.any():
        mips += spots.deposit(pileup_particles(modules, collisions, rng), modules, rng)
    return read_out(settings, modules, mips, energy, collisions, rng)


def _draw_modules(settings: SourceSettings, rng: np.random.Generator) -> detector.Modules:
    """Modules of a chunk, drawn by their weights."""
    borders = places.borders(
        settings.partial, settings.layers, settings.hadronic_share, settings.links,
        settings.radius_cm,
    )  # fmt: skip
    drawn = np.searchsorted(borders, rng.random(CHUNK) * borders[-1], side="right")
    return detector.modules(settings.partial).at(drawn)
