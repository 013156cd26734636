"""Every notebook runs from top to bottom, at the size that it says or at a smaller one."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.places import ROOT

pytestmark = [pytest.mark.training, pytest.mark.build]

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SIZES = {
    "02_own_model_and_loss": "EVENTS, EPOCHS, HIDDEN, VERIFIED = 2_800, 2, (16,), 50",
    "03_weight_library": "EVENTS, EPOCHS, TUNED, HIDDEN = 2_400, 2, 1, (16,)",
    "04_search_and_pareto": "EVENTS, EPOCHS, TRIALS, HIDDEN = 2_400, [1, 2], 4, (16,)",
}
"""Run behind the cell with the tag ``parameters``, as papermill does it."""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "commit without outputs"
    tagged = [k for k, c in enumerate(notebook.cells) if "parameters" in c.metadata.get("tags", ())]
    assert len(tagged) == (path.stem in SIZES)
    for place in tagged:
        smaller = SIZES[path.stem]
        names = smaller.partition("=")[0]
        assert notebook.cells[place].source.startswith(names), "other sizes than the test has"
        notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(smaller))
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=None, resources=resources).execute()
