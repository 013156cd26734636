"""How the chip of a description is built: a choice that changes no word, port, register or image.

The same network and weights give the same answers whatever is chosen here; what differs is where
registers stand, how weights are kept and how products are added up.
"""

from typing import Any, Final, Literal, Self, get_args

from pydantic import SerializerFunctionWrapHandler, model_serializer, model_validator

from asicae.foundation.validation import Exact

Bank = Literal["ff", "gated", "latch"]
"""``ff``: flip-flops on the free clock; ``gated``: words whose clock runs only while they are
written or correct an upset, and registers likewise; ``latch``: bytes of latches, which a refresh
corrects one after the other, and registers as ``gated``."""
VOTERS: Final[dict[Bank, tuple[int, ...]]] = {"ff": (3,), "gated": (1, 3), "latch": (1,)}
"""Voters that a bit of each bank may have. With ``ff``, whatever one voter said would be in all
copies at every clock; into latches each copy is loaded in a clock of its own."""
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
        voters: voters of each bit of the weight bank; the most of ``VOTERS`` by default.
        mac: how the products of an output are summed.
        weight_sets: images, each with its keep mask, that the chip keeps; of two, one register
            says which events are encoded with.
    """

    pipeline: str = "parallel"
    barrier: bool = False
    bank: Bank = "ff"
    voters: Literal[1, 3] = 3
    mac: Mac = "behavioural"
    weight_sets: Literal[1, 2] = 1

    @property
    def folds(self) -> bool:
        """Whether what the weights alone decide is told apart in layers behind."""
        return self.mac == "radix4"

    @model_validator(mode="before")
    @classmethod
    def _voters_of_the_bank(cls, values: Any) -> Any:
        """The most that the bank can have, where nothing is said of them."""
        if isinstance(values, dict) and "voters" not in values:
            bank = values.get("bank")
            if isinstance(bank, str) and bank in VOTERS:
                return values | {"voters": max(VOTERS[bank])}
        return values

    @model_serializer(mode="wrap")
    def _one_set_goes_without_saying(self, handler: SerializerFunctionWrapHandler) -> Any:
        """Records of chips with one set are those that there were before a chip had two."""
        found = handler(self)
        if self.weight_sets == 1:
            found.pop("weight_sets", None)
        return found

    @model_validator(mode="after")
    def _the_bank_has_such_voters(self) -> Self:
        if self.voters not in VOTERS[self.bank]:
            allowed = " or ".join(map(str, VOTERS[self.bank]))
            others = " or ".join(f"'{bank}'" for bank in VOTERS if self.voters in VOTERS[bank])
            raise ValueError(
                f"voters: found {self.voters} with bank '{self.bank}', allowed is {allowed}; "
                f"{self.voters} needs bank {others}"
            )
        return self


def choices(name: str) -> tuple[Any, ...]:
    """The values that a choice may have, ``bank`` for one."""
    return get_args(Configuration.model_fields[name].annotation)
