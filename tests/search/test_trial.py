"""Trials that are trained: one that is cut short goes on from its epoch, and ends the same."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from asicae.search.description import SearchDescription
from asicae.search.measuring import measured
from asicae.search.record import SEARCH_FILE
from asicae.search.searching import search
from asicae.search.work import CHECKPOINTS, TRIALS
from asicae.training.history import Epoch
from asicae.training.watching import watched_by
from tests.library.stand_in_base import base_run
from tests.search.inline_crew import InlineCrew, entered

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")

SEARCH = """
trials = 3
ahead = 2
[space]
latents = [4, 8]
"train.epochs" = [2, 3]
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        yield base_run(tmp_path_factory.mktemp("base") / "run", patch)


def kept(folder: Path) -> dict[str, bytes]:
    """Weights by trial: archives of models have times in them."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("weights/*.npz")}


def test_a_search_that_trains_goes_on_from_an_epoch(base: Path, tmp_path: Path) -> None:
    (tmp_path / "search.toml").write_text(f'base = "{base}"\n{SEARCH}')
    asked = SearchDescription.read(tmp_path / "search.toml")
    epochs: list[int] = []

    def cut(name: str, epoch: Epoch) -> None:
        epochs.append(epoch.epoch)
        if len(epochs) in (1, 4):
            raise KeyboardInterrupt

    for name, watcher in (("whole", None), ("cut", cut)):
        while not (tmp_path / name / SEARCH_FILE).is_file():
            crew = InlineCrew(measure=measured)
            with contextlib.suppress(KeyboardInterrupt), contextlib.ExitStack() as stack:
                if watcher:
                    stack.enter_context(watched_by(watcher))
                found = search(asked, "search.toml", tmp_path / name, entered(crew))
    whole, part = tmp_path / "whole", tmp_path / "cut"
    assert (whole / SEARCH_FILE).read_bytes() == (part / SEARCH_FILE).read_bytes()
    assert kept(whole) == kept(part) and kept(whole)
    # No epoch of the three trials, of which two may be of the same choices, is trained twice.
    wanted = {row.key: int(row.choices["train.epochs"]) for row in found.rows}
    assert len(epochs) == sum(wanted.values())
    assert not list(part.glob(f"{TRIALS}/*/{CHECKPOINTS}"))
    for row in found.rows:
        assert not row.outcome.reason and row.outcome.area_mm2 and row.outcome.regimes
