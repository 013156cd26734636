"""The report in a headless browser: silent console, nothing fetched, no sideways scrolling."""

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from asicae.runs.job import Job

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --enable-logging=stderr "
    "--virtual-time-budget=8000 --dump-dom"
).split()
WRAPPER = """<!doctype html><title>wrapper</title><link rel="icon" href="data:,">
<iframe id="page" width="{width}" height="900" style="border:0" srcdoc="{page}"></iframe>
<script>
onload = () => {{
  const frame = document.getElementById("page").contentWindow;
  const inner = frame.document.documentElement;
  const fetched = frame.performance.getEntriesByType("resource").length;
  document.title = `width ${{inner.scrollWidth}} of ${{inner.clientWidth}}, ${{fetched}} fetched`;
}};
</script>"""


def look(folder: Path, page: str, width: int) -> tuple[int, int, int, list[str]]:
    """(scroll width, client width, fetched, console lines) of a page in a frame of that width."""
    wrapper = folder / "wrapper.html"
    wrapper.write_text(WRAPPER.format(width=width, page=html.escape(page)))
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder / 'profile'}", wrapper.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"<title>width (\d+) of (\d+), (\d+) fetched</title>", done.stdout)
    assert found, done.stderr[-2000:]
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return int(found[1]), int(found[2]), int(found[3]), console


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")
@pytest.mark.parametrize("width", [1400, 400])
def test_the_report_is_quiet_and_fits(job: Job, width: int, tmp_path: Path) -> None:
    page = (job.path / "report.html").read_text()
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    scroll, client, fetched, console = look(tmp_path, page, width)
    assert client >= width - 20 and scroll <= client
    assert (fetched, console) == (0, [])


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")
def test_a_page_that_is_too_wide_or_fetches_is_seen(tmp_path: Path) -> None:
    page = (
        '<div style="width:900px">wide</div><img src="https://example.invalid/x.png">'
        "<script>console.error('loud')</script>"
    )
    scroll, client, fetched, console = look(tmp_path, page, 400)
    assert scroll > client and fetched == 1 and len(console) == 1
