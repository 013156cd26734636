"""How the chip of a description is built: a choice that changes no word, port, register or image.

The same network and weights give the same answers whatever is chosen here; what differs is where
registers stand, how weights are kept and how products are added up.
"""

from typing import Any, Literal, get_args

from asicae.foundation.validation import Exact

Bank = Literal["ff"]
"""``ff``: flip-flops on the free clock."""
Mac = Literal["behavioural"]
"""``behavioural``: ``*`` and ``+``, left to the synthesiser."""


class Configuration(Exact):
    """The choices; what is named and verified of them stands in ``microarchitectures``.

    Attributes:
        pipeline: where the register ranks stand: a name in ``encoders.table``.
        barrier: whether activations are registered on the falling edge in front of the layer of
            which an output sums most products, where there is a layer before it.
        bank: how the weight image is kept.
        voters: voters of each triplicated register of the weight bank.
        mac: the leaf that sums products.
    """

    pipeline: str = "parallel"
    barrier: bool = False
    bank: Bank = "ff"
    voters: Literal[3] = 3
    mac: Mac = "behavioural"


def choices(name: str) -> tuple[Any, ...]:
    """The values that a choice may have, ``bank`` for one."""
    return get_args(Configuration.model_fields[name].annotation)
