"""What a run found best on its validation events, read from its comparison."""

from pathlib import Path

from asicae.comparison.record import OWN, ComparisonRecord, Tried
from asicae.concentrator.algorithms.table import algorithm_of
from asicae.concentrator.settings import ConcentratorSettings
from asicae.foundation.errors import BadInput


def chosen_map(path: Path, settings: ConcentratorSettings) -> str:
    """Name of the map with the smallest validation distance for frames of these settings.

    Looked at is the point of this algorithm and number of links on the run's own events; what was
    tried with frames of this kind.

    Args:
        path: comparison of a run.
        settings: of a classical algorithm.

    Raises:
        BadInput: no such file or another content, no such point.
    """
    points = ComparisonRecord.load(path).points
    own = [p for p in points if p.set == OWN and p.algorithm == settings.alg_type]
    mine = [point for point in own if point.links == settings.links]
    tried = [each for point in mine for each in point.tried if _alike(each, settings)]
    if not tried:
        what = f"{settings.alg_type} at {settings.links} links"
        found = ", ".join(str(point.links) for point in own) or "none"
        raise BadInput(f"{path}: tells nothing of {what} (found: {found}); choose with --spread")
    return min(tried, key=lambda each: each.emd).decode


def _alike(tried: Tried, settings: ConcentratorSettings) -> bool:
    """Whether something was tried with frames of the kind of these."""
    variant = algorithm_of(settings).variant_of(settings)
    return variant.items() <= tried.settings.items()
