"""The page of a run: one self-contained HTML file made from what lies in the run folder."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from asicae.foundation.files import read_json, read_text, write_text
from asicae.report import figures
from asicae.report.algorithms import algorithm_section
from asicae.report.published import CHIP, PAPER
from asicae.report.run_data import Panel, Run, Section

EVENTS_SHOWN = (0.3, 0.6, 0.9)
SMALLEST_SHARE = 1e-3  # smaller blocks are in the table of metrics


def write_report(folder: Path) -> Path:
    """Write ``report.html`` of a run folder.

    Raises:
        BadInput: the folder lacks metrics, description or provenance.
    """
    run = Run.read(folder)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("asicae.report", "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("report.html.j2").render(
        run=run,
        sections=sections(run),
        exactness=exactness_rows(run),
        comparison=comparison_rows(run),
        compression=compression_rows(run),
        metrics=sorted(run.metrics.items()),
        headline=headline(run),
        paper=PAPER,
    )
    return write_text(folder / "report.html", text)


def headline(run: Run) -> list[tuple[str, str, str]]:
    """(value, unit, meaning) of the figures that a reader wants first."""
    m = run.metrics
    found = []
    for key, form, unit, meaning in (
        ("exact.golden_vs_rtl.mismatches", "{:.0f}", "mismatches", "RTL against golden"),
        ("exact.qkeras_vs_golden.mismatches", "{:.0f}", "mismatches", "QKeras against golden"),
        ("exact.golden_vs_emulator.mismatches", "{:.0f}", "mismatches", "C++ against golden"),
        ("rtl.interval_bx", "{:.0f}", "BX", "initiation interval"),
        ("rtl.latency_bx", "{:.0f}", "BX", "latency"),
        ("weights.load_ms_1mhz", "{:.1f}", "ms", "weight load, 1 MHz I2C"),
        ("energy.nj_65nm.nominal", "{:.2f}", "nJ", "per inference, 65 nm, estimated"),
        ("area.mm2_65nm.nominal", "{:.2f}", "mm²", "65 nm, estimated, pre-layout"),
    ):
        if key in m:
            found.append((form.format(float(m[key])), unit, meaning))
    return found


def exactness_rows(run: Run) -> list[dict[str, Any]]:
    """One row for each pair of executions that were compared."""
    rows = []
    for key in sorted(run.under("exact.")):
        if key.endswith(".words"):
            pair = key.removesuffix(".words")
            values = run.under(f"exact.{pair}.")
            rows.append({"pair": pair.replace("_vs_", " = "), **values})
    return rows


def comparison_rows(run: Run) -> list[dict[str, str]]:
    """The published chip beside this run, each figure with unit and what it leaves out."""
    rows = []
    for entry in CHIP:
        band = [run.metrics.get(f"{entry.key}.{end}") for end in ("low", "nominal", "high")]
        if entry.key in run.metrics:
            measured = entry.key.startswith("rtl.")
            kind = "measured in RTL simulation" if measured else "derived from the description"
            ours = f"{run.metrics[entry.key]:g} {entry.unit}"
        elif all(value is not None for value in band):
            low, nominal, high = (float(str(value)) for value in band)
            ours = f"{nominal:.2f} {entry.unit} ({low:.2f} to {high:.2f})"
            kind = "estimated: synthesis at 45 nm, pre-layout, scaled; without " + entry.leaves_out
        else:
            continue
        theirs = f"{entry.value:g} {entry.unit}"
        rows.append(
            {"quantity": entry.quantity, "chip": theirs, "chip_remark": entry.remark}
            | {"ours": ours, "ours_remark": kind}
        )
    if "timing.ns_65nm" in run.metrics:
        rows.append(
            {
                "quantity": "Longest register-to-register path, 65 nm",
                "chip": "25 ns allowed",
                "chip_remark": "one bunch crossing",
                "ours": f"{run.metrics['timing.ns_65nm']:.1f} ns",
                "ours_remark": "estimated: synthesis at 45 nm, pre-layout, scaled",
            }
        )
    return rows


def compression_rows(run: Run) -> list[dict[str, Any]]:
    """Bits and ratios by link count."""
    m = run.metrics
    return [
        {
            "links": n,
            "sent": m[f"compression.bits_sent.{n}links"],
            "received": m[f"compression.ratio_received.{n}links"],
            "decoded": m[f"compression.ratio_decoded.{n}links"],
            "emd": m[f"emd.autoencoder.{n}links"],
            "response": m[f"response.autoencoder.{n}links"],
            "resolution": m[f"resolution.autoencoder.{n}links"],
        }
        for n in run.links
        if f"compression.bits_sent.{n}links" in m
    ]


def event_panels(run: Run) -> Iterator[Panel]:
    """Events at fixed quantiles of the distance, so that none is picked by eye."""
    if not run.links:
        return
    links = run.links[-1]
    arrays = run.evaluation(f"autoencoder_{links}links")
    if arrays is None:
        return
    order = np.argsort(np.where(arrays["kept"], arrays["emd"], np.inf))
    kept = int(arrays["kept"].sum())
    for quantile in EVENTS_SHOWN:
        k = int(order[int(quantile * (kept - 1))])
        latents = arrays["latents"][k]
        figure = figures.event(
            arrays["reference"][k].astype(float),
            latents,
            arrays["reconstructed"][k].astype(float),
            int(arrays["latents"].max()),
        )
        share = f"{100 * quantile:.0f} % of the held-out events are closer"
        caption = f"EMD {arrays['emd'][k]:.2f} at {links} links; {share}. Colour: log of charge."
        yield Panel(f"Event {k}", figures.svg(figure), caption)


def dead_cell_panels(run: Run) -> Iterator[Panel]:
    """A module with dead trigger cells under the base weights and under the tuned ones."""
    base, tuned = (run.evaluation(f"dead_cells_{name}") for name in ("base", "tuned"))
    if base is None or tuned is None:
        return
    lost = (base["reference"] - base["calq"]).sum(axis=1)
    hurt = base["kept"] & (lost > 0) & base["calq"].any(axis=1)
    order = np.argsort(np.where(hurt, lost / base["reference"].sum(axis=1).clip(1), np.inf))
    seen, true = base["calq"].any(axis=0), base["reference"].any(axis=0)
    dead = [int(cell) for cell in np.flatnonzero(true & ~seen)]
    means = [float(np.mean(a["emd"][a["kept"]])) for a in (base, tuned)]
    share = 100 * float(hurt.mean())
    for quantile in EVENTS_SHOWN:
        k = int(order[int(quantile * (int(hurt.sum()) - 1))])
        arrays = (base["reference"], base["calq"], base["reconstructed"], tuned["reconstructed"])
        images = [array[k].astype(float) for array in arrays]
        figure = figures.dead_event(images[0], images[1], images[2], images[3], dead)
        caption = (
            f"{len(dead)} dead cells (crosses) took {100 * lost[k] / images[0].sum():.0f} % of the "
            f"charge. EMD {base['emd'][k]:.2f} with the base weights, {tuned['emd'][k]:.2f} with "
            f"the tuned ones; means over the held-out events {means[0]:.3f} and {means[1]:.3f} "
            f"({share:.0f} % of them lose charge)."
        )
        yield Panel(f"Dead cells, event {k}", figures.svg(figure), caption)


def training_panels(run: Run) -> Iterator[Panel]:
    """Loss curves, distance by links, distributions."""
    curves = _history(run.folder / "train" / "history.csv")
    if curves:
        caption = "Thick: validation, thin: training. One weight set per link count."
        yield Panel("Loss", figures.svg(figures.loss_curves(curves)), caption)
    m = run.metrics
    if run.links and {"emd.mean_image", "emd.untrained"} <= m.keys():
        distances = [float(m[f"emd.autoencoder.{n}links"]) for n in run.links]
        baselines = {
            "mean image": float(m["emd.mean_image"]),
            "untrained": float(m["emd.untrained"]),
        }
        figure = figures.distance_by_links(run.links, distances, baselines)
        caption = (
            "Exact optimal transport on the hexagonal cell centres, held-out events; "
            f"{m.get('emd.events_excluded', 0):g} events without charge are left out."
        )
        yield Panel("Distance by link count", figures.svg(figure), caption)
    found = {f"{n}links": run.evaluation(f"autoencoder_{n}links") for n in run.links}
    arrays = {name: value for name, value in found.items() if value is not None}
    if arrays:
        distance = {name: a["emd"][a["kept"]] for name, a in arrays.items()}
        high = float(np.quantile(np.concatenate(list(distance.values())), 0.99))
        figure = figures.histograms(distance, "EMD (adjacent cell = 2)", 0.0, high)
        yield Panel("Distance, event by event", figures.svg(figure), "Last bin: overflow.")
        response = {name: _response(a) for name, a in arrays.items()}
        figure = figures.histograms(response, "hottest cell, decoded / true charge", 0.0, 2.0)
        caption = (
            "The module sum travels as 5E4M code beside the latents (response in the table "
            "below); this is the charge of each event's hottest trigger cell."
        )
        yield Panel("Response of the hottest cell", figures.svg(figure), caption)


def silicon_panels(run: Run) -> Iterator[Panel]:
    """Area and energy by block, and the comparison with the published chip."""
    m = run.metrics
    shares = {
        name: {k: v for k, v in run.under(f"{name}.share.").items() if v >= SMALLEST_SHARE}
        for name in ("area", "energy")
    }
    if all(shares.values()):
        area, library = next(iter(run.under("area.um2.").items()))[::-1]
        energy = next(iter(run.under("energy.pj_per_inference.").values()))
        totals = {"area": f"{area / 1e6:.2f} mm²", "energy": f"{energy:.0f} pJ"}
        figure = figures.stacked_bars(shares, totals)
        caption = (
            f"{library}, 45 nm, typical corner 1.1 V, 40 MHz, pre-layout; activity of source "
            "events, zero-delay (glitches are not in it). See docs/estimation.md."
        )
        yield Panel("Area and energy by block", figures.svg(figure), caption)
    energies = _energies(run.folder / "synth" / "estimate.json")
    if energies:
        caption = (
            "Estimated, pre-layout. Switching and internal energy come from toggles of source "
            "events, clock from the flip-flops' clock pins at every edge, leakage from 25 ns. "
            "Leakage is not carried to 65 nm."
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
            "Scaled from 45 to 65 nm (Stillmaker & Baas, Integration 58 (2017) 74); the bar is "
            f"the stated band. Star: {PAPER}."
        )
        figure = figures.chip_comparison(bands, published)
        yield Panel("Against the published chip, 65 nm", figures.svg(figure), caption)


def sections(run: Run) -> list[Section]:
    """The parts of the page that have figures, in their order."""
    return [
        Section("Events in, latents, events out", list(event_panels(run))),
        Section("Reloading weights for dead cells", list(dead_cell_panels(run))),
        Section("Training and compression", list(training_panels(run))),
        algorithm_section(run),
        Section("Silicon", list(silicon_panels(run))),
    ]


def _response(arrays: Mapping[str, Any]) -> figures.Floats:
    kept = np.asarray(arrays["kept"])
    truth = np.asarray(arrays["reference"], dtype=np.float64)[kept]
    decoded = np.asarray(arrays["reconstructed"], dtype=np.float64)[kept]
    hottest = truth.argmax(axis=1)
    rows = np.arange(len(truth))
    return np.asarray(decoded[rows, hottest] / truth[rows, hottest], dtype=np.float64)


def _energies(path: Path) -> dict[str, dict[str, float]]:
    """Block -> kind -> pJ per inference, from the estimate; empty where there is none."""
    if not path.is_file():
        return {}
    found: dict[str, dict[str, float]] = {}
    for block in read_json(path)["blocks"]:
        into = found.setdefault(block["label"], {})
        for kind, value in block["energy_fj"].items():
            into[kind] = into.get(kind, 0.0) + value / 1000
    largest = max((sum(kinds.values()) for kinds in found.values()), default=0.0)
    return {k: v for k, v in found.items() if sum(v.values()) > SMALLEST_SHARE * largest}


def _history(path: Path) -> dict[str, tuple[figures.Floats, figures.Floats]]:
    if not path.is_file():
        return {}
    rows: dict[str, list[tuple[float, float]]] = {}
    for row in csv.DictReader(io.StringIO(read_text(path))):
        values = (float(row["train_loss"]), float(row["validation_loss"]))
        rows.setdefault(row.get("set", ""), []).append(values)
    return {
        name: (np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]))
        for name, pairs in rows.items()
    }
