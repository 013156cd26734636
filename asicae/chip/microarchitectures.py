"""The named configurations of the chip, and how one is chosen: a name, and what differs from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator

from asicae.chip.configuration import VOTERS, Configuration
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short, validated

KEY: Final = "microarchitecture"
"""Of the name, among the choices in settings."""


@dataclass(frozen=True)
class Microarchitecture:
    """A row of the table.

    Attributes:
        name: what users call it.
        purpose: what it is for, one line.
        status: ``verified`` where every suite holds it, and a million events were compared in the
            verilated RTL and in the mapped netlist; else ``experimental``.
        configuration: what it is.
    """

    name: str
    purpose: str
    status: Literal["verified", "experimental"]
    configuration: Configuration


MICROARCHITECTURES: dict[str, Microarchitecture] = {
    row.name: row
    for row in (
        Microarchitecture(
            "naive",
            "the reference: plain multipliers and adders, everything in one clock",
            "verified",
            Configuration(),
        ),
        Microarchitecture(
            "aligned",
            "naive with a barrier: the widest layer sees its inputs change once, at the same time",
            "verified",
            Configuration(barrier=True),
        ),
        Microarchitecture(
            "gated",
            "naive with weights and registers whose clock stands still, and one voter a weight bit",
            "verified",
            Configuration(bank="gated", voters=1),
        ),
        Microarchitecture(
            "lean",
            "aligned and gated, with weights in radix-4 digits and each output in one adder tree",
            "verified",
            Configuration(barrier=True, bank="gated", voters=1, mac="radix4"),
        ),
        Microarchitecture(
            "compact",
            "least area: lean with weights in latches, each layer in four parts by a second clock",
            "verified",
            Configuration(bank="latch", voters=1, mac="radix4", reuse=4),
        ),
    )
}
DEFAULT: Final = "naive"
NAIVE: Final = MICROARCHITECTURES[DEFAULT].configuration
"""What everybody gets who chooses nothing."""


def configuration_of(name: object, given: Mapping[str, Any] | None = None) -> Configuration:
    """The named configuration, with what is ``given`` instead of its own choices.

    Where a given bank cannot have the voters of that configuration, it has its own; where layers
    are to be reused, they have the pipeline and the registers for it.

    Raises:
        BadInput: no such name, no such choice, or a value that is not allowed.
    """
    if not isinstance(name, str) or name not in MICROARCHITECTURES:
        allowed = ", ".join(MICROARCHITECTURES)
        raise BadInput(f"{KEY}: found {short(name)}, allowed are {allowed}")
    values = MICROARCHITECTURES[name].configuration.model_dump()
    if (given or {}).get("reuse", 1) != 1:
        del values["pipeline"], values["barrier"]
    if values["voters"] not in VOTERS.get((given or {}).get("bank", values["bank"]), ()):
        del values["voters"]
    return validated(Configuration, values | dict(given or {}), KEY)


def label_of(configuration: Configuration) -> str:
    """Its name; where it has none, what it differs in from the first of the table."""
    for row in MICROARCHITECTURES.values():
        if row.configuration == configuration:
            return row.name
    found, base = configuration.model_dump(), NAIVE.model_dump()
    differs = ", ".join(f"{key} {found[key]}" for key in found if found[key] != base.get(key))
    return f"{DEFAULT} with {differs}"


def _chosen(value: Any) -> Any:
    """Choices with a name among them, as all the choices."""
    if not isinstance(value, dict) or KEY not in value:
        return value
    rest = {key: choice for key, choice in value.items() if key != KEY}
    try:
        return configuration_of(value[KEY], rest)
    except BadInput as error:
        raise ValueError(str(error)) from None


ChosenConfiguration = Annotated[Configuration, BeforeValidator(_chosen)]
"""In settings: a table of choices, with a name of what they differ from or without."""
