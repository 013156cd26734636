"""Settings of a comparison."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import Exact
from asicae.module.link_map import class_links


def _links(value: Any) -> Any:
    """Trigger links of a class that is named, or given by them."""
    if type(value) not in (str, int):
        return value
    try:
        return class_links(str(value))
    except BadInput as error:
        raise ValueError(str(error)) from None


ModuleClass = Annotated[int, BeforeValidator(_links)]


class CompareSettings(Exact):
    """How the classical algorithms are compared with the autoencoder.

    Attributes:
        choice_events: validation modules on which settings and decodings are chosen.
        spreading_epochs: passes of the network that spreads what was not sent; 0 leaves it out.
        spreading_seed: of that network.
        pileup_seed: of the modules of pileup 200 on which everything is measured once more.
        classes: of modules on which everything is measured once more, by name or trigger links;
            nothing is trained for them.
        class_events: modules of each to measure on.
    """

    choice_events: Annotated[int, Field(ge=1)] = 800
    spreading_epochs: Annotated[int, Field(ge=0)] = 10
    spreading_seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    pileup_seed: Annotated[int, Field(ge=0, lt=2**63)] = 12
    classes: tuple[ModuleClass, ...] = (5, 7)
    class_events: Annotated[int, Field(ge=100)] = 1_500
