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
Reuse = Literal[1, 2, 4, 8]
"""Clocks of the layers in each of the chip's: 40, 80, 160 or 320 MHz."""
PARALLEL, PHASED = "parallel", "phased"
"""The pipeline of a chip with one clock, and that of one whose layers have a faster one."""


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
        reuse: how many parts each layer is computed in, one after the other, by the same adders;
            above 1 the layers have a clock of their own, and registers in place of a barrier.
    """

    pipeline: str = PARALLEL
    barrier: bool = False
    bank: Bank = "ff"
    voters: Literal[1, 3] = 3
    mac: Mac = "behavioural"
    weight_sets: Literal[1, 2] = 1
    reuse: Reuse = 1

    @property
    def folds(self) -> bool:
        """Whether what the weights alone decide is told apart in layers behind."""
        return self.mac == "radix4"

    @model_validator(mode="before")
    @classmethod
    def _pipeline_of_the_reuse(cls, values: Any) -> Any:
        """That of several phases, where there are some and nothing is said of it."""
        if isinstance(values, dict) and "pipeline" not in values and values.get("reuse", 1) != 1:
            return values | {"pipeline": PHASED}
        return values

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
    def _what_is_once_goes_without_saying(self, handler: SerializerFunctionWrapHandler) -> Any:
        """Records of chips with one set of weights and no reuse are those that there were before
        there was more.
        """
        found = handler(self)
        for name in ("weight_sets", "reuse"):
            if getattr(self, name) == 1:
                found.pop(name, None)
        return found

    @model_validator(mode="after")
    def _layers_have_a_clock_for_their_reuse(self) -> Self:
        if (self.pipeline == PHASED) != (self.reuse > 1):
            needed = "1" if self.pipeline != PHASED else "more than 1"
            raise ValueError(
                f"reuse: found {self.reuse} with pipeline '{self.pipeline}', allowed is {needed}"
            )
        if self.reuse > 1 and self.weight_sets > 1:
            raise ValueError(
                f"weight_sets: found {self.weight_sets} with reuse {self.reuse}, whose layers are "
                "at different events at a time; allowed is 1"
            )
        if self.reuse > 1 and self.barrier:
            raise ValueError(
                f"barrier: found true with reuse {self.reuse}, which has registers there; allowed "
                "is false"
            )
        return self

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
