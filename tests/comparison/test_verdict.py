"""Who is nearest where, in words: from the figures of a record alone."""

import itertools

from asicae.comparison.record import (
    OWN,
    ComparedEvents,
    ComparedPoint,
    ComparisonRecord,
    RegimeDistance,
)
from asicae.comparison.verdict import nearest, summary, verdict

QUIET = {
    "autoencoder": (0.5, 0.4),
    "adaptive_choice": (0.2, 0.1),
    "best_choice": (0.3, 0.2),
    "threshold_sum": (0.0, 0.0),
}
BUSY = {
    "autoencoder": (0.6, 0.515),
    "adaptive_choice": (0.7, 0.5),
    "best_choice": (0.9, 0.8),
    "threshold_sum": (2.0, 0.01),
}
LINKS = (1, 2)


def record(quiet, busy):
    """Two regimes of 100 and of 50 events, distances with a band of 0.01 to both sides."""

    def of(name, events, emd):
        low = max(emd - 0.01, 0.0)
        return RegimeDistance(
            breakdown="occupancy", name=name, events=events, emd=emd, low=low, high=emd + 0.01
        )

    points = [
        ComparedPoint(
            set=OWN, algorithm=name, links=links, emd=(2 * q + b) / 3, emd_error=0.01,
            response=1.0, resolution=0.0, response_hottest=1.0, resolution_hottest=0.0,
            mean_bits=32.0 * links, max_bits=32 * links, events_lost=0, decode="even",
            settings={}, tried_on_validation={}, regimes=(of("1-4", 100, q), of("20+", 50, b)),
        )
        for name in quiet
        for links, q, b in zip(LINKS, quiet[name], busy[name], strict=True)
    ]  # fmt: skip
    about = ComparedEvents(name=OWN, events=150, excluded=0, source="made up")
    return ComparisonRecord(sets=(about,), points=tuple(points))


def test_the_sentence_is_that_of_the_figures() -> None:
    made = record(QUIET, BUSY)
    assert verdict(made, OWN, "made up") == (
        "Nearest of the codes of fixed rate, made up: 1-4 cells: Adaptive Choice at 1 and 2 links;"
        " 20+ cells: Autoencoder at 1, Adaptive Choice (level with Autoencoder) at 2 links;"
        " Threshold Sum, of variable rate, is below them at 2 links in the mean."
    )
    lines = summary(made, {OWN: "made up"})
    assert lines[1] == (
        "  1-4 cells (100 events), EMD by links: 1 Adaptive Choice 0.200, 2 Adaptive Choice 0.100"
    )
    # Whoever has the smallest figure is named, whoever that is; and alike regimes are joined.
    best = {**QUIET, "best_choice": (0.1, 0.0)}
    joined = verdict(record(best, {**BUSY, "best_choice": (0.1, 0.0)}), OWN, "made up")
    assert "made up: 1-4 and 20+ cells: Best Choice at 1 and 2 links;" in joined


def test_a_variable_rate_is_no_fixed_one_and_the_order_of_points_is_nothing() -> None:
    made = record(QUIET, BUSY)
    regime = ("occupancy", "20+")
    found = nearest(made.points, regime)
    assert [each.algorithms for each in found] == [
        ("autoencoder",),
        ("adaptive_choice", "autoencoder"),
    ]
    assert [each.distance.emd for each in found] == [0.6, 0.5]
    for order in itertools.islice(itertools.permutations(made.points), 0, 40_000, 4_000):
        assert nearest(order, regime) == found


def test_a_record_without_regimes_says_nothing() -> None:
    made = record(QUIET, BUSY)
    old = made.model_copy(
        update={"points": tuple(p.model_copy(update={"regimes": ()}) for p in made.points)}
    )
    assert verdict(old, OWN, "made up") == "" and summary(old, {OWN: "made up"}) == []
