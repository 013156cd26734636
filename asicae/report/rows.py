"""Figures of a run as text: what a reader wants first, and rows of tables."""

from typing import Any

from asicae.report.published import CHIP
from asicae.report.run_data import Run


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
    ):
        if key in m:
            found.append((form.format(float(m[key])), unit, meaning))
    for key, unit, meaning in (
        ("energy.nj_65nm", "nJ", "per inference with glitches, 65 nm, estimated"),
        ("area.mm2_65nm", "mm²", "65 nm, estimated, pre-layout"),
    ):
        ends = [m.get(f"{key}.{end}") for end in ("low", "high")]
        if None not in ends:
            low, high = (float(str(end)) for end in ends)
            found.append((f"{low:.2g} to {high:.2g}", unit, meaning))
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
            ours = f"{low:.2f} to {high:.2f} {entry.unit} (nominal {nominal:.2f})"
            kind = f"{_estimated(run)}; without {entry.leaves_out}"
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
                "ours": f"{run.metrics['timing.ns_65nm']:.1f} ns, least slack "
                f"{run.metrics['timing.slack_ns_65nm']:.1f} ns",
                "ours_remark": _estimated(run),
            }
        )
    return rows


def _estimated(run: Run) -> str:
    library = ", ".join(run.under("area.um2."))
    return f"estimated: synthesis to {library}, pre-layout, scaled to 65 nm"


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
