"""A mass regression finds what is planted, says how to see it again, and goes on where it was."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.campaigns import regression, regression_chips
from asicae.campaigns.record import Record
from asicae.campaigns.regression import EVENTS, Regression
from asicae.campaigns.regression_chips import LEAST, PRESET_ORDER, RegressionChip, chips_of, shares
from asicae.campaigns.regression_events import CHUNK, CHUNKS, WEIGHT_SETS, Piece, pieces
from asicae.campaigns.regression_page import page
from asicae.campaigns.regression_row import Compared, Row
from asicae.chip import golden
from asicae.chip.golden import ChipOutput
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.module.codes import CALQ_MAX
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.engines.engine import Charges
from tests.support.places import ROOT
from tests.support.tiny_network import TINY, described

STORED = ROOT / "docs" / "results" / "regression.json"
NAIVE = RegressionChip("small", "naive")


class GoldenChip:
    """Golden, with one bit of a latent of event ``wrong`` of those that it has seen flipped."""

    def __init__(self, network: Network, wrong: int | None, stuck: bool = False) -> None:
        self.network, self.wrong, self.stuck, self.seen = network, wrong, stuck, 0
        self.loads = 0

    def load(self, weights: Weights) -> None:
        self.encoder = Encoder(self.network, weights)
        self.loads += 1

    def stream(self, calq: Charges) -> ChipOutput:
        found = golden.run(self.encoder, calq, 1)
        if self.wrong is not None and self.seen <= self.wrong < self.seen + len(calq):
            if self.stuck:
                raise CheckFailed("valid_o was not as it must be")
            found.latents[self.wrong - self.seen, 1] ^= 1
        self.seen += len(calq)
        return found


def charges(chunk: int) -> Charges:
    drawn = np.random.default_rng(chunk).integers(0, CALQ_MAX + 1, (400, 48))
    return drawn.astype(np.int32)


ASKED = [Piece(weights=w, chunk=c, first=f, stop=400) for w, c, f in ((5, 0, 300), (5, 1, 0))]
ASKED.append(Piece(weights=6, chunk=1, first=200, stop=400))


def found_in(network: Network, chip: GoldenChip, asked: Sequence[Piece] = ASKED) -> Row:
    empty = Row(chip="tiny/naive", rtl_sources="", rtl_sha256="")
    return Compared(network, chip, charges).run(asked, empty)


def test_a_wrong_word_is_found_and_its_replay_ends_with_it(tmp_path: Path) -> None:
    network = described(TINY, tmp_path)
    right = GoldenChip(network, None)
    whole = found_in(network, right)
    assert (whole.events, whole.words, whole.mismatches) == (700, 700 * 3, 0)
    assert (whole.wrong, whole.weights, right.loads) == ("", (5, 6), 2)
    for at, piece in ((99, ASKED[0]), (100, ASKED[1]), (699, ASKED[2])):
        row = found_in(network, GoldenChip(network, at))
        begun = sum(p.stop - p.first for p in ASKED[: ASKED.index(piece)])
        event = piece.first + at - begun
        assert row.mismatches == 1
        assert row.replay == piece.model_copy(update={"stop": event + 1})
        assert f"event {event}, latent 1" in row.wrong
        again = found_in(network, GoldenChip(network, at - begun), [row.replay])
        assert again.wrong == row.wrong and again.events == event + 1 - piece.first
    stuck = found_in(network, GoldenChip(network, 150, stuck=True))
    assert (stuck.mismatches, stuck.replay) == (0, ASKED[1])
    assert "valid_o" in stuck.wrong


def test_shares_add_up_and_none_is_too_small() -> None:
    chips, left_out = chips_of(PRESET_ORDER)
    assert set(left_out) == {"large/compact"}
    for events in (EVENTS, EVENTS + 1, EVENTS // 3):
        parts = shares(chips, events)
        assert sum(parts) == events
        for chip, part in zip(chips, parts, strict=True):
            assert part >= LEAST or chip.configuration.bank == "latch"
            assert part > 1000
    fewer, _ = chips_of(PRESET_ORDER, ["small/naive"])
    assert sum(shares(fewer, EVENTS)) == EVENTS
    with pytest.raises(BadInput, match="events: found 10, allowed"):
        shares(chips, 10)
    with pytest.raises(BadInput, match="--without: found 'small/fast'"):
        chips_of(["small"], ["small/fast"])


def test_pieces_are_all_events_of_a_chip_once() -> None:
    for events in (7, 3 * CHUNK + 1, CHUNKS * CHUNK):
        found = pieces(NAIVE, 1, events)
        taken = [p.chunk * CHUNK + e for p in found for e in range(p.first, p.stop)]
        assert len(taken) == len(set(taken)) == events
    assert len({piece.weights for piece in found}) == WEIGHT_SETS
    others = pieces(RegressionChip("small", "lean"), 1, events)
    assert not {p.weights for p in others} & {p.weights for p in found}
    assert [Piece.parsed(piece.text) for piece in found] == found
    for text in ("1:2:3", "1:2:3:x", f"1:{CHUNKS}:0:1", "1:0:5:5", f"1:0:0:{CHUNK + 1}"):
        with pytest.raises(BadInput, match="--piece: found"):
            Piece.parsed(text)


def test_a_campaign_that_was_ended_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chips = [NAIVE, RegressionChip("small", "lean")]
    asked: list[str] = []

    def process(command: Sequence[str], output: Any) -> int:
        name, answer = command[3], Path(command[7])
        asked.append(name)
        if len(asked) == 2:
            return -15
        Row(chip=name, rtl_sources="", rtl_sha256="").save(answer)
        return 0

    monkeypatch.setattr(regression, "run_group", process)
    campaign = Regression(1, tmp_path)
    with pytest.raises(CheckFailed, match="small/lean: its process ended with status -15"):
        campaign.rows(chips, [100, 200], 1)
    rows = campaign.rows(chips, [100, 200], 1)
    assert [row.chip for row in rows] == [chip.name for chip in chips]
    assert asked == ["small/naive", "small/lean", "small/lean"]
    others = (Regression(2, tmp_path), Regression(1, tmp_path, "weight"))
    keys = {other.key(NAIVE, 100) for other in (campaign, *others)}
    assert len(keys | {campaign.key(NAIVE, 101), campaign.key(chips[1], 100)}) == 5


@pytest.mark.build
def test_what_is_planted_fails_and_the_command_that_is_printed_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described(TINY, tmp_path)
    tiny, out = f"{tmp_path}/network.toml", tmp_path / "record.json"
    state = ["--state", str(tmp_path / "state")]
    monkeypatch.setattr(regression_chips, "LEAST", 800)
    monkeypatch.setattr(regression_chips, "MICROARCHITECTURES", {"naive": None})

    def status(*words: str) -> object:
        monkeypatch.setattr(sys, "argv", ["regression", *words, *state])
        with pytest.raises(SystemExit) as ended:
            regression.main()
        return ended.value.code

    words = ["--networks", tiny, "--events", "800", "--out", str(out)]
    assert status(*words) == 0
    assert Record.load(out).figures["mismatches"] == 0
    assert status(*words, "--mutate", "weight") == 1
    (told,) = Record.load(out).violations
    assert told in out.with_suffix(".md").read_text()
    program, *again = told.partition("again: ")[2].split()[2:]
    assert program == regression.PROGRAM
    assert status(*again) == 1
    assert status(*again[: again.index("--mutate")]) == 0


def test_the_committed_page_is_of_the_record() -> None:
    found = Record.load(STORED)
    figures: Any = found.figures
    assert STORED.with_suffix(".md").read_text(encoding="utf-8") == page(found)
    rows = [Row.model_validate(row) for row in figures["chips"]]
    assert figures["events"] == sum(row.events for row in rows) == found.settings["events"]
    assert figures["words"] == sum(row.words for row in rows)
    assert [row.wrong for row in rows if row.mismatches or row.wrong] == []
    for row in rows:
        latched = RegressionChip.named(row.chip).configuration.bank == "latch"
        assert row.events >= LEAST or latched
