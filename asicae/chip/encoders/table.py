"""The microarchitectures that there are."""

from asicae.chip.encoders.microarchitecture import Microarchitecture
from asicae.chip.encoders.parallel import PARALLEL

DEFAULT = PARALLEL.name
MICROARCHITECTURES: dict[str, Microarchitecture] = {made.name: made for made in (PARALLEL,)}
