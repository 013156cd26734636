"""A detector-like source of readouts: showers, pileup, noise and front end from one seed.

See ``docs/source.md`` for what it is and what it is not.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from asicae.errors import BadInput
from asicae.progress import track
from asicae.readout import detector, frontend, showers
from asicae.readout.dataset import Readouts, concatenate
from asicae.readout.particles import pileup_particles, signal_particles
from asicae.validation import validated

CHUNK: Final = 1024
"""Modules drawn from one child seed; part of what a seed means, so it must not change."""
_PILEUP_LEVELS: Final = {"signal": (0, 140, 200), "pileup": (200,)}
_MAX_IDLE_CHUNKS: Final = 200  # give up when so many chunks in a row hold no module with charge


class SourceSettings(BaseModel):
    """What to simulate; the same settings give the same bytes.

    Attributes:
        events: modules to deliver.
        seed: of the random numbers.
        mixture: ``"signal"`` (one particle near every module, over pileup) or ``"pileup"`` alone.
        pileup: mean collisions per crossing, drawn evenly; by default 0, 140, 200 with signal and
            200 without.
        electrons: relative share of signal electrons.
        photons: relative share of signal photons.
        pions: relative share of signal charged pions.
        pt_min_gev: smallest transverse momentum of the signal, log-uniform up to
        pt_max_gev: the largest.
        layers: trigger layers to draw from, all by default.
        hadronic_share: share of the modules in layers of the hadronic section (ignored where
            ``layers`` leaves only one section).
        threshold_mip_t: cells below this transverse charge are not sent.
        calq_per_mip_t: scale of CALQ.
        noise_scale: factor on the electronic noise.
        drop_empty: leave out modules whose 48 charges are all zero.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    events: int = Field(default=10_000, ge=1, le=100_000_000)
    seed: int = Field(default=1, ge=0, lt=2**63)
    mixture: Literal["signal", "pileup"] = "signal"
    pileup: tuple[int, ...] | None = None
    electrons: float = Field(default=0.4, ge=0, le=1e6)
    photons: float = Field(default=0.3, ge=0, le=1e6)
    pions: float = Field(default=0.3, ge=0, le=1e6)
    pt_min_gev: float = Field(default=1.0, ge=0.3, le=1000)
    pt_max_gev: float = Field(default=100.0, ge=0.3, le=1000)
    layers: tuple[int, ...] | None = None
    hadronic_share: float = Field(default=0.25, ge=0, le=1)
    threshold_mip_t: float = Field(default=0.35, ge=0, le=20)
    calq_per_mip_t: float = Field(default=12.0, ge=1, le=40)
    noise_scale: float = Field(default=1.0, ge=0, le=10)
    drop_empty: bool = True

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.pileup is not None and (
            not self.pileup or min(self.pileup) < 0 or max(self.pileup) > 400
        ):
            raise ValueError(f"pileup is {self.pileup}, allowed is one or more of 0..400")
        if self.mixture == "pileup" and not any(self.pileup_levels):
            raise ValueError("pileup is 0 in a mixture without signal, allowed is 1..400")
        if self.electrons + self.photons + self.pions <= 0:
            raise ValueError("electrons, photons and pions are all 0, allowed is at least one > 0")
        if self.pt_max_gev < self.pt_min_gev:
            raise ValueError(
                f"pt_max_gev is {self.pt_max_gev:g}, allowed is pt_min_gev"
                f" {self.pt_min_gev:g} or more"
            )
        unknown = set(self.layers or ()) - set(detector.TRIGGER_LAYERS)
        if unknown or self.layers == ():
            raise ValueError(
                f"layers holds {sorted(unknown)}, allowed are one or more of"
                f" {list(detector.TRIGGER_LAYERS)}"
            )
        return self

    @property
    def pileup_levels(self) -> tuple[int, ...]:
        """The mean collisions per crossing that are drawn from."""
        return _PILEUP_LEVELS[self.mixture] if self.pileup is None else self.pileup


def settings_from(values: Mapping[str, Any]) -> SourceSettings:
    """Settings from named values.

    Raises:
        BadInput: naming the key, what was found and what is allowed.
    """
    return validated(SourceSettings, dict(values), "source setting")


def simulate(settings: SourceSettings) -> Readouts:
    """Simulate modules; a longer run with the same seed begins with the same modules.

    Raises:
        BadInput: settings that leave no charge in any module, or a calibration out of range.
    """
    parts: list[Readouts] = []
    delivered, chunk, idle = 0, 0, 0
    expected = -(-settings.events // CHUNK)
    bar = iter(track(range(expected), "simulating readouts"))
    next(bar, None)
    while delivered < settings.events:
        part = _simulate_chunk(settings, chunk)
        if settings.drop_empty:
            part = part.select((part.calq > 0).any(axis=1))
        idle = 0 if len(part) else idle + 1
        if idle == _MAX_IDLE_CHUNKS:
            raise BadInput(
                f"threshold_mip_t {settings.threshold_mip_t:g}: none of {idle * CHUNK} modules"
                " holds any charge, allowed are settings that leave some (or drop_empty false)"
            )
        parts.append(part.select(slice(0, settings.events - delivered)))
        delivered += len(parts[-1])
        chunk += 1
        if delivered // CHUNK > (delivered - len(parts[-1])) // CHUNK:
            next(bar, None)
    for _ in bar:
        pass
    return concatenate(parts)


def _simulate_chunk(settings: SourceSettings, chunk: int) -> Readouts:
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([settings.seed, chunk])))
    modules = _draw_modules(settings, rng)
    levels = np.array(settings.pileup_levels, dtype=np.int64)
    collisions = levels[rng.integers(0, len(levels), CHUNK)]
    mips = np.zeros((CHUNK, 48))
    energy = np.zeros(CHUNK)
    if settings.mixture == "signal":
        shares = (settings.electrons, settings.photons, settings.pions)
        momenta = (settings.pt_min_gev, settings.pt_max_gev)
        signal = signal_particles(modules, shares, momenta, rng)
        mips += showers.deposit(signal, modules, rng)
        energy = mips.sum(axis=1) * showers.energy_per_mip()[modules.layer - 1]
    if levels.any():
        mips += showers.deposit(pileup_particles(modules, collisions, rng), modules, rng)
    chain = frontend.FrontEnd(
        settings.threshold_mip_t, settings.calq_per_mip_t, settings.noise_scale
    )
    sent = frontend.link_codes(mips, modules.wafer_type, modules.eta, chain, rng)
    return Readouts(
        calq=frontend.calibrated(sent, modules.wafer_type, modules.eta, settings.calq_per_mip_t),
        layer=modules.layer.astype(np.int16),
        wafer_u=modules.u.astype(np.int16),
        wafer_v=modules.v.astype(np.int16),
        wafer_type=modules.wafer_type.astype(np.int8),
        high_density=detector.HIGH_DENSITY[modules.wafer_type],
        eta=modules.eta.astype(np.float32),
        sim_energy=energy.astype(np.float32),
        pileup=collisions.astype(np.int16),
        source=f"asicae source {settings.model_dump_json()}",
    )


def _draw_modules(settings: SourceSettings, rng: np.random.Generator) -> detector.Modules:
    """Modules of a chunk: the layer by ``hadronic_share``, then the place within the layer.

    Particles are flat in pseudorapidity and azimuth, so a module is met in proportion to 1/R^2.
    """
    every = detector.modules()
    place = every.radius_cm**-2
    weight = np.zeros(len(every.layer))
    for layer, share in _layer_shares(settings).items():
        here = every.layer == layer
        weight[here] = share * place[here] / place[here].sum()
    borders = np.cumsum(weight)
    drawn = np.searchsorted(borders, rng.random(CHUNK) * borders[-1], side="right")
    return every.at(drawn)


def _layer_shares(settings: SourceSettings) -> dict[int, float]:
    allowed = detector.TRIGGER_LAYERS if settings.layers is None else settings.layers
    front = sorted({layer for layer in allowed if layer <= detector.EM_LAYERS})
    back = sorted({layer for layer in allowed if layer > detector.EM_LAYERS})
    share = settings.hadronic_share if front and back else float(bool(back))
    shares = dict.fromkeys(front, (1.0 - share) / max(len(front), 1))
    return shares | dict.fromkeys(back, share / max(len(back), 1))
