"""Links needed: from curves that are made up, and from a class that is measured."""

import json
from pathlib import Path

import pytest

from asicae.comparison.links_needed import (
    fidelities,
    links_needed,
    modules_by_class,
    needed_of,
)
from asicae.comparison.links_record import (
    CHIP,
    ENDLESS,
    FIXED,
    TOWERS,
    ClassCurves,
    Code,
    CodePoint,
    LinksRecord,
)
from asicae.comparison.links_table import told
from asicae.concentrator.algorithms.hybrid_choice import NEVER_BUSY
from asicae.concentrator.algorithms.table import HYBRID_CHOICE
from asicae.module.link_map import link_map
from tests.support.command_line import call
from tests.support.true_hybrid import with_hybrids

ENDLESS_SUM = Code(algorithm="threshold_sum", buffer=ENDLESS)
CHIP_SUM = Code(algorithm="threshold_sum", buffer=CHIP)
CHOICE = Code(algorithm="best_choice", buffer=FIXED)


def curves(links: int, modules: int, **emds: list[float]) -> ClassCurves:
    """A class with the distances of codes at one link, two links, ..."""
    codes = {"endless": ENDLESS_SUM, "chip": CHIP_SUM, "choice": CHOICE}
    points = [
        CodePoint(
            code=codes[name], links=count, emd=emd, emd_error=0.0, charge_lost=0.0, decode="even",
            settings={},
        )
        for name, many in emds.items()
        for count, emd in enumerate(many, 1)
    ]  # fmt: skip
    return ClassCurves(links=links, modules=modules, events=100, excluded=1, points=tuple(points))


MADE_UP = (
    curves(2, 10, endless=[0.5, 0.2], chip=[0.9, 0.6], choice=[0.4, 0.25, 0.15]),
    curves(4, 3, endless=[2, 1, 0.5, 0.4], chip=[3, 2, 1, 0.8], choice=[0.9, 0.8, 0.4, 0.31]),
)


def test_links_are_those_from_which_on_a_code_is_as_near() -> None:
    needed = {(each.fidelity, each.code): each for each in needed_of(MADE_UP)}
    mine = {fidelity: each for (fidelity, code), each in needed.items() if code == CHOICE}
    assert mine["threshold_sum_endless"].by_class == {"2": 3, "4": 3}
    assert mine["threshold_sum_chip"].by_class == {"2": 1, "4": 2}
    # What is not reached keeps its links.
    assert mine["emd_0.3"].by_class == {"2": 2, "4": None}
    assert mine["emd_0.1"].by_class == {"2": None, "4": None}
    sectors = {name: (each.sector_links, each.busy_links) for name, each in mine.items()}
    assert sectors == {
        "threshold_sum_endless": (29, 9),  # 2 links are enough for Threshold Sum in the first
        "threshold_sum_chip": (16, 6),
        "emd_0.3": (32, 12),
        "emd_0.1": (32, 12),
    }
    assert ("threshold_sum_endless", ENDLESS_SUM) not in needed
    assert needed["threshold_sum_chip", ENDLESS_SUM].by_class == {"2": 1, "4": 3}
    # A figure that is a little larger is not enough any more.
    worse = MADE_UP[0].model_copy(
        update={
            "points": tuple(
                p.model_copy(update={"emd": p.emd + 0.21}) if p.code == CHOICE else p
                for p in MADE_UP[0].points
            )
        }
    )
    changed = next(n for n in needed_of((worse, MADE_UP[1])) if n.code == CHOICE)
    assert changed.by_class == {"2": None, "4": 3}


def test_what_is_told_is_what_was_found() -> None:
    record = LinksRecord(
        seed=1, events=100, fit_events=50, classes=MADE_UP, needed=needed_of(MADE_UP)
    )
    assert (record.sector_links, record.busy_links) == (32, 12)
    text = list(told(record))
    assert text[0].startswith("public link map, one sector: 13 full modules with 32 links; ")
    assert (
        "EMD Threshold Sum's, chip's buffer: of the codes of fixed rate Best Choice needs the"
        " fewest links, 16 of 32 (-50.0 %), of the modules with 3 and more 6 of 12 (-50.0 %)"
    ) in text
    assert text[-1].endswith("; not reached in class 2, 4, which keeps its links")
    # A code that gets nowhere keeps all links, and is no best one.
    stc = Code(algorithm="super_trigger_cell", buffer=FIXED)
    far = [
        each.model_copy(
            update={
                "points": (
                    *each.points,
                    each.points[0].model_copy(update={"code": stc, "emd": 9.0}),
                )
            }
        )
        for each in MADE_UP
    ]
    more = record.model_copy(update={"needed": needed_of(far)})
    assert next(n for n in needed_of(far) if n.code == stc).sector_links == 32
    assert list(told(more))[-4:-2] == text[-4:-2]


def test_towers_are_a_fidelity_where_all_were_measured() -> None:
    """Best Choice keeps towers within 2 % from 3 links on in one class, never in the other."""
    errors = {2: {1: 0.5, 2: 0.0201, 3: 0.02}, 4: {1: 0.3, 2: 0.1, 3: 0.05, 4: 0.0201}}
    with_towers = [
        each.model_copy(
            update={
                "points": tuple(
                    p.model_copy(update={"tower_error": errors[each.links].get(p.links, 0.5)})
                    for p in each.points
                )
            }
        )
        for each in MADE_UP
    ]
    needed = needed_of(with_towers)
    (mine,) = (n for n in needed if n.code == CHOICE and n.fidelity == "towers_0.02")
    assert mine.by_class == {"2": 3, "4": None}
    assert (mine.sector_links, mine.busy_links) == (10 * 3 + 3 * 4, 3 * 4)
    assert [n for n in needed if not n.fidelity.startswith(TOWERS)] == list(needed_of(MADE_UP))
    # Threshold Sum has them within 2.01 % in both, at 2 and at 4 links.
    as_near = {n.code: n.by_class for n in needed if n.fidelity == f"{TOWERS}threshold_sum_chip"}
    assert as_near == {ENDLESS_SUM: {"2": 2, "4": 4}, CHOICE: {"2": 2, "4": 4}}
    record = LinksRecord(
        seed=1, events=100, fit_events=50, classes=tuple(with_towers), needed=needed
    )
    text = list(told(record))
    assert "tower energy 2 %: of the codes of fixed rate Best Choice needs the fewest" in text[-1]
    assert any(line.startswith("error of tower energies") for line in text)
    # A code that keeps towers nowhere keeps its links, fewer than the best one takes: none is it.
    stc = Code(algorithm="super_trigger_cell", buffer=FIXED)
    far = [
        each.model_copy(
            update={"points": (*each.points, each.points[0].model_copy(update={"code": stc}))}
        )
        for each in with_towers
    ]
    lost = next(n for n in needed_of(far) if (n.code, n.fidelity) == (stc, "towers_0.02"))
    assert lost.sector_links < mine.sector_links and set(lost.by_class.values()) == {None}
    assert list(told(record.model_copy(update={"needed": needed_of(far)})))[-1] == text[-1]
    # A file of the first format has none, and is read.
    old = LinksRecord(seed=1, events=100, fit_events=50, classes=MADE_UP, needed=needed_of(MADE_UP))
    stored = old.model_dump(mode="json") | {"format": "asicae-links-1"}
    for each in stored["classes"]:
        del each["whole"]
        for point in each["points"]:
            del point["tower_error"]
    read = LinksRecord.model_validate(stored)
    assert read.needed == old.needed and not any("tower" in line for line in told(read))


def test_the_sector_is_that_of_the_map() -> None:
    every = link_map()
    assert sum(modules_by_class().values()) == every.full.sum()
    total = sum(links * modules for links, modules in modules_by_class().items())
    assert total == every.links[every.full].sum()


@pytest.mark.slow
def test_hybrid_choice_of_a_run_is_one_more_code_with_its_own_decoder() -> None:
    """One that knows all charges needs a link, and what is told has its name."""
    record = links_needed([11], 100, 100, 1, [with_hybrids(1, 2)])
    (measured,) = record.classes
    mine = Code(algorithm=HYBRID_CHOICE.name, buffer=FIXED)
    points = measured.of(mine)
    assert [(p.links, p.emd, p.tower_error) for p in points] == [(1, 0, 0), (2, 0, 0)]
    assert {point.settings["busy_hits"] for point in points} == {NEVER_BUSY}  # no gain of it
    needed = [each for each in record.needed if each.code == mine]
    assert len(needed) == 7 and {each.by_class["11"] for each in needed} == {1}
    names = "hybrid_1 trained on modules of all classes or hybrid_2 trained on modules of all"
    assert f"; Hybrid Choice: {names} classes" in next(told(record))


@pytest.mark.slow
def test_a_class_is_measured_from_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "links.json"
    words = ["links", "--class", "typical", "--events", "110", "--fit-events", "110", "-o", out]
    assert call(*words) == 0
    shown = capsys.readouterr().out
    record = LinksRecord.load(out)
    assert "\n".join(told(record)) in shown
    (measured,) = record.classes
    wanted = fidelities(measured)
    for each in record.needed:
        (many,) = each.by_class.values()
        found = {point.links: point for point in measured.of(each.code)}
        assert list(found) == list(range(1, len(found) + 1))
        reached = [links for links, p in found.items() if wanted[each.fidelity].is_met(p)]
        assert many == (min(reached) if reached else None)
        kept = 5 if many is None else many
        if "threshold_sum" in each.fidelity:
            kept = min(kept, 5)  # Threshold Sum has it with these
        assert each.sector_links == modules_by_class()[5] * kept
    codes = {point.code.algorithm for point in measured.points}
    assert {"adaptive_choice", "best_choice", "threshold_sum", "super_trigger_cell"} == codes
    # More links leave less astray in towers, too.
    adaptive = measured.of(Code(algorithm="adaptive_choice", buffer=FIXED))
    errors = [p.tower_error for p in adaptive if p.tower_error is not None]
    assert len(errors) == len(adaptive) and 0 < errors[4] < errors[1] < errors[0] < 1
    assert {each.fidelity for each in record.needed} >= {"towers_0.02", "emd_0.1"}
    assert measured.whole * 58 >= 110
    own = {p.code: p for p in measured.points if p.links == 5}
    assert own[ENDLESS_SUM].emd <= own[CHIP_SUM].emd
    assert all(p.charge_lost == 0 for p in measured.points if p.code != CHIP_SUM)
    assert json.loads(out.read_text())["needed"][0]["by_class"].keys() == {"5"}
    assert call(*words) == 2
    assert "exists" in capsys.readouterr().err
    assert call("links", "--class", "1") == 2
    assert "class: found '1', allowed are" in capsys.readouterr().err
