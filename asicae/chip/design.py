"""The chip's top: the one owner of its ports, blocks, timing and paths.

Exported Verilog and its check, benches, drivers and estimation read them from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from asicae.chip.blocks import (
    CLOCK,
    FAST_CLOCK,
    REGISTERS,
    RESET,
    SELECT,
    Block,
    Edge,
    Words,
    charge_words,
    code_words,
    hidden_words,
    hider,
    kept_words,
    shown_words,
    slow_control,
    sum_words,
)
from asicae.chip.configuration import Configuration
from asicae.chip.encoders.table import PIPELINES, pipeline_for
from asicae.chip.microarchitectures import NAIVE
from asicae.chip.phased import PHASE_CHAIN, PHASE_PORT, phase_chain
from asicae.foundation.errors import BadInput
from asicae.network.description import Network

TOP = "asicae_top"
PERIOD_NS = 25
"""One clock is one bunch crossing."""
IO_DELAY_NS = 2
"""Of the period, what is left to the board in front of an input, and behind an output."""


@dataclass(frozen=True)
class Port:
    """A port of the top.

    ``synchronous``: it changes with the clock. ``idle_high``: an input that is one when nothing
    happens.
    """

    name: str
    direction: Literal["input", "output"]
    words: Words
    synchronous: bool = True
    idle_high: bool = False

    @property
    def width(self) -> int:
        """Bits."""
        return self.words.bits


@dataclass(frozen=True)
class Path:
    """A combinational way into a register rank; blocks by the names of their instances.

    Attributes:
        name: ``<launch>_to_<capture>``.
        launch: the rank that it starts from, None where it starts at the pins.
        through: what lies between.
        capture: the rank that it ends at.
        allowed_ns: from the clock edge of its start to that of its end, half a period where one
            of them falls, and a period of the layers' own clock where they have one; less the
            board's share where it starts at the pins.
        switches: whether it enters layers by their weights, which change when another set becomes
            the active one, rather than by their data.
    """

    name: str
    launch: str | None
    through: tuple[str, ...]
    capture: str
    allowed_ns: float
    switches: bool = False


@dataclass(frozen=True)
class Design:
    """The top of the chip that carries ``network``.

    Attributes:
        network: the encoder.
        configuration: how it is built.
        latency_bx: bunch crossings from the clock edge that samples an event to the one at which
            the receiver samples its result.
        interval_bx: bunch crossings from one event to the next that can be taken.
        ports: in their order; cells of a port in AE order.
        slow_control: blocks around the registers, and what tells the layers their phase.
        data_path: blocks in the order of the data.
        hides: whether a port says which cells of an event the network sees as empty.
    """

    network: Network
    configuration: Configuration
    latency_bx: int
    interval_bx: int
    ports: tuple[Port, ...]
    slow_control: tuple[Block, ...]
    data_path: tuple[Block, ...]
    hides: bool = False

    @property
    def blocks(self) -> dict[str, Block]:
        """All instances in the top, by name."""
        return {block.instance: block for block in (*self.slow_control, *self.data_path)}

    def port(self, name: str) -> Port:
        """The port of that name.

        Raises:
            KeyError: there is none.
        """
        return {port.name: port for port in self.ports}[name]

    @property
    def phases(self) -> int:
        """Clocks of the layers in a bunch crossing."""
        return self.configuration.reuse

    @property
    def paths(self) -> tuple[Path, ...]:
        """The ways through the data path, from the pins to the first rank and from rank to rank;
        of a chip with two weight sets also those of the weights, to each rank behind layers.
        """
        found: list[Path] = []
        switched: list[Path] = []
        launch: str | None = None
        edge: Edge = "rising"
        through: list[Block] = []
        behind: list[Block] = []
        choosing: list[Block] = []
        weights: list[Block] = []
        for block in self.data_path:
            if not block.registered:
                through.append(block)
                continue
            if block.fast:
                # Weights of the next phase; data enter nothing in front of it that moves.
                choosing, through = [*choosing, *through], []
                found.append(_path(PHASE_CHAIN, choosing, block, PERIOD_NS / self.phases))
                weights.append(block)
                continue
            if self.phases > 1 and launch is not None and not through:
                continue  # what comes beside has nothing on its way
            fast = any(part.fast for part in through)
            allowed = PERIOD_NS / (self.phases if fast else 1 if block.edge == edge else 2)
            allowed -= IO_DELAY_NS if launch is None else 0
            found.append(_path(launch, through, block, allowed))
            if any(PHASE_PORT in part.inputs for part in through):
                found.append(_path(PHASE_CHAIN, through, block, allowed))
            found += [_path(rank.instance, through, block, allowed) for rank in weights]
            choosing, weights = [], []
            # What weights alone decide passes a barrier: from the last rank on it is one way.
            behind += through
            if any(part.layer is not None for part in through):
                switched.append(_switch(block, behind))
            behind = behind if block.edge == "falling" else []
            launch, edge, through = block.instance, block.edge, []
        return (*found, *(switched if self.configuration.weight_sets > 1 else ()))

    @property
    def ranks(self) -> tuple[Block, ...]:
        """The triplicated registers on the way of the data, each with a report of upsets."""
        return tuple(block for block in self.data_path if block.is_rank)


def _path(launch: str | None, through: Sequence[Block], capture: Block, allowed: float) -> Path:
    start = "calq" if launch is None else launch.removeprefix("u_")
    name = f"{start}_to_{capture.instance.removeprefix('u_')}"
    return Path(name, launch, tuple(part.instance for part in through), capture.instance, allowed)


def _switch(capture: Block, through: Sequence[Block]) -> Path:
    """What another active set changes, up to a rank with layers in front of it."""
    return Path(
        f"active_set_to_{capture.instance.removeprefix('u_')}",
        REGISTERS,
        (SELECT, *(part.instance for part in through)),
        capture.instance,
        PERIOD_NS / (1 if capture.edge == "rising" else 2),
        switches=True,
    )


def design_of(
    network: Network, configuration: Configuration = NAIVE, hides: bool = False
) -> Design:
    """The top that carries ``network``, built as ``configuration`` says.

    ``hides``: a port says which cells of an event the network sees as empty; they count in the sum.

    Raises:
        BadInput: no such pipeline, one that cannot hold a layer of ``network``, or one that cannot
            hide cells where that is asked for.
    """
    made = pipeline_for(network, configuration.pipeline)
    data_path = made.data_path(network, configuration)
    if hides:
        if not made.hides:
            able = ", ".join(row.name for row in PIPELINES.values() if row.hides)
            raise BadInput(f"pipeline {made.name} cannot hide cells; allowed are {able}")
        data_path = _with_hider(network, data_path)
    control = slow_control(network, configuration)
    phased = configuration.reuse > 1
    return Design(
        network,
        configuration,
        made.latency_of(network),
        made.interval_bx,
        _ports(network, phased, hides),
        (*control, phase_chain(configuration.reuse)) if phased else control,
        data_path,
        hides,
    )


def _with_hider(network: Network, data_path: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks, with the cells hidden behind the normaliser, so that the next rank holds what the
    network is shown.
    """
    place = next(at for at, block in enumerate(data_path, 1) if block.module == "normaliser")
    rank, *behind = data_path[place:]
    codes, shown = code_words(network), shown_words(network)
    inputs, outputs = (
        {port: tuple(shown if w == codes else w for w in words) for port, words in ports.items()}
        for ports in (rank.inputs, rank.outputs)
    )
    held = replace(rank, inputs=inputs, outputs=outputs)
    return (*data_path[:place], hider(network), held, *behind)


def _ports(network: Network, phased: bool, hides: bool) -> tuple[Port, ...]:
    def bit(name: str) -> Words:
        return Words(name, 1)

    return (
        Port(CLOCK, "input", bit("clock"), synchronous=False),
        *([Port(FAST_CLOCK, "input", bit("clock of the layers"), synchronous=False)] * phased),
        Port(RESET, "input", bit("reset"), synchronous=False, idle_high=True),
        Port("scl_i", "input", bit("scl"), synchronous=False, idle_high=True),
        Port("sda_i", "input", bit("sda"), synchronous=False, idle_high=True),
        Port("sda_oe_o", "output", bit("sda pulled low"), synchronous=False),
        Port("valid_i", "input", bit("valid")),
        Port("calq_i", "input", charge_words()),
        *([Port("hidden_i", "input", hidden_words())] * hides),
        Port("valid_o", "output", bit("valid")),
        Port("latent_o", "output", kept_words(network)),
        Port("sum_o", "output", sum_words()),
        Port("tmr_error_o", "output", bit("upset")),
    )
