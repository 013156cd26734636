"""What codes leave of whole crossings, as a file of ``asicae crossings`` holds it."""

from typing import Literal

from asicae.comparison.links_record import Code, EncoderOrigin
from asicae.comparison.record import Count, Distance, Figure, Share
from asicae.foundation.json_record import JsonRecord


class TowerFigures(JsonRecord):
    """Energies of trigger towers (``metrics.towers``).

    Attributes:
        error: sum of the absolute differences over the sum of the true energies.
        towers: how many have 1 GeV and more.
        response: mean of decoded over true energy of these; None without any.
        resolution: standard deviation of that.
    """

    error: Distance
    towers: Count
    response: Figure | None
    resolution: Distance | None


class ShowerFigures(JsonRecord):
    """Showers of one kind of particle beside those of the charges before the code.

    Attributes:
        kind: of particle, as the settings of the source name it.
        events: how many have a shower in the true charges.
        found: share of them that has one within ``NEAR_MM`` in the decoded charges.
        nearer_mm: distance that 68 % of the showers are nearer to their true direction than, at the
            first layer.
        response: mean of decoded over true energy.
        resolution: standard deviation of that.
    """

    kind: str
    events: Count
    found: Share
    nearer_mm: Distance
    response: Figure
    resolution: Distance


class SeparationFigures(JsonRecord):
    """Electrons against pions by width, depth and hadronic share (``metrics.separation``).

    Attributes:
        area: probability that an electron looks more like one than a pion does.
        error: its standard error.
        pions: share of the pions kept with 95 % of the electrons.
    """

    area: Share
    error: Distance
    pions: Share


class CrossingPoint(JsonRecord):
    """A code on whole crossings.

    Attributes:
        code: which.
        mean_links: of the modules that were sent, with charge or without.
        towers: of some crossings.
        showers: by kind.
        separation: of the kinds.
    """

    code: Code
    mean_links: Figure
    towers: TowerFigures
    showers: tuple[ShowerFigures, ...]
    separation: SeparationFigures


class CrossingsRecord(JsonRecord):
    """Codes on whole crossings of one sector at pileup 200.

    Attributes:
        encoders: that are one more code: for modules of a class those that were trained on it, else
            those trained on all, with the most links up to those of the module that they were
            trained for; none in files of the first format.
        hybrids: networks of Hybrid Choice likewise, where those for modules of every class have
            some; none in files of formats before the third.
        seed: of the events.
        events: crossings with a signal, of each kind.
        whole: crossings of each kind of which all towers were measured.
        pt_gev: smallest and largest transverse momentum of the signals.
        links: of every module; None: each has those of its class in the public map.
        layers: that were seen; None: all that send trigger data.
        undecoded: separation by the charges before any code.
        points: code by code.
    """

    format: Literal["asicae-crossings-1", "asicae-crossings-2", "asicae-crossings-3"] = (
        "asicae-crossings-3"
    )
    encoders: tuple[EncoderOrigin, ...] = ()
    hybrids: tuple[EncoderOrigin, ...] = ()
    seed: int
    events: Count
    whole: Count
    pt_gev: tuple[Distance, Distance]
    links: int | None
    layers: tuple[int, ...] | None
    undecoded: SeparationFigures
    points: tuple[CrossingPoint, ...]
