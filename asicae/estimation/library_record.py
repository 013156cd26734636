"""What an estimate tells of its library, and the few lines that tell an estimate."""

from collections.abc import Iterator

from asicae.estimation.record import EstimateRecord, UsedLibrary
from asicae.estimation.scaling import factors_of, why_not
from asicae.estimation.suitability import missing_tables
from asicae.estimation.technology import Technology

AREA_65NM, ENERGY_65NM, DELAY_65NM = "area.mm2_65nm", "energy.nj_65nm", "timing.ns_65nm"
_TYPICAL_C = (20.0, 30.0)


def used_library(technology: Technology) -> UsedLibrary:
    """Its names, corner, what it leaves out, and the factors that its figures are scaled by."""
    notes, factors = list(missing_tables(technology)), factors_of(technology)
    if factors is None:
        notes.append(str(why_not(technology.node_nm)))
    else:
        low, high = _TYPICAL_C
        if technology.process != 1.0 or not low <= technology.temperature <= high:
            notes.append(
                "figures at 65 nm keep the process and temperature of this corner, "
                f"{technology.process:g} and {technology.temperature:g} °C"
            )
    return UsedLibrary(
        name=technology.name,
        key=technology.key,
        files=tuple(path.name for path in technology.paths),
        sha256=technology.sha256,
        node_nm=technology.node_nm,
        corner=technology.corner,
        process=technology.process,
        voltage_v=technology.voltage,
        temperature_c=technology.temperature,
        nand2_um2=technology.nand2_area,
        bases_65nm={f: dict(bases) for f, bases in factors.bases.items()} if factors else {},
        notes=tuple(notes),
    )


def summary(record: EstimateRecord) -> Iterator[str]:
    """Lines that tell an estimate: library, corner, figures with their bands, what is missing."""
    library, metrics = record.library, record.metrics
    yield f"{library.title} ({', '.join(library.files)})"
    area, energy = sum(record.area_um2.values()), sum(p.total for p in record.energy_fj.values())
    gates = area / library.nand2_um2 / 1000
    yield (
        f"area {area * 1e-6:.3f} mm2 ({gates:.0f} thousand gates), energy {energy * 1e-3:.1f} pJ an"
        f" inference, longest path {max(record.paths_ns.values()):.2f} ns: all pre-layout"
    )
    settled = sum(part.total for part in record.zero_delay_fj.values())
    yield (
        f"energy with glitches, {record.timed.clocks} events simulated with gate delays, "
        f"statistical error {record.timed.error_fj * 1e-3:.1f} pJ; without them "
        f"{settled * 1e-3:.1f} pJ"
    )
    for name, what, unit in (
        (AREA_65NM, "area", "mm2"),
        (ENERGY_65NM, "energy without leakage", "nJ"),
        (DELAY_65NM, "longest path", "ns"),
    ):
        if f"{name}.low" in metrics:
            low, high = (metrics[f"{name}.{end}"] for end in ("low", "high"))
            nominal = metrics.get(f"{name}.nominal", metrics.get(name))
            yield f"at 65 nm, scaled: {what} {low:.3g} to {high:.3g} {unit}, nominal {nominal:.3g}"
    yield from (f"note: {note}" for note in library.notes)
