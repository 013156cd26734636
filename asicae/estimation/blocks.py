"""What each block of the chip sees and must answer: source events through the golden model.

A block is an instance directly in the top module.  Its stimulus is what the golden integers say
its inputs are, event after event; its outputs must equal what they say next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from asicae.chip.normaliser import module_sum, normalise
from asicae.estimation.evaluation import delayed, pack, unpack
from asicae.estimation.logic import ALL_ONES, Bits
from asicae.estimation.netlist import FIRST_NET, Flat
from asicae.foundation.errors import CheckFailed
from asicae.module.codes import CALQ_BITS
from asicae.network.description import Network
from asicae.network.golden import GoldenEncoder
from asicae.network.weights import Weights

SUM_BITS = 9
IDLE_EVENTS = 64
IDLE_LINES = ("rst_ni", "scl_i", "sda_i")  # high when nothing happens
Integers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Stimulus:
    """Packed inputs by port, and the packed outputs that must follow.

    ``words`` gives the compared words of each expected port as (width, count), LSB first;
    ``from_ports`` the inputs that a timing path enters by (the others are static); ``state_ones``
    as in ``energy``.
    """

    events: int
    inputs: dict[str, Bits]
    expected: dict[str, Bits] = field(default_factory=dict)
    words: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    from_ports: tuple[str, ...] = ()
    state_ones: float | None = None


def stimuli(
    network: Network, weights: Weights, calq: npt.NDArray[np.int32], blocks: Mapping[str, str]
) -> dict[str, Stimulus]:
    """Stimulus of each block; ``blocks`` maps instance names to module base names.

    ``calq``: (events, 48) in AE order, one event a clock.

    Raises:
        CheckFailed: the design lacks a block that the network needs.
    """
    chain = _Chain(network, weights, calq)
    result = {}
    for instance, module in blocks.items():
        result[instance] = chain.stimulus(instance, module)
    missing = chain.data_path - set(blocks)
    if missing:
        raise CheckFailed(f"the RTL has no instance {sorted(missing)[0]}, which the network needs")
    return result


class _Chain:
    """The golden value of every wire between the blocks."""

    def __init__(self, network: Network, weights: Weights, calq: npt.NDArray[np.int32]) -> None:
        self.network, self.weights = network, weights
        self.events = len(calq)
        self.calq = calq
        self.codes = normalise(calq, network.input)
        self.sums = module_sum(calq)[:, None]
        self.outputs = GoldenEncoder(network, weights).activations(self.codes)
        self.layers = {f"u_layer_{plan.name}": plan for plan in network.plans}
        self.data_path = {"u_normaliser", "u_rank1", "u_rank2", "u_latent_packer", *self.layers}

    def stimulus(self, instance: str, module: str) -> Stimulus:
        if instance in self.layers:
            return self.layer(instance)
        made = {
            "u_normaliser": self.normaliser,
            "u_rank1": self.rank1,
            "u_rank2": self.rank2,
            "u_latent_packer": self.packer,
        }
        if instance in made:
            return made[instance]()
        ones = None
        if module == "weight_bank":
            image = [
                _bits(self.weights.arrays[p.name], p.type.width) for p in self.network.parameters
            ]
            ones = float(np.concatenate(image).mean())
        high = np.full((1, 1), ALL_ONES)
        return Stimulus(IDLE_EVENTS, dict.fromkeys(IDLE_LINES, high), state_ones=ones)

    def normaliser(self) -> Stimulus:
        width = self.network.input.width
        return Stimulus(
            self.events,
            {"calq_i": pack(self.calq, CALQ_BITS)},
            {"code_o": pack(self.codes, width), "sum_o": pack(self.sums, SUM_BITS)},
            {"code_o": ((width, self.codes.shape[1]),), "sum_o": ((SUM_BITS, 1),)},
            ("calq_i",),
        )

    def layer(self, instance: str) -> Stimulus:
        plan = self.layers[instance]
        index = self.network.plans.index(plan)
        if index == 0:
            source = np.zeros((self.events, int(np.prod(plan.input_shape))), np.int64)
            source[:, self.network.cells.pixels] = self.codes
        else:
            before = self.outputs[self.network.plans[index - 1].name]
            source = before.reshape(self.events, -1).astype(np.int64)
        output = self.outputs[plan.name].reshape(self.events, -1)
        width = plan.output_type.width
        return Stimulus(
            self.events,
            {
                "data_i": pack(source, plan.input_type.width),
                "kernel_i": _constant(
                    self.weights.arrays[plan.kernel.name], plan.kernel.type.width
                ),
                "bias_i": _constant(self.weights.arrays[plan.bias.name], plan.bias.type.width),
            },
            {"data_o": pack(output, width)},
            {"data_o": ((width, output.shape[1]),)},
            ("data_i",),
        )

    def latents(self) -> Integers:
        raw = self.outputs[self.network.plans[-1].name].reshape(self.events, -1)
        return self.network.latent_type.unsigned_bits(raw)

    def packer(self) -> Stimulus:
        width = self.network.latent_type.width
        latents = self.latents()
        return Stimulus(
            self.events,
            {"data_i": pack(latents, width), "keep_i": _constant(self.weights.keep, width)},
            {"latent_o": pack(latents & self.weights.keep, width)},
            {"latent_o": ((width, latents.shape[1]),)},
            ("data_i",),
        )

    def rank1(self) -> Stimulus:
        return self.rank(self.codes, self.network.input.width)

    def rank2(self) -> Stimulus:
        return self.rank(self.latents() & self.weights.keep, self.network.latent_type.width)

    def rank(self, fields: Integers, width: int) -> Stimulus:
        data = np.concatenate([pack(fields, width), pack(self.sums, SUM_BITS)])
        high = np.full((1, data.shape[1]), ALL_ONES)
        later = delayed(data, np.zeros((len(data), 1), np.uint64))
        return Stimulus(
            self.events,
            {"data_i": data, "valid_i": high, "enable_i": high, "rst_ni": high},
            {"data_o": later},
            {"data_o": ((width, fields.shape[1]), (SUM_BITS, 1))},
            ("data_i",),
        )


def _bits(values: npt.ArrayLike, width: int) -> npt.NDArray[np.int64]:
    flat = np.asarray(values, np.int64).reshape(-1)
    result: npt.NDArray[np.int64] = (flat[:, None] >> np.arange(width)) & 1
    return result.reshape(-1)


def _constant(values: npt.ArrayLike, width: int) -> Bits:
    """Packed bits (n, 1) of values that stay the same in all events."""
    return np.where(_bits(values, width)[:, None] == 1, ALL_ONES, np.uint64(0))


def compare(name: str, flat: Flat, values: Bits, stimulus: Stimulus) -> int:
    """Compare the outputs of an evaluated block with golden; return the number of words compared.

    Outputs of instances that were left out of ``flat`` are skipped.

    Raises:
        CheckFailed: a word differs.
    """
    driven = np.zeros(flat.nets, bool)
    driven[:FIRST_NET] = True
    for port in flat.inputs:
        driven[flat.ports[port]] = True
    for kind in flat.cells:
        for pin in flat.technology.cell(kind).outputs:
            nets = flat.column(kind, pin)
            driven[nets[nets >= 0]] = True
    total = 0
    for port, expected in stimulus.expected.items():
        nets, start = flat.ports[port], 0
        if len(expected) != len(nets):
            raise CheckFailed(f"{name}: {port} has {len(nets)} bits, golden has {len(expected)}")
        for width, count in stimulus.words[port]:
            part = slice(start, start + width * count)
            start = part.stop
            known = driven[nets[part]].reshape(-1, width).all(axis=1).repeat(width)
            found = unpack(values[nets[part][known]], width, stimulus.events)
            wanted = unpack(expected[part][known], width, stimulus.events)
            _require_equal(f"{name}.{port}", found, wanted)
            total += found.size
    return total


def _require_equal(name: str, found: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> None:
    wrong = np.argwhere(found != wanted)
    if len(wrong):
        event, word = wrong[0]
        raise CheckFailed(
            f"{name}: {len(wrong)} of {found.size} words differ from golden; first: event {event}, "
            f"word {word}: {found[event, word]}, expected {wanted[event, word]}"
        )
