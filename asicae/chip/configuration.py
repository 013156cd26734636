"""How the chip of a description is built: a choice that changes no word, port, register or image.

The same network and weights give the same answers whatever is chosen here; what differs is where
registers stand, how weights are kept and how products are added up.
"""

from typing import Any, Literal, Self, get_args

from pydantic import model_validator

from asicae.foundation.validation import Exact

Bank = Literal["ff", "gated"]
"""``ff``: flip-flops on the free clock; ``gated``: words whose clock runs only while they are
written or correct an upset, and registers likewise."""
Mac = Literal["behavioural", "radix4"]
"""``behavioural``: ``*`` and ``+``, left to the synthesiser; ``radix4``: weights as digits that
select multiples of the data, all products of an output and its bias in one tree of full adders, and
products of inputs that the weights alone decide summed ahead of the others."""


class Configuration(Exact):
    """The choices; what is named and verified of them stands in ``microarchitectures``.

    Attributes:
        pipeline: where the register ranks stand: a name in ``encoders.table``.
        barrier: whether activations are registered on the falling edge in front of the layer of
            which an output sums most products, where there is a layer before it.
        bank: how the weight image and the registers are kept.
        voters: voters of each bit of the weight bank; one only where its clock is gated.
        mac: how the products of an output are summed.
    """

    pipeline: str = "parallel"
    barrier: bool = False
    bank: Bank = "ff"
    voters: Literal[1, 3] = 3
    mac: Mac = "behavioural"

    @property
    def folds(self) -> bool:
        """Whether what the weights alone decide is told apart in layers behind."""
        return self.mac == "radix4"

    @model_validator(mode="after")
    def _one_voter_needs_a_gated_clock(self) -> Self:
        if self.bank == "ff" and self.voters == 1:
            # Whatever the one voter says is in all copies at every clock.
            raise ValueError("voters: found 1 with bank 'ff', allowed is 3; 1 needs bank 'gated'")
        return self


def choices(name: str) -> tuple[Any, ...]:
    """The values that a choice may have, ``bank`` for one."""
    return get_args(Configuration.model_fields[name].annotation)
