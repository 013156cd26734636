"""Settings of a comparison."""

from typing import Annotated

from pydantic import Field

from asicae.foundation.validation import Exact


class CompareSettings(Exact):
    """How the classical algorithms are compared with the autoencoder.

    Attributes:
        choice_events: validation modules on which settings and decodings are chosen.
        spreading_epochs: passes of the network that spreads what was not sent; 0 leaves it out.
        spreading_seed: of that network.
        pileup_seed: of the modules of pileup 200 on which everything is measured once more.
    """

    choice_events: Annotated[int, Field(ge=1)] = 800
    spreading_epochs: Annotated[int, Field(ge=0)] = 10
    spreading_seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    pileup_seed: Annotated[int, Field(ge=0, lt=2**63)] = 12
