"""The run that a search begins with: its events, network, chip and training."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from asicae.foundation.errors import BadInput
from asicae.library.base import require_code
from asicae.metrics.regimes import Regime, regimes_of
from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from asicae.runs.encoders import NETWORK, load_network
from asicae.runs.job import Job
from asicae.runs.readouts import ALL_PARTS, load_part
from asicae.runs.settings import RunSettings
from asicae.search.description import SearchDescription
from asicae.search.record import ALL
from asicae.search.space import Space


@dataclass(frozen=True)
class SearchBase:
    """A run with readouts.

    Attributes:
        run: its folder.
        settings: all that it was made with.
    """

    run: Path
    settings: RunSettings

    @classmethod
    def open(cls, description: SearchDescription, source: str) -> "SearchBase":
        """The run that a description names; ``source`` names the description in messages.

        Raises:
            BadInput: no run, one that trains nothing or a model of the user's own, files that are
                not what its stages left, code of the user that it may not run, a regime that its
                test events do not have.
        """
        job = Job.open(Path(description.base))
        if job.settings.imported or job.settings.train.model:
            raise BadInput(
                f"{job.path}: its network is that of a model, allowed is a run that trained one "
                "of a description"
            )
        job.require_records()
        job.seal.require([NETWORK, *ALL_PARTS])
        require_code(job)
        base = cls(job.path, job.settings)
        known = [ALL, *(f"{r.breakdown} {r.name}" for r in base.regimes)]
        for regime in description.regimes:
            if regime not in known:
                raise BadInput(
                    f"{source}: regimes: found {regime!r}, of {job.path} there are "
                    f"{', '.join(known)}"
                )
        return base

    @cached_property
    def network(self) -> Network:
        """From which the axes differ."""
        return load_network(self.run)

    @cached_property
    def _test(self) -> Readouts:
        return load_part(self.run, "test")

    @property
    def test_events(self) -> int:
        """Number of them."""
        return len(self._test)

    @cached_property
    def regimes(self) -> tuple[Regime, ...]:
        """Those of its test events."""
        return regimes_of(self._test).measured

    def space(self, description: SearchDescription, source: str) -> Space:
        """The axes of a description.

        Raises:
            BadInput: see ``Space.checked``.
        """
        chosen = self.settings.chip, self.settings.train
        return Space.checked(self.network, *chosen, description.space, source)
