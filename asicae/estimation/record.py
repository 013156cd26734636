"""What an estimate found, as ``synth/estimate.json`` of a run holds it.

The file is written, read and checked here only. All figures are at the library's own node unless
a key names another one.
"""

from typing import Final

from asicae.foundation.json_record import JsonRecord

ESTIMATE_FILE: Final = "synth/estimate.json"
"""In a run folder."""


class EnergyParts(JsonRecord):
    """Energy per clock by what it is spent on, fJ; see ``energy.Energy``."""

    switching: float = 0.0
    internal: float = 0.0
    clock: float = 0.0
    leakage: float = 0.0

    @property
    def total(self) -> float:
        """Sum of the parts."""
        return self.switching + self.internal + self.clock + self.leakage

    def __add__(self, other: "EnergyParts") -> "EnergyParts":
        return EnergyParts(
            switching=self.switching + other.switching,
            internal=self.internal + other.internal,
            clock=self.clock + other.clock,
            leakage=self.leakage + other.leakage,
        )


class Spread(JsonRecord):
    """Energy per clock of equal modules, fJ."""

    mean: float
    std: float
    min: float
    max: float


class EstimatedKind(JsonRecord):
    """A unique module inside a block.

    Attributes:
        module: its name without parameters.
        count: instances.
        area_um2: of one.
        flip_flops: of one.
        evaluated: instances that were evaluated; the others count as their mean.
        instances: names of the first of these.
        energy_fj: of one.
    """

    module: str
    count: int
    area_um2: float
    flip_flops: int
    evaluated: int
    instances: tuple[str, ...]
    energy_fj: Spread


class EstimatedBlock(JsonRecord):
    """A block of the top.

    Attributes:
        instance: its name in the top.
        module: name of the module without parameters.
        label: under which shares are told.
        area_um2: of its cells.
        cells: of the library.
        flip_flops: among them.
        leakage_nw: of its cells.
        energy_fj: of all its cells.
        kinds: the modules inside.
        events: stimulus, one event a clock.
        toggles_per_net: mean number of changes of a net in that stimulus.
        words: that were compared with golden.
        delay_ns: longest delays from and to its ports and flip-flops, as far as there are any.
        buffered_nets: nets that got an ideal buffer tree.
    """

    instance: str
    module: str
    label: str
    area_um2: float
    cells: int
    flip_flops: int
    leakage_nw: float
    energy_fj: EnergyParts
    kinds: tuple[EstimatedKind, ...]
    events: int
    toggles_per_net: float
    words: int
    delay_ns: dict[str, float]
    buffered_nets: int


class EstimatedModule(JsonRecord):
    """A unique module of the netlist; area (um2), cells, flip-flops and leakage (nW) of one.

    Attributes:
        module: its name without parameters.
        instances: in the chip.
        own_area_um2: without the modules inside.
    """

    module: str
    instances: int
    own_area_um2: float
    area: float
    cells: int
    flip_flops: int
    leakage: float


class UsedLibrary(JsonRecord):
    """The standard-cell library and its corner."""

    name: str
    key: str
    sha256: str
    node_nm: int | None
    corner: str
    voltage_v: float
    temperature_c: float


class UsedConditions(JsonRecord):
    """What was assumed (``energy.Conditions``), events of the stimulus, seed of the sampling."""

    wire_ff: float
    slew_ns: float
    period_ns: float
    events: int
    seed: int


class Seconds(JsonRecord):
    """Wall time of the two steps."""

    synthesis: float
    evaluation: float


class EstimateRecord(JsonRecord):
    """An estimate.

    Attributes:
        library: that the chip was mapped to.
        conditions: what was assumed.
        flip_flops: of the chip, triplicated ones counted three times.
        blocks: of the top.
        modules: of the netlist.
        paths_ns: longest delay of the register-to-register paths, by name.
        allowed_ns: what the clock leaves to each of them.
        area_um2: by label.
        energy_fj: by label.
        metrics: flat, with the keys of ``metrics.json``.
        seconds: wall time.
    """

    library: UsedLibrary
    conditions: UsedConditions
    flip_flops: int
    blocks: tuple[EstimatedBlock, ...]
    modules: tuple[EstimatedModule, ...]
    paths_ns: dict[str, float]
    allowed_ns: dict[str, float]
    area_um2: dict[str, float]
    energy_fj: dict[str, EnergyParts]
    metrics: dict[str, float | int | str]
    seconds: Seconds
