"""Panels of the silicon: area and energy by block, and the published chip."""

from collections.abc import Iterator, Mapping
from typing import Any

from asicae.estimation.record import ESTIMATE_FILE, EstimateRecord
from asicae.report import figures
from asicae.report.published import CHIP, PAPER
from asicae.report.run_data import Panel, Run

SMALLEST_SHARE = 1e-3  # smaller blocks are in the table of metrics


def silicon_panels(run: Run) -> Iterator[Panel]:
    """Area and energy by block, and the comparison with the published chip."""
    m, path = run.metrics, run.folder / ESTIMATE_FILE
    record = EstimateRecord.load(path) if path.is_file() else None
    library = record.library.title if record else ""
    shares = {
        name: {k: v for k, v in run.under(f"{name}.share.").items() if v >= SMALLEST_SHARE}
        for name in ("area", "energy")
    }
    if all(shares.values()):
        area = next(iter(run.under("area.um2.").values()))
        energy = next(iter(run.under("energy.pj_per_inference.").values()))
        totals = {"area": f"{area / 1e6:.2f} mm²", "energy": f"{energy:.0f} pJ"}
        figure = figures.stacked_bars(shares, totals)
        caption = (
            f"Microarchitecture {m.get('rtl.microarchitecture', 'naive')}; "
            f"{library}, 40 MHz, pre-layout; activity of source events with gate delays"
            f"{_glitches(m)}. {_notes(record)}See docs/estimation.md."
        )
        yield Panel("Area and energy by block", figures.svg(figure), caption)
    energies = _energies(record)
    if energies:
        caption = (
            "Estimated, pre-layout. Data: what source events would cost if no gate had a delay. "
            "Glitches: what they cost more in a simulation with the library's delays. Clock: the "
            "flip-flops' clock pins at every edge. Leakage: of 25 ns, not carried to 65 nm."
        )
        figure = figures.energy_by_kind(energies)
        yield Panel("Energy by block and kind", figures.svg(figure), caption)
    bands: dict[str, tuple[float, float, float]] = {}
    published: dict[str, float] = {}
    for entry in CHIP:
        ends = [m.get(f"{entry.key}.{end}") for end in ("low", "nominal", "high")]
        if all(end is not None for end in ends):
            low, nominal, high = (float(str(end)) for end in ends)
            bands[f"{entry.quantity.split(',')[0]} ({entry.unit})"] = (low, nominal, high)
            published[f"{entry.quantity.split(',')[0]} ({entry.unit})"] = entry.value
    if bands:
        caption = (
            f"Scaled to 65 nm from {library}; the bar spans the bases (published factors, "
            f"geometry, gates) and the spread of libraries. Star: {PAPER}."
        )
        figure = figures.chip_comparison(bands, published)
        yield Panel("Against the published chip, 65 nm", figures.svg(figure), caption)


def _notes(record: EstimateRecord | None) -> str:
    """What the library does not tell."""
    return "".join(f"{note}. " for note in record.library.notes) if record else ""


def _energies(record: EstimateRecord | None) -> dict[str, dict[str, float]]:
    """Block -> kind -> pJ per inference, from the estimate; empty where there is none."""
    found: dict[str, dict[str, float]] = {}
    for block in record.blocks if record else ():
        into = found.setdefault(block.label, {})
        energy, settled = block.energy_fj, block.zero_delay_fj
        kinds = {
            "data": settled.data,
            "glitches": energy.data - settled.data,
            "clock": energy.clock,
            "leakage": energy.leakage,
        }
        for kind, value in kinds.items():
            into[kind] = into.get(kind, 0.0) + value / 1000
    largest = max((sum(kinds.values()) for kinds in found.values()), default=0.0)
    return {k: v for k, v in found.items() if sum(v.values()) > SMALLEST_SHARE * largest}


def _glitches(metrics: Mapping[str, Any]) -> str:
    """What glitches do to the energy, and how well its mean is known, where that was estimated."""
    if "energy.glitch_factor" not in metrics:
        return ""
    factor = float(metrics["energy.glitch_factor"])
    error = float(metrics["energy.statistical_error_pj"])
    return (
        f"; glitches multiply the energy of data by {factor:.1f}; statistical error of the mean "
        f"over the events ±{error:.0f} pJ"
    )
