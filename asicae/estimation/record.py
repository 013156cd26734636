"""What an estimate found, as ``synth/estimate.json`` of a run holds it.

The file is written, read and checked here only. All figures are at the library's own node unless
a key names another one.
"""

from typing import Final

from asicae.foundation.json_record import JsonRecord

ESTIMATE_FILE: Final = "synth/estimate.json"
"""In a run folder."""
LEAST_EVENTS: Final = 10
"""They fill the ranks of every chip and leave some to measure."""
TIMED_EVENTS: Final = 200
"""Simulated with delays unless chosen: the mean energy of econ-t is then known to some per cent."""


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

    @property
    def data(self) -> float:
        """What the changes of data cost, which is what glitches multiply."""
        return self.switching + self.internal

    @property
    def dynamic(self) -> float:
        """All but leakage."""
        return self.data + self.clock

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
        instances: names of the first of them.
        energy_fj: of one.
    """

    module: str
    count: int
    area_um2: float
    flip_flops: int
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
        energy_fj: of all its cells, glitches among it.
        zero_delay_fj: the same if no gate had a delay.
        idle_fj: the same if nothing changed but the clock.
        clock_pins: that the clock reaches in a clock.
        kinds: the modules inside.
        events: stimulus that was compared with golden, one event a clock.
        toggles_per_net: mean number of changes of a net a clock, glitches among them.
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
    zero_delay_fj: EnergyParts
    idle_fj: EnergyParts
    clock_pins: float
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
    """The standard-cell library and its corner.

    Attributes:
        name: as it calls itself.
        key: short name, in the keys of metrics.
        files: names of its files.
        sha256: of what they hold.
        node_nm: feature size, where it is known.
        corner: name of its operating conditions.
        process: nominal, 1 is typical.
        voltage_v: nominal supply.
        temperature_c: nominal.
        nand2_um2: area of its two-input NAND: one gate.
        bases_65nm: factors from it to 65 nm, by figure and by basis (``scaling``).
        notes: what the figures leave out for want of tables or factors.
    """

    name: str
    key: str
    files: tuple[str, ...]
    sha256: str
    node_nm: int | None
    corner: str
    process: float
    voltage_v: float
    temperature_c: float
    nand2_um2: float
    bases_65nm: dict[str, dict[str, float]]
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        """Its short name, node and corner."""
        node = f"{self.node_nm} nm, " if self.node_nm else ""
        corner = f"corner {self.corner}, " if self.corner else ""
        return f"{self.key}: {node}{corner}{self.voltage_v:g} V, {self.temperature_c:g} °C"


class UsedConditions(JsonRecord):
    """What was assumed (``energy.Conditions``), events of the stimulus, seed of the sampling."""

    wire_ff: float
    wire_source: str
    slew_ns: float
    period_ns: float
    events: int
    seed: int


class EstimatedTree(JsonRecord):
    """The clock tree, as in ``clock_tree.ClockTree``; its energy has the label ``clock_tree``."""

    sinks: float
    buffers: float
    wire_um: float
    energy_fj: float


class TimedUse(JsonRecord):
    """The simulation of the data path with delays.

    Attributes:
        clocks: simulated, an event each.
        batches: into which they were divided.
        changes: of nets a clock, glitches among them.
        latest_ns: when the last net changed, after its clock edge.
        error_fj: standard error of the energy per clock, from the means of the batches.
    """

    clocks: int
    batches: int
    changes: float
    latest_ns: float
    error_fj: float


class Seconds(JsonRecord):
    """Wall time of the steps."""

    synthesis: float
    simulation: float
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
        energy_fj: by label, with glitches.
        zero_delay_fj: by label, if no gate had a delay.
        idle_fj: by label, if nothing changed but the clock.
        clock_tree: that was estimated.
        timed: how the glitches were found.
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
    zero_delay_fj: dict[str, EnergyParts]
    idle_fj: dict[str, EnergyParts]
    clock_tree: EstimatedTree
    timed: TimedUse
    metrics: dict[str, float | int | str]
    seconds: Seconds
