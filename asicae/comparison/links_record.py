"""What links modules need, as a file of ``asicae links`` holds it."""

from collections.abc import Iterable
from typing import Final, Literal

from asicae.comparison.record import Count, Distance, Share, Value
from asicae.foundation.json_record import JsonRecord

ENDLESS: Final = "endless"
CHIP: Final = "chip"
"""Buffers of a code of variable rate."""
FIXED: Final = "none"
"""Frames of one length need no buffer."""
BUSY: Final = 3
"""Links of the modules that count as busy: those with 2 are most of a sector."""

TOWERS: Final = "towers_"
"""What the name of a fidelity of tower energies begins with."""

Buffer = Literal["endless", "chip", "none"]


class Code(JsonRecord):
    """An algorithm, and the buffer behind it.

    Attributes:
        algorithm: of the concentrator, by the name of its register value.
        buffer: ``ENDLESS`` or ``CHIP`` where frames differ in length, else ``FIXED``.
    """

    algorithm: str
    buffer: Buffer


class CodePoint(JsonRecord):
    """A code at one number of links, on modules of one class.

    Attributes:
        code: which.
        links: 32 bits each per crossing.
        emd: mean distance over the events with charge.
        emd_error: its statistical error.
        charge_lost: share of all charge that was in truncated frames.
        tower_error: of the energies of towers (``metrics.towers``) of whole crossings of the class;
            None in files of the first format.
        decode: name of the decoding.
        settings: those that were fitted or chosen, by their names.
    """

    code: Code
    links: int
    emd: Distance
    emd_error: Distance
    charge_lost: Share
    tower_error: Distance | None = None
    decode: str
    settings: dict[str, Value]


class ClassCurves(JsonRecord):
    """Modules of one class.

    Attributes:
        links: those that they have in the public map.
        modules: full ones of one sector.
        events: crossings that were measured.
        excluded: those of them without charge, which have no distance.
        whole: whole crossings of all modules of the class, for its towers.
        points: each code from one link on, until it is as near as anything asked for.
    """

    links: int
    modules: Count
    events: Count
    excluded: Count
    whole: Count = 0
    points: tuple[CodePoint, ...]

    def of(self, code: Code) -> list[CodePoint]:
        """The points of a code, by links."""
        return sorted((p for p in self.points if p.code == code), key=lambda point: point.links)


class Needed(JsonRecord):
    """Links that a code needs for a fidelity.

    Attributes:
        fidelity: ``"threshold_sum_endless"`` or ``"threshold_sum_chip"``, the mean distance that
            Threshold Sum has with the links of the class and such a buffer, or ``"emd_<value>"``;
            behind ``"towers_"`` the same of the error of tower energies, or its value.
        code: which.
        by_class: links by those that the class has; None where no number of them is enough.
        sector_links: of all modules of the sector; those of a class in which it is not reached keep
            what they have, and so do those that have it with Threshold Sum on fewer links.
        busy_links: the same of the modules that have three links and more.
    """

    fidelity: str
    code: Code
    by_class: dict[str, int | None]
    sector_links: Count
    busy_links: Count


class EncoderOrigin(JsonRecord):
    """The run whose weight sets stand as the autoencoder, or as Hybrid Choice.

    Attributes:
        network: its identifier.
        own_readouts: trained on readouts that were given, not on those of the source.
        module_class: links of the modules that it was trained on; None: of all.
        seed: of the events of the source that it was trained on; None with readouts that were
            given, and in files that were written before it was told.
    """

    network: str
    own_readouts: bool
    module_class: int | None
    seed: int | None = None

    @property
    def words(self) -> str:
        """For people."""
        every = self.module_class is None
        of = "modules of all classes" if every else f"modules of class {self.module_class}"
        given = "given readouts" if every else f"given readouts, {of}"
        return f"{self.network} trained on {given if self.own_readouts else of}"


def encoders_in_words(encoders: Iterable[EncoderOrigin], hybrids: Iterable[EncoderOrigin]) -> str:
    """What there is to say of them behind other words; nothing where there are none."""
    found = {"autoencoder": encoders, "Hybrid Choice": hybrids}
    told = {name: " or ".join(each.words for each in origins) for name, origins in found.items()}
    return "".join(f"; {name}: {words}" for name, words in told.items() if words)


class LinksRecord(JsonRecord):
    """Links needed by class and in a sector; files of the first format have no towers.

    Attributes:
        encoders: that are one more code: of a class those that were trained on its modules, else
            those trained on all; none in files of formats before the third.
        hybrids: networks of Hybrid Choice that the same runs trained; none in files of formats
            before the fourth.
        seed: of the events.
        events: crossings measured in each class.
        fit_events: others, to which settings are fitted and on which decodings are chosen.
        classes: by the links that they have.
        needed: fidelity by fidelity.
    """

    format: Literal["asicae-links-1", "asicae-links-2", "asicae-links-3", "asicae-links-4"] = (
        "asicae-links-4"
    )
    encoders: tuple[EncoderOrigin, ...] = ()
    hybrids: tuple[EncoderOrigin, ...] = ()
    seed: int
    events: Count
    fit_events: Count
    classes: tuple[ClassCurves, ...]
    needed: tuple[Needed, ...]

    @property
    def sector_links(self) -> int:
        """Links that the modules of these classes have in one sector."""
        return sum(each.links * each.modules for each in self.classes)

    @property
    def busy_links(self) -> int:
        """Those of the modules with ``BUSY`` and more."""
        return sum(each.links * each.modules for each in self.classes if each.links >= BUSY)
