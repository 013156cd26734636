"""What an engine is: a way to execute the chip, and a network that is opened in it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from asicae.chip.golden import ChipOutput
from asicae.foundation.threads import worker_count
from asicae.module.calq import checked_calq
from asicae.network.encoder import Encoder

Charges = npt.NDArray[np.int32]
"""CALQ int32[events, 48] in AE order, contiguous, 0..2**22-1."""
Look = Callable[[], str]
"""Says what is found of a tool; raises BadInput, MissingTool where it is absent."""


class OpenEngine(ABC):
    """A network with one weight set, ready to encode many events."""

    def encode(self, calq: npt.ArrayLike, threads: int | None = None) -> ChipOutput:
        """Latents and sums of CALQ (events, 48) in AE order, on all cores unless told otherwise.

        Here CALQ is checked, and nowhere behind.

        Raises:
            BadInput: CALQ of another shape or outside 22 bits, or fewer than one thread.
            CheckFailed: what runs does not behave as the chip does.
        """
        workers = worker_count(threads)
        return self.encode_checked(checked_calq(calq), workers)

    @abstractmethod
    def encode_checked(self, calq: Charges, workers: int) -> ChipOutput:
        """``encode`` of charges that are checked, on ``workers`` threads."""


class Engine(ABC):
    """A row of the table of engines; one file holds it and what it executes.

    Attributes:
        name: what users call it, and what ``exact.golden_vs_<name>`` in metrics.json ends in.
        share: of the events of a run that are compared in it, since engines differ in speed by a
            factor of hundreds; 0 leaves it out of runs.
        compared: whether comparing it with golden says anything; not so for golden itself.
        threaded: whether ``threads`` change anything.
    """

    name: ClassVar[str]
    share: ClassVar[float] = 0.0
    compared: ClassVar[bool] = True
    threaded: ClassVar[bool] = True

    @abstractmethod
    def open(self, encoder: Encoder, rtl_folder: Path | None) -> OpenEngine:
        """``network`` with ``weights`` in this engine; what is to be built is built, or found.

        ``rtl_folder`` is an export whose RTL is simulated as it stands; without one it is what an
        export would write. Engines that execute no RTL have no use for it.

        Raises:
            NotExpressible: the engine cannot hold ``network``.
            MissingTool: one of ``needs`` is absent.
            BadInput: ``rtl_folder`` is no export, or a tool cannot be used.
            CheckFailed: it cannot be built, did not take the weights, or ``rtl_folder`` is of
                another network.
        """

    def needs(self) -> Mapping[str, Look]:
        """What is to be installed, by name."""
        return {}

    def built_with(self) -> str:
        """What decides what is built here, in words; raises as the looks of ``needs``."""
        return ", ".join(look() for look in self.needs().values())
