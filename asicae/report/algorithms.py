"""The section about the classical algorithms beside the autoencoder, from its record."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from asicae.comparison.record import (
    COMPARISON_FILE,
    OWN,
    ComparedEvents,
    ComparedPoint,
    ComparisonRecord,
    links_of_set,
)
from asicae.comparison.verdict import set_names, verdict
from asicae.concentrator.algorithms.table import ALGORITHMS
from asicae.report import algorithm_figures
from asicae.report.algorithm_figures import HOTTEST_CELL, MODULE_SUM, Series, in_order, look_of
from asicae.report.figures import svg
from asicae.report.regimes import OLD, regime_panels, regime_tables
from asicae.report.run_data import Panel, Run, Section, TextTable
from asicae.report.shapes import shape_panels, shape_tables

TITLE: Final = "Beside the classical algorithms, at equal bandwidth"
REMARK: Final = (
    "EMD: mean ± statistical error over the test events (the spread between trainings is not in "
    "it), each module counted alike whatever its charge; reference: the charges that enter the "
    "concentrator. Module sum: response ± resolution, the mean and standard deviation of decoded "
    "over true sum. Bits: mean length of a frame (longest); N links carry 32 N bits per crossing. "
    "Threshold Sum has the lowest common threshold (CALQ) whose mean frame fits; at 1 it sends "
    "every cell with charge. Its frames vary, and its buffer is endless; the EMD behind the chip's "
    "own, with a threshold for each class of modules, and the charge lost there stand beside it. "
    "Adaptive Choice is a code of this kit, none of the chip. Settings and decoding of the "
    "classical algorithms were chosen by the mean EMD on each set's own validation events; the "
    "autoencoder was trained on the training events only. See docs/compare.md."
)


def algorithm_section(run: Run) -> Section:
    """Panels and table; empty where nothing was compared.

    Raises:
        BadInput: the file of the comparison has another format or content.
    """
    path = run.folder / COMPARISON_FILE
    if not path.is_file():
        return Section(TITLE, [])
    record = ComparisonRecord.load(path)
    names = set_names(record, run.provenance["settings"])
    sets = {shown: _series(record, name) for name, shown in names.items()}
    events = {names[about.name]: _events(about, run) for about in record.sets}
    said = [sentence for name, shown in names.items() if (sentence := verdict(record, name, shown))]
    # A class of modules is a regime: what is said of the mean over a mixture is not said of it.
    whole = {shown: sets[shown] for name, shown in names.items() if links_of_set(name) is None}
    return Section(
        TITLE,
        [*regime_panels(sets, events), *shape_panels(sets, events), *_panels(whole, events)],
        [
            *regime_tables(record, sets, names),
            *shape_tables(sets),
            TextTable(*_table(whole), _remark(whole)),
        ],
        said or [OLD],
    )


def _series(record: ComparisonRecord, name: str) -> dict[str, list[ComparedPoint]]:
    """Algorithm -> its points in this set, by links."""
    mine = sorted((p for p in record.points if p.set == name), key=lambda point: point.links)
    algorithms = in_order(point.algorithm for point in mine)
    return {each: [point for point in mine if point.algorithm == each] for each in algorithms}


def _events(about: ComparedEvents, run: Run) -> str:
    own = about.name == OWN and run.provenance["settings"]["data"]
    source = "Your readouts" if own else "Synthetic source (docs/source.md)"
    left_out = f", {about.excluded} of them without charge left out" if about.excluded else ""
    return f"{source}, {about.events:,} test events{left_out}."


def _panels(sets: Mapping[str, Series], events: Mapping[str, str]) -> Iterator[Panel]:
    limits = _limits(sets)
    bars = "Bars: statistical error of the mean, mostly smaller than the markers."
    for name, series in sets.items():
        figure = algorithm_figures.algorithm_distances(series, limits)
        yield Panel(f"Distance by links, {name}", svg(figure), f"{events[name]} {bars}")
    figure = algorithm_figures.distance_by_bits(sets, limits)
    caption = "The same points by what is sent on average. Lower left is better."
    of = " ".join(dict.fromkeys(events[name] for name in sets))
    yield Panel("Distance by bits sent", svg(figure), f"{of} {caption}")
    bars = "Marker: mean (response), bar: standard deviation (resolution); long bars are cut"
    for name, series in sets.items():
        label = "decoded / true module sum"
        figure = algorithm_figures.scale_by_links(series, MODULE_SUM, label, 0.1)
        yield Panel(f"Module sum, {name}", svg(figure), f"{events[name]} {bars}.")
    name, series = next(iter(sets.items()))
    label = "decoded / true charge, hottest cell"
    figure = algorithm_figures.scale_by_links(series, HOTTEST_CELL, label, 0.75)
    yield Panel(f"Hottest cell, {name}", svg(figure), f"{events[name]} {bars}.")


def _limits(sets: Mapping[str, Series]) -> tuple[float, float]:
    values = [p.emd for series in sets.values() for many in series.values() for p in many]
    return max(min(values), 1e-3) / 1.6, max(values) * 1.3


def _table(
    sets: Mapping[str, Series],
) -> tuple[list[str], frozenset[str], list[list[str]]]:
    """Columns, those with numbers, and rows: by links, then in the order of the legends."""
    headings = ("EMD", "module sum", "bits", "decoding")
    columns = ["links", "algorithm"]
    columns += [f"{heading}, {name}" for name in sets for heading in headings]
    first = next(iter(sets.values()))
    places = sorted(
        (point.links, order, algorithm, index)
        for order, algorithm in enumerate(first)
        for index, point in enumerate(first[algorithm])
    )
    rows = []
    for links, _, algorithm, index in places:
        row = [str(links), look_of(algorithm)[0]]
        for series in sets.values():
            row += _cells(series[algorithm][index])
        rows.append(row)
    numbers = {"links", *(c for c in columns if c.startswith(("EMD", "module", "bits")))}
    return columns, frozenset(numbers), rows


def _cells(point: ComparedPoint) -> list[str]:
    chosen = [point.decode.replace("_", " ").replace("+", " + ")]
    chosen += [
        f"{key.replace('_', ' ')} {value}" if isinstance(value, int) else value.replace("_", " ")
        for key, value in point.settings.items()
    ]
    if point.events_lost:
        chosen.append(f"{point.events_lost} events without any charge sent")
    if point.buffered:
        lost = f"{100 * point.buffered.charge_lost:.1f} % of the charge lost"
        chosen.append(f"chip's buffer: EMD {point.buffered.emd:.3f}, {lost}")
    # Three decimals, and one more where the error would read as nothing.
    decimals = 3 if point.emd_error >= 0.001 else 4
    return [
        f"{point.emd:.{decimals}f} ± {point.emd_error:.{decimals}f}",
        f"{point.response:.3f} ± {point.resolution:.3f}",
        f"{point.mean_bits:.0f} ({point.max_bits})",
        ", ".join(chosen),
    ]


def _remark(sets: Mapping[str, Series]) -> str:
    """What the table means, and what spreading gains at a fixed rate on the validation events."""
    name, series = next(iter(sets.items()))
    spread = (a for a in ALGORITHMS.values() if a.sends_rest and not a.variable_rate)
    return REMARK + "".join(
        _gain(algorithm.label, series[algorithm.name], name)
        for algorithm in spread
        if series.get(algorithm.name)
    )


def _gain(label: str, points: Sequence[ComparedPoint], name: str) -> str:
    """What spreading gains an algorithm."""
    gains = []
    for point in points:
        tried = {each.decode: each.emd for each in point.tried}
        gains.append(f"{tried['drop']:.2f} to {min(tried.values()):.2f}")
    return (
        f" Spreading the sum of what was not sent, instead of dropping it, takes {label} at "
        f"{', '.join(str(point.links) for point in points)} links from "
        f"{', '.join(gains)} ({name}, validation)."
    )
