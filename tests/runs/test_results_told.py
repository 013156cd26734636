"""What a stage found is said with its own figures, or not at all."""

import pytest

from asicae.runs.kinds import IMPORTED, TRAINED
from asicae.runs.results_told import in_words
from asicae.runs.stage import Metrics

EXACT = "exact.golden_vs_rtl"
NEAREST = (
    "nearest of fixed rate beside the autoencoder: adaptive_choice 0.500 at 2, best_choice 0.200 at"
    " 10 links"
)


@pytest.mark.parametrize(
    ("stage", "metrics", "said"),
    [
        (
            "compare",
            {
                "emd.adaptive_choice.10links": 0.3,
                "emd.adaptive_choice.2links": 0.5,
                "emd.best_choice.10links": 0.2,
                "emd.class7.adaptive_choice.2links": 0,
                # Frames that take more where there is more, and a code that has no other links.
                "emd.threshold_sum.10links": 0.1,
                "emd.repeater.11links": 0.02,
            },
            NEAREST,
        ),
        (
            "verify",
            {f"{EXACT}.words": 1600, f"{EXACT}.sums": 100, f"{EXACT}.mismatches": 3}
            | {"rtl.latency_bx": 2},
            "1,600 latents and 100 sums compared with golden, 3 differ; latency 2 BX",
        ),
        ("estimate", {"area.um2.mine": 5.0}, ""),
        ("engines", {}, ""),
        ("unheard of", {"readout.events": 5}, ""),
    ],
)
def test_the_figures_are_those_of_the_stage(stage: str, metrics: Metrics, said: str) -> None:
    assert in_words(stage, metrics) == said


def test_it_is_of_stages_that_there_are() -> None:
    from asicae.runs.results_told import _TOLD

    assert _TOLD.keys() <= {stage.name for kind in (TRAINED, IMPORTED) for stage in kind.stages}
