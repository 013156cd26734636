"""Figures that are put together and not rendered, which takes most of the time of a report."""

from typing import IO

import pytest
from matplotlib.figure import Figure


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report with all its texts and tables, and empty pictures."""

    def saved(figure: Figure, target: IO[str], **how: object) -> None:
        del figure, how
        target.write("<svg></svg>")

    monkeypatch.setattr(Figure, "savefig", saved)
