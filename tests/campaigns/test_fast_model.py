"""The stored record of the fast model, and its page."""

from typing import Any

from asicae.campaigns.fast_model_page import page
from asicae.campaigns.fast_model_row import FarRow, FastRow
from asicae.campaigns.record import Record
from tests.support.places import ROOT

STORED = ROOT / "docs" / "results" / "fast_model.json"


def test_the_page_is_that_of_the_record() -> None:
    found = Record.load(STORED)
    figures: Any = found.figures
    rows = [FastRow.model_validate(row) for row in figures["rows"]]
    far = [FarRow.model_validate(row) for row in figures["far"]]
    text = STORED.with_suffix(".md").read_text(encoding="utf-8")
    assert text == page(rows, far, found) != page(rows[1:], far, found)
