"""The classical algorithms beside the autoencoder, at equal bandwidth."""

from typing import TYPE_CHECKING, Any

from asicae.comparison.record import (
    COMPARISON_FILE,
    OWN,
    PILEUP,
    SPREADING_FILE,
    ComparisonRecord,
)
from asicae.comparison.verdict import set_names, summary
from asicae.foundation.progress import step
from asicae.readout.conversion import save
from asicae.runs.encoders import NETWORK, WEIGHTS, load_network
from asicae.runs.readouts import ALL_PARTS, load_part, part_file
from asicae.runs.stage import Metrics, RunView, Stage
from asicae.source.simulate import simulate
from asicae.training.record import set_name

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings
    from asicae.source.settings import SourceSettings

PILEUP_FILE = part_file("pileup")


def compare(run: RunView) -> Metrics:
    """Compare them on the test events and, of a simulated run, on a set of pileup."""
    from asicae.comparison.compare import EventSet, compare_algorithms
    from asicae.training.fit import Trained

    s, network = run.settings, load_network(run.path)
    sets = {n: Trained.load(run.path, set_name(n), network, n) for n in s.links}
    events = [EventSet(OWN, load_part(run.path, "validation"), load_part(run.path, "test"))]
    (run.path / PILEUP_FILE).unlink(missing_ok=True)
    if _has_pileup(s):
        pileup = simulate(_pileup_source(s))
        save(pileup, run.path / PILEUP_FILE, force=True)
        cut = s.validation_events
        parts = pileup.select(slice(0, cut)), pileup.select(slice(cut, None))
        events.append(EventSet(PILEUP, *parts))
    training = load_part(run.path, "train")
    metrics = compare_algorithms(network, sets, training, events, s.compare, run.path)
    record = ComparisonRecord.load(run.path / COMPARISON_FILE)
    for line in summary(record, set_names(record, s.model_dump(mode="json"))):
        step(line)
    return metrics


def _has_pileup(settings: "RunSettings") -> bool:
    """Whether there is a set of pileup 200 beside the run's own events, and other than these."""
    source = settings.source
    only_that = source.mixture == "pileup" and source.pileup_levels == (200,)
    return not settings.data and not only_that


def _pileup_source(settings: "RunSettings") -> "SourceSettings":
    """The source at pileup 200, with no other difference than its events."""
    changes = {
        "mixture": "pileup",
        "pileup": (200,),
        "seed": settings.compare.pileup_seed,
        "events": settings.validation_events + settings.test_events,
    }
    return settings.source.model_copy(update=changes)


def _settings(settings: "RunSettings") -> dict[str, Any]:
    return settings.model_dump(mode="json", include={"compare", "source", "data", "links"})


def _required(run: RunView) -> list[str]:
    learned = [SPREADING_FILE] if run.settings.compare.spreading_epochs else []
    return [COMPARISON_FILE, *learned, *([PILEUP_FILE] if _has_pileup(run.settings) else [])]


STAGE = Stage(
    name="compare",
    title="the classical algorithms beside the autoencoder, at equal bandwidth",
    action=compare,
    settings=_settings,
    inputs=(NETWORK, *ALL_PARTS, WEIGHTS, "model/*"),
    outputs=(COMPARISON_FILE, SPREADING_FILE, PILEUP_FILE),
    required=_required,
)
