"""The page of a run: one self-contained HTML file made from what lies in the run folder."""

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from asicae.foundation.files import write_text
from asicae.foundation.printable import printable
from asicae.report.algorithms import algorithm_section
from asicae.report.events import dead_cell_panels, event_panels
from asicae.report.layout import layout_section
from asicae.report.published import PAPER
from asicae.report.rows import comparison_rows, compression_rows, exactness_rows, headline
from asicae.report.run_data import Run, Section
from asicae.report.silicon import silicon_panels
from asicae.report.training import training_panels
from asicae.report.verification import verification_section


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
        finalize=_shown,
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


def sections(run: Run) -> list[Section]:
    """The parts of the page that have figures, in their order."""
    return [
        Section("Events in, latents, events out", list(event_panels(run))),
        Section("Reloading weights for dead cells", list(dead_cell_panels(run))),
        Section("Training and compression", list(training_panels(run))),
        algorithm_section(run),
        Section("Silicon", list(silicon_panels(run))),
        layout_section(run),
        verification_section(run),
    ]


def _shown(value: Any) -> Any:
    """A text of the run as visible characters; what is HTML already stays."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "\n".join(map(printable, value.split("\n")))
