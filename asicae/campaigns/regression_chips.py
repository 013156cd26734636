"""The chips of a mass regression, and how many of all events each is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from asicae.chip.configuration import Configuration
from asicae.chip.design import design_of
from asicae.chip.microarchitectures import MICROARCHITECTURES, configuration_of
from asicae.foundation.errors import BadInput
from asicae.network.description import PARTS, PRESETS, Network
from asicae.network.named import network_of

OTHERS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "lean --bank latch": ("lean", {"bank": "latch"}),
    "lean --weight-sets 2": ("lean", {"weight_sets": 2}),
}
"""Beside the named microarchitectures: a name, and what differs from it."""
OTHER_NETWORKS: Final = ("small", "econ-t")
"""Presets that are built so too."""
LEAST: Final = 100_000
"""Events of a chip of flip-flops."""
OF_LATCHES: Final = 170_000_000
"""Events times weight bits of a chip of latches, of which each is evaluated at every clock: some
ten seconds. It has at most ``LEAST`` events."""
PRESET_ORDER: Final = tuple(
    sorted(
        (name for name in PRESETS if name not in PARTS),
        key=lambda name: Network.preset(name).weight_bits,
    )
)


@dataclass(frozen=True)
class RegressionChip:
    """A preset, or a description by its path, and how it is built."""

    network: str
    built: str

    @property
    def name(self) -> str:
        """As on the command line."""
        return f"{self.network}/{self.built}"

    @property
    def configuration(self) -> Configuration:
        """How it is built; raises BadInput where nothing is built so."""
        name, given = OTHERS.get(self.built, (self.built, {}))
        return configuration_of(name, given)

    @classmethod
    def named(cls, name: str) -> "RegressionChip":
        """The chip of a name.

        Raises:
            BadInput: nothing is built so, or there is no such network.
        """
        network, _, built = name.rpartition("/")
        network_of(network)
        if built not in (*MICROARCHITECTURES, *OTHERS):
            allowed = ", ".join((*MICROARCHITECTURES, *OTHERS))
            raise BadInput(f"{name:.80}: found {built!r:.40}, allowed behind / are {allowed}")
        return cls(network, built)


def chips_of(
    networks: Sequence[str], without: Sequence[str] = ()
) -> tuple[list[RegressionChip], dict[str, str]]:
    """The chips of these networks, and by name why others are left out.

    Raises:
        BadInput: there is no such network, or ``without`` names no chip.
    """
    every = [
        RegressionChip(network, built)
        for network in networks
        for built in (*MICROARCHITECTURES, *(OTHERS if network in OTHER_NETWORKS else ()))
    ]
    for name in without:
        if name not in {chip.name for chip in every}:
            allowed = ", ".join(chip.name for chip in every)
            raise BadInput(f"--without: found {name!r:.80}, allowed are {allowed}")
    left_out = dict.fromkeys(without, "not asked for")
    for chip in every:
        try:
            design_of(network_of(chip.network), chip.configuration)
        except BadInput as error:
            left_out[chip.name] = str(error)
    return [chip for chip in every if chip.name not in left_out], left_out


def shares(chips: Sequence[RegressionChip], events: int) -> list[int]:
    """Events of each chip, ``events`` in all.

    A chip of latches has a small fixed share, all others ``LEAST`` and of the rest the more, the
    fewer products an event has: what is simulated fast is simulated most.

    Raises:
        BadInput: there are too few events for so many chips.
    """
    networks = {chip.network: network_of(chip.network) for chip in chips}
    latched = [chip.configuration.bank == "latch" for chip in chips]
    base = [
        min(LEAST, OF_LATCHES // networks[chip.network].weight_bits) if slow else LEAST
        for chip, slow in zip(chips, latched, strict=True)
    ]
    rest = events - sum(base)
    if rest < 0 or (rest and all(latched)):
        raise BadInput(f"events: found {events}, allowed for these chips are {sum(base)} and more")
    products = [sum(plan.macs for plan in networks[chip.network].plans) for chip in chips]
    speeds = [0.0 if slow else 1 / n for n, slow in zip(products, latched, strict=True)]
    borders = [rest * sum(speeds[:place]) / sum(speeds) for place in range(len(chips))]
    cuts = [*(round(border) for border in borders), rest] if rest else [0] * (len(chips) + 1)
    return [own + cuts[place + 1] - cuts[place] for place, own in enumerate(base)]
