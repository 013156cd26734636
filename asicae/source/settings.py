"""What the synthetic source is asked for."""

from collections.abc import Mapping
from typing import Any, Final, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import Exact, short, validated
from asicae.module import detector
from asicae.module.geometry import N_CELLS
from asicae.module.link_map import class_links
from asicae.module.parameters import EM_LAYERS
from asicae.readout.selection import ranges
from asicae.source import parameters as par
from asicae.source.signals import KINDS

_PILEUP_LEVELS: Final = {"signal": (0, 140, 200), "pileup": (200,)}
_OF_A_CLASS: Final = {"mixture": "pileup", "drop_empty": False}
"""Defaults where ``links`` are given."""
_ADDED: Final = ("together", "links", "radius_cm")


class SourceSettings(Exact):
    """What to simulate; the same settings give the same bytes.

    Attributes:
        events: modules to deliver, or crossings of ``together``; by default 10,000, and 100.
        seed: of the random numbers.
        links: only modules of this class: full modules with so many trigger links in the public
            map, each as likely as the others (``module.link_map``); a number, or the name of a
            class as in ``"dense"``. None draws all modules, by area and layer.
        together: whole crossings: the particles of each pass all modules of a sector of 120 degrees
            (u > 0, v >= 0), or those of them that ``layers``, ``links`` and ``radius_cm`` leave,
            and the readouts have its number as their event.
        radius_cm: only modules whose centre is within these distances from the beam.
        mixture: ``"signal"`` (a particle or jet near every module, over pileup) or ``"pileup"``
            alone; by default signal, of a class pileup.
        pileup: mean collisions per crossing, drawn evenly; by default 0, 140, 200 with signal and
            200 without and of a class.
        electrons: relative share of signal electrons.
        photons: relative share of signal photons.
        pions: relative share of signal charged pions.
        neutral_pions: relative share of signal neutral pions, which decay to two photons.
        jets: relative share of jets, whose hadrons and photons hit the module or miss it.
        pt_min_gev: smallest transverse momentum of the signal, which is log-uniform.
        pt_max_gev: largest transverse momentum of the signal.
        layers: trigger layers to draw from, all by default.
        hadronic_share: share of the modules in layers of the hadronic section (ignored where
            ``layers`` leaves only one section).
        partial: draw from the modules cut at the edges of the silicon too; the cells that they
            lack send nothing (``detector.cells_present``), and the readouts mark them.
        dead_cells: trigger cells (AE order) that send nothing in any module.
        dead_share: probability of every other cell to be dead; which ones depends on the module's
            place and the seed only (``dead_cells.dead_cells_at``).
        threshold_mip_t: cells below this transverse charge are not sent.
        calq_per_mip_t: scale of CALQ.
        noise_scale: factor on the electronic noise.
        saturation_fc: charge of a trigger cell beyond which its code stays the same.
        drop_empty: leave out modules whose 48 charges are all zero; by default true, of a class
            false: empty crossings are part of its occupancy.
    """

    events: int = Field(default=10_000, ge=1, le=100_000_000)
    seed: int = Field(default=1, ge=0, lt=2**63)
    together: bool = False
    links: int | None = None
    radius_cm: tuple[float, float] | None = None
    mixture: Literal["signal", "pileup"] = "signal"
    pileup: tuple[int, ...] | None = None
    electrons: float = Field(default=0.4, ge=0, le=1e6)
    photons: float = Field(default=0.3, ge=0, le=1e6)
    pions: float = Field(default=0.3, ge=0, le=1e6)
    neutral_pions: float = Field(default=0.0, ge=0, le=1e6)
    jets: float = Field(default=0.0, ge=0, le=1e6)
    pt_min_gev: float = Field(default=1.0, ge=0.3, le=1000)
    pt_max_gev: float = Field(default=100.0, ge=0.3, le=1000)
    layers: tuple[int, ...] | None = None
    hadronic_share: float = Field(default=0.25, ge=0, le=1)
    partial: bool = False
    dead_cells: tuple[int, ...] = ()
    dead_share: float = Field(default=0.0, ge=0, lt=1)
    threshold_mip_t: float = Field(default=par.THRESHOLD_MIP_T, ge=0, le=20)
    calq_per_mip_t: float = Field(default=par.CALQ_PER_MIP_T, ge=1, le=40)
    noise_scale: float = Field(default=1.0, ge=0, le=10)
    saturation_fc: float = Field(default=par.TOT_RANGE_FC, ge=par.ADC_RANGE_FC, le=1e6)
    drop_empty: bool = True

    @model_validator(mode="before")
    @classmethod
    def _of_a_class(cls, values: Any) -> Any:
        """The name of a class as its links, and what follows from there being one."""
        if not isinstance(values, dict):
            return values
        found: dict[str, Any] = {"events": 100} if values.get("together") is True else {}
        found |= values
        if values.get("links") is None:
            return found
        found = _OF_A_CLASS | found
        if isinstance(found["links"], str | int):
            try:
                found["links"] = class_links(str(found["links"]))
            except BadInput as error:
                raise ValueError(str(error)) from None
        return found

    @model_serializer(mode="wrap")
    def _as_asked(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what was added since and is not asked for: equal readouts say equal sources."""
        values: dict[str, Any] = handler(self)
        return {key: value for key, value in values.items() if key not in _ADDED or value}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.pileup is not None and (
            not self.pileup or min(self.pileup) < 0 or max(self.pileup) > 400
        ):
            raise ValueError(f"pileup is {short(self.pileup)}, allowed is one or more of 0..400")
        if self.mixture == "pileup" and not any(self.pileup_levels):
            raise ValueError("pileup is 0 in a mixture without signal, allowed is 1..400")
        if sum(self.shares) <= 0:
            raise ValueError(f"{', '.join(KINDS)} are all 0, allowed is at least one > 0")
        if self.pt_max_gev < self.pt_min_gev:
            raise ValueError(
                f"pt_max_gev is {self.pt_max_gev:g}, allowed is pt_min_gev"
                f" {self.pt_min_gev:g} or more"
            )
        if self.links is not None and self.partial:
            raise ValueError(
                "partial is true, allowed is false with links: they are of full modules"
            )
        if self.radius_cm is not None and not 0 <= self.radius_cm[0] < self.radius_cm[1] <= 1e4:
            raise ValueError(f"radius_cm is {self.radius_cm}, allowed is 0 <= first < second")
        unknown = set(self.layers or ()) - set(detector.TRIGGER_LAYERS)
        if unknown or self.layers == ():
            raise ValueError(
                f"layers holds {short(sorted(unknown))}, allowed are one or more of"
                f" {list(detector.TRIGGER_LAYERS)}"
            )
        wrong = sorted(cell for cell in self.dead_cells if not 0 <= cell < N_CELLS)
        if wrong or len(set(self.dead_cells)) != len(self.dead_cells):
            raise ValueError(
                f"dead_cells is {short(list(self.dead_cells))}, allowed are different ones of"
                f" 0..{N_CELLS - 1}"
            )
        return self

    @property
    def pileup_levels(self) -> tuple[int, ...]:
        """The mean collisions per crossing that are drawn from."""
        if self.pileup is not None:
            return self.pileup
        return _PILEUP_LEVELS["pileup" if self.links else self.mixture]

    @property
    def shares(self) -> tuple[float, ...]:
        """Relative shares of the kinds of signal, in the order of ``signals.KINDS``."""
        return (self.electrons, self.photons, self.pions, self.neutral_pions, self.jets)


def settings_from(values: Mapping[str, Any]) -> SourceSettings:
    """Settings from named values.

    Raises:
        BadInput: naming the key, what was found and what is allowed.
    """
    return validated(SourceSettings, dict(values), "source setting")


def mix_from(text: str) -> dict[str, float]:
    """Shares of all kinds of signal from words such as ``jets=2,photons=1``; the others are 0.

    Raises:
        BadInput: a word that is not KIND=SHARE, another kind, a kind that is named twice.
    """
    shares: dict[str, float] = {}
    for word in text.split(","):
        kind, _, share = word.strip().partition("=")
        if kind in shares:
            raise BadInput(f"mix: found {kind!r} twice in {short(text)}, allowed is once")
        try:
            shares[kind] = float(share) if kind in KINDS else float("nan")
        except ValueError:
            shares[kind] = float("nan")
        if not shares[kind] >= 0:
            raise BadInput(
                f"mix: found {short(word.strip())}, allowed is KIND=SHARE with one of"
                f" {', '.join(KINDS)} and a number >= 0"
            )
    return dict.fromkeys(KINDS, 0.0) | shares


def layers_from(text: str) -> tuple[int, ...]:
    """Trigger layers among those of words such as ``1-13,27``.

    Raises:
        BadInput: a word that is no layer or range of them, no trigger layer among them.
    """
    named = ranges(text, "layers", 1, detector.TRIGGER_LAYERS[-1])
    found = tuple(layer for layer in detector.TRIGGER_LAYERS if layer in named)
    if not found:
        raise BadInput(
            f"layers: found {short(text)}, allowed are some with a trigger layer: odd ones up to"
            f" {EM_LAYERS}, all behind"
        )
    return found


def pileup_from(text: str) -> tuple[int, ...]:
    """Mean collisions from words such as ``0,140,200``.

    Raises:
        BadInput: a word that is not a whole number of at most 9 digits.
    """
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if not (word.isascii() and word.isdigit() and len(word) <= 9):
            raise BadInput(
                f"pileup: found {short(word)}, allowed are whole numbers as in 0,140,200"
            )
    return tuple(int(word) for word in words)
