"""The classical algorithms beside the autoencoder, at equal bandwidth."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from asicae.comparison.record import (
    COMPARISON_FILE,
    OWN,
    PILEUP,
    SPREADING_FILE,
    ComparisonRecord,
    class_set,
)
from asicae.comparison.verdict import set_names, summary
from asicae.foundation.progress import step
from asicae.readout.conversion import save
from asicae.readout.readouts import Readouts
from asicae.runs.encoders import NETWORK, WEIGHTS, load_network
from asicae.runs.hybrids import FILES as HYBRID_FILES
from asicae.runs.hybrids import load_hybrid
from asicae.runs.readouts import ALL_PARTS, load_part, part_file
from asicae.runs.stage import Metrics, RunView, Stage
from asicae.source.simulate import simulate
from asicae.training.record import set_name

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings
    from asicae.source.settings import SourceSettings

PILEUP_FILE = part_file("pileup")
CLASS_FILES = part_file("class*")


def compare(run: RunView) -> Metrics:
    """Compare them on the test events and, of a simulated run, on a set of pileup."""
    from asicae.comparison.compare import EventSet, compare_algorithms
    from asicae.training.trained import Trained

    s, network = run.settings, load_network(run.path)
    own = s.train.model
    sets = {n: Trained.load(run.path, set_name(n), network, n, own) for n in s.links}
    events = [EventSet(OWN, load_part(run.path, "validation"), load_part(run.path, "test"))]
    if _has_pileup(s):
        events.append(EventSet(PILEUP, *_simulated(run, _pileup_source(s), PILEUP_FILE)))
    for links in _classes(s):
        name, source = class_set(links), _class_source(s, links)
        parts = _simulated(run, source, part_file(name))
        events.append(EventSet(name, *parts, learns=False))
    training = load_part(run.path, "train")
    hybrids = [load_hybrid(run.path, n) for n in sorted(s.hybrid.links if s.hybrid else ())]
    metrics = compare_algorithms(network, sets, training, events, s.compare, run.path, hybrids)
    record = ComparisonRecord.load(run.path / COMPARISON_FILE)
    for line in (*_budgets(s, len(training)), *summary(record, set_names(record, _named(s)))):
        step(line)
    return metrics


def _named(settings: "RunSettings") -> dict[str, Any]:
    """What decides how the sets of events are called."""
    parts = {"reading": settings.reading, "source": settings.source}
    named = {name: part.model_dump(mode="json") for name, part in parts.items()}
    return {"data": settings.data, **named}


def _budgets(settings: "RunSettings", events: int) -> Iterator[str]:
    """What was spent on the learned decodings and on the decoders of the autoencoder."""
    from asicae.training.learned_spreading import MOST_EVENTS

    own, learned = settings.train, settings.compare.spreading_epochs
    first = f"{own.epochs} passes over {events:,} events at {max(settings.links)} links"
    further = f", {own.next_epochs} each below" if len(settings.links) > 1 else ""
    yield f"autoencoder: each encoder with a decoder of its own, {first}{further}"
    if settings.hybrid:
        hybrid = settings.hybrid
        yield (
            f"hybrid choice: a network and a decoder at each of {len(hybrid.links)} numbers of"
            f" links, {hybrid.epochs} passes over the events with {hybrid.busy_hits} cells and more"
        )
    if learned:
        most = min(events, MOST_EVENTS)
        yield (
            f"learned decoding: {learned} passes over {most:,} events, one network for all"
            " algorithms that send their largest cells, at all links"
        )


def _simulated(run: RunView, source: "SourceSettings", file: str) -> tuple[Readouts, Readouts]:
    """Events to choose and to measure on, which are stored."""
    drawn = simulate(source)
    save(drawn, run.path / file, force=True)
    cut = _chosen_on(run.settings, source)
    return drawn.select(slice(0, cut)), drawn.select(slice(cut, None))


def _has_pileup(settings: "RunSettings") -> bool:
    """Whether there is a set of pileup 200 beside the run's own events, and other than these."""
    source = settings.source
    only_that = source.mixture == "pileup" and source.pileup_levels == (200,)
    return not settings.data and not only_that


def _classes(settings: "RunSettings") -> tuple[int, ...]:
    """Classes of modules beside the run's own events: where these are not of a part themselves."""
    source = settings.source
    parts = (source.links, source.layers, source.radius_cm)
    whole = not settings.data and all(part is None for part in parts)
    return tuple(sorted(set(settings.compare.classes))) if whole else ()


def _class_source(settings: "RunSettings", links: int) -> "SourceSettings":
    """The source of modules of a class at pileup 200."""
    compare = settings.compare
    changes = {
        "links": links,
        "mixture": "pileup",
        "pileup": (200,),
        "seed": compare.pileup_seed + links,
        "events": compare.choice_events + compare.class_events,
        "partial": False,
        "together": False,
        "drop_empty": False,
    }
    return settings.source.model_copy(update=changes)


def _chosen_on(settings: "RunSettings", source: "SourceSettings") -> int:
    """How many of these events settings are chosen on."""
    return settings.compare.choice_events if source.links else settings.validation_events


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
    deciding = {"compare", "source", "data", "links", "hybrid"}
    return settings.model_dump(mode="json", include=deciding)


def _required(run: RunView) -> list[str]:
    learned = [SPREADING_FILE] if run.settings.compare.spreading_epochs else []
    pileup = [PILEUP_FILE] if _has_pileup(run.settings) else []
    classes = [part_file(class_set(links)) for links in _classes(run.settings)]
    return [COMPARISON_FILE, *learned, *pileup, *classes]


STAGE = Stage(
    name="compare",
    title="the classical algorithms beside the autoencoder, at equal bandwidth",
    action=compare,
    settings=_settings,
    code=lambda s: s.train.own_code,
    inputs=(NETWORK, *ALL_PARTS, WEIGHTS, "model/*", *HYBRID_FILES),
    outputs=(COMPARISON_FILE, SPREADING_FILE, PILEUP_FILE, CLASS_FILES),
    required=_required,
)
