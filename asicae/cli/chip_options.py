"""How the chip is built: options that commands share."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from asicae.cli.option_groups import with_group
from asicae.cli.table_help import (
    BANKS,
    MACS,
    MICROARCHITECTURES,
    REUSES,
    VOTERS,
    WEIGHT_SETS,
)

if TYPE_CHECKING:
    from asicae.chip.configuration import Configuration

Name = Annotated[
    str | None,
    typer.Option("--microarchitecture", help=f"How the chip is built: {MICROARCHITECTURES}."),
]
Barrier = Annotated[
    bool | None,
    typer.Option("--barrier/--no-barrier", help="Activations registered on the falling edge."),
]
Bank = Annotated[str | None, typer.Option("--bank", help=f"How weights are kept: {BANKS}.")]
Voters = Annotated[
    int | None, typer.Option("--tmr", help=f"Voters a register of the weight bank: {VOTERS}.")
]
Mac = Annotated[str | None, typer.Option("--mac", help=f"What sums products: {MACS}.")]
Sets = Annotated[
    int | None,
    typer.Option("--weight-sets", help=f"Weight sets kept, of which one is active: {WEIGHT_SETS}."),
]

Reuse = Annotated[
    int | None, typer.Option("--reuse", help=f"Parts a layer is computed in: {REUSES}.")
]


@dataclass(frozen=True)
class ChipOptions:
    """How the chip is built, as on the command line; what is not given is None."""

    microarchitecture: Name = None
    barrier: Barrier = None
    bank: Bank = None
    voters: Voters = None
    mac: Mac = None
    weight_sets: Sets = None
    reuse: Reuse = None

    def configuration(self) -> "Configuration":
        """All choices; what is not given is that of the name, or of ``naive``.

        Raises:
            BadInput: no such name, or a value that is not allowed.
        """
        from asicae.chip.microarchitectures import DEFAULT, configuration_of

        return configuration_of(self.microarchitecture or DEFAULT, self.choices())

    def settings(self) -> dict[str, Any]:
        """What is given, as a table of settings; a name stands for all of its choices.

        Raises:
            BadInput: as ``configuration``.
        """
        if self.microarchitecture is None:
            return self.choices()
        return self.configuration().model_dump()

    def words(self) -> list[str]:
        """What is given, as words of the command line that say the same."""
        found: list[str] = []
        if self.microarchitecture is not None:
            found += ["--microarchitecture", self.microarchitecture]
        if self.barrier is not None:
            found.append("--barrier" if self.barrier else "--no-barrier")
        valued = (
            *(("--bank", self.bank), ("--tmr", self.voters), ("--mac", self.mac)),
            *(("--weight-sets", self.weight_sets), ("--reuse", self.reuse)),
        )
        return found + [word for name, v in valued if v is not None for word in (name, str(v))]

    def choices(self) -> dict[str, Any]:
        """What is given, without the name."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        del found["microarchitecture"]
        return {name: value for name, value in found.items() if value is not None}


with_chip_options: Final = with_group("chip", ChipOptions)
