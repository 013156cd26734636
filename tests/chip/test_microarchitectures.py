"""A configuration is chosen by a name and what differs from it; what there is not is named."""

import re
from dataclasses import replace
from typing import Any

import pytest

from asicae.chip.configuration import Configuration, choices
from asicae.chip.design import design_of
from asicae.chip.encoders.parallel import PARALLEL
from asicae.chip.encoders.table import PIPELINES
from asicae.chip.microarchitectures import (
    MICROARCHITECTURES,
    NAIVE,
    configuration_of,
    label_of,
)
from asicae.export.rtl import BANKS, MACS
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import validated
from asicae.network.description import Network
from asicae.runs.settings import RunSettings
from tests.support.places import ROOT

SMALL = Network.preset("small")


def test_every_row_differs_and_is_found_by_its_name() -> None:
    assert next(iter(MICROARCHITECTURES)) == "naive"
    assert Configuration() == NAIVE
    assert len({row.configuration for row in MICROARCHITECTURES.values()}) == len(
        MICROARCHITECTURES
    )
    for name, row in MICROARCHITECTURES.items():
        assert configuration_of(name) == row.configuration
        assert label_of(row.configuration) == name == row.name


def test_the_documentation_tells_of_every_row() -> None:
    text = (ROOT / "docs" / "microarchitectures.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| (verified|experimental) \| (.*) \|$", text, re.MULTILINE)
    assert told == [(row.name, row.status, row.purpose) for row in MICROARCHITECTURES.values()]
    for name in ("bank", "voters", "mac", "weight_sets", "reuse"):
        (row,) = re.findall(rf"^\| `{name}` \| `--[\w-]+` \| (.*?) \|", text, re.MULTILINE)
        assert row.replace("`", "").split(", ") == [str(value) for value in choices(name)]


def test_every_choice_has_its_files() -> None:
    assert set(MACS) == set(choices("mac"))
    assert set(BANKS) == set(choices("bank"))


def test_a_bank_brings_its_voters_where_it_has_no_others() -> None:
    latch = configuration_of("naive", {"bank": "latch"})
    assert (
        (latch.bank, latch.voters) == ("latch", 1) == ("latch", Configuration(bank="latch").voters)
    )
    assert configuration_of("gated", {"bank": "ff"}) == NAIVE
    assert configuration_of("gated", {"bank": "gated"}).voters == 1
    with pytest.raises(BadInput, match="3 with bank 'latch', allowed is 1; 3 needs bank 'ff'"):
        configuration_of("naive", {"bank": "latch", "voters": 3})


def test_one_weight_set_goes_without_saying() -> None:
    """Records of chips with one set have no word of it; of two they come back as they were."""
    double = configuration_of("lean", {"weight_sets": 2})
    assert "weight_sets" not in configuration_of("lean").model_dump()
    assert Configuration.model_validate(double.model_dump(mode="json")) == double
    assert label_of(double).endswith("mac radix4, weight_sets 2")
    with pytest.raises(BadInput, match=r"weight_sets: found 3, .*1 or 2"):
        configuration_of("naive", {"weight_sets": 3})


def test_what_there_is_not_is_answered_with_what_there_is() -> None:
    with pytest.raises(BadInput, match="microarchitecture: found 'fast', allowed are naive, "):
        configuration_of("fast")
    with pytest.raises(BadInput, match=r"microarchitecture: bank: found 'sram', .*'ff'"):
        configuration_of("naive", {"bank": "sram"})
    with pytest.raises(BadInput, match="voters: found 1 with bank 'ff', allowed is 3"):
        configuration_of("naive", {"voters": 1})
    with pytest.raises(BadInput, match=r"rom: .*allowed are pipeline, barrier, bank"):
        configuration_of("naive", {"rom": True})
    with pytest.raises(BadInput, match="pipeline: found 'folded', allowed are parallel, phased"):
        design_of(SMALL, Configuration(pipeline="folded"))


def test_a_pipeline_that_cannot_hold_a_layer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    dense = replace(PARALLEL, name="dense_only", kinds=frozenset({"dense"}))
    monkeypatch.setitem(PIPELINES, dense.name, dense)
    able = "allowed are parallel, phased"
    with pytest.raises(BadInput, match=rf"kind conv2d, .*network small has; {able}$"):
        design_of(SMALL, Configuration(pipeline="dense_only"))


@pytest.mark.parametrize(
    "given", [{}, {"microarchitecture": "naive"}, {"microarchitecture": "naive", "bank": "ff"}]
)
def test_settings_hold_all_choices(given: dict[str, Any]) -> None:
    settings = RunSettings.load(None, {"chip": given})
    assert settings.chip == NAIVE
    again = validated(RunSettings, settings.model_dump(mode="json"), "again")
    assert again == settings


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("naive", "settings: chip: found 'naive', .*"),
        ({"microarchitecture": "fast"}, "settings: chip: .*'fast', allowed are naive"),
        ({"microarchitecture": 5}, "settings: chip: .*microarchitecture: found 5, allowed are"),
        ({"microarchitecture": "naive", "bank": "sram"}, "settings: chip: .*bank: found 'sram'"),
        ({"voters": 2}, "settings: chip.voters: found 2, .*3"),
        ({"voters": 1}, "settings: chip: .*voters: found 1 with bank 'ff', allowed is 3"),
    ],
)
def test_settings_refuse_what_there_is_not(given: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        RunSettings.load(None, {"chip": given})
