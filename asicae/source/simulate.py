"""A detector-like source of readouts: showers, pileup, noise and front end from one seed.

See ``docs/source.md`` for what it is and what it is not.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import numpy as np

from asicae.foundation.errors import BadInput
from asicae.foundation.progress import track
from asicae.foundation.threads import worker_count
from asicae.module import detector
from asicae.module.geometry import N_CELLS
from asicae.readout.readouts import Readouts, concatenate
from asicae.source import frontend, places, showers, spots
from asicae.source.dead_cells import dead_cells_at
from asicae.source.particles import pileup_particles
from asicae.source.settings import SourceSettings
from asicae.source.signals import signal_particles

CHUNK: Final = 1024
"""Modules drawn from one child seed; part of what a seed means, so it must not change."""
_MAX_IDLE_CHUNKS: Final = 200  # give up when so many chunks in a row hold no module with charge


def simulate(
    settings: SourceSettings, threads: int | None = None, progress: bool = True
) -> Readouts:
    """Simulate modules; a longer run with the same seed begins with the same modules.

    Args:
        settings: what to simulate.
        threads: how many work at the same time, by default one a core; the result is the same.
        progress: show how far it is; not where the caller shows that.

    Raises:
        BadInput: settings that leave no charge in any module, or a calibration out of range; fewer
            than one thread.
    """
    workers = worker_count(threads)
    _teach_malloc()
    parts: list[Readouts] = []
    delivered, idle = 0, 0
    expected = -(-settings.events // CHUNK)
    bar = iter(track(range(expected), "simulating readouts") if progress else ())
    next(bar, None)
    for part in _chunks(settings, workers):
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


def _teach_malloc() -> None:
    """Free one large block: glibc then keeps freed memory up to twice its size for the next arrays,
    which would otherwise be mapped and faulted in page by page for every chunk."""
    block = np.empty(30 << 20, dtype=np.uint8)
    del block


def _chunks(settings: SourceSettings, threads: int) -> Iterator[Readouts]:
    """Chunk after chunk without end, a few of them always in the making."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Readouts]] = deque()
        chunk = 0
        try:
            while True:
                while len(waiting) < 2 * threads:
                    waiting.append(pool.submit(_simulate_chunk, settings, chunk))
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
    chain = frontend.FrontEnd(
        settings.threshold_mip_t,
        settings.calq_per_mip_t,
        settings.noise_scale,
        settings.saturation_fc,
    )
    dead = dead_cells_at(settings, modules.layer, modules.u, modules.v)
    sent = frontend.link_codes(mips, modules, modules.present & ~dead, chain, rng)
    readouts = Readouts(
        calq=frontend.calibrated(sent, modules.wafer_type, modules.eta, settings.calq_per_mip_t),
        layer=modules.layer.astype(np.int16),
        wafer_u=modules.u.astype(np.int16),
        wafer_v=modules.v.astype(np.int16),
        wafer_type=modules.wafer_type.astype(np.int8),
        high_density=detector.HIGH_DENSITY[modules.wafer_type],
        eta=modules.eta.astype(np.float32),
        sim_energy=energy.astype(np.float32),
        pileup=collisions.astype(np.int16),
        partial=np.asarray(~modules.present.all(axis=1)),
        source=f"asicae source {settings.model_dump_json()}",
    )
    return readouts.select((readouts.calq > 0).any(axis=1)) if settings.drop_empty else readouts


def _draw_modules(settings: SourceSettings, rng: np.random.Generator) -> detector.Modules:
    """Modules of a chunk, drawn by their weights."""
    borders = places.borders(
        settings.partial, settings.layers, settings.hadronic_share, settings.links,
        settings.radius_cm,
    )  # fmt: skip
    drawn = np.searchsorted(borders, rng.random(CHUNK) * borders[-1], side="right")
    return detector.modules(settings.partial).at(drawn)
