"""The built wheel, installed into a new environment outside the checkout, exports RTL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT

pytestmark = pytest.mark.slow

CHECKOUT = ROOT
SOURCES = """
import inspect
from pathlib import Path
from asicae.foundation.import_closure import installed
from asicae.runs.kinds import IMPORTED, TRAINED

for stage in (*IMPORTED.stages, *TRAINED.stages):
    print(stage.name, installed().digest(Path(inspect.getfile(stage.action))))
"""


def test_the_wheel_exports_rtl_outside_the_checkout(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(CHECKOUT)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("asicae-*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    pip = [str(tmp_path / "env" / "bin" / "pip"), "install", "--quiet"]
    subprocess.run([*pip, "-c", str(CHECKOUT / "constraints.txt"), str(wheel)], check=True)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    asicae = str(tmp_path / "env" / "bin" / "asicae")
    export = [asicae, "export-rtl", "-n", "econ-t", "-o", str(tmp_path / "chip")]
    subprocess.run(export, check=True, cwd=tmp_path, env=environment)
    top = (tmp_path / "chip" / "rtl" / "asicae_top.v").read_text()
    assert "module asicae_top" in top and "[1055:0] calq_i" in top
    doctor = subprocess.run(
        [asicae, "doctor"], check=True, cwd=tmp_path, env=environment, capture_output=True
    )
    assert b"asicae[train]" in doctor.stdout  # a missing extra names its cure
    missing = subprocess.run(
        [asicae, "run", "r"], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert missing.returncode == 2 and b"asicae[train]" in missing.stderr
    python = str(tmp_path / "env" / "bin" / "python")
    found = [
        subprocess.run(
            [program, "-c", SOURCES], check=True, cwd=folder, env=env, capture_output=True
        ).stdout
        for program, folder, env in (
            (python, tmp_path, environment),
            (sys.executable, CHECKOUT, environment | {"PYTHONPATH": str(CHECKOUT)}),
        )
    ]
    assert found[0] == found[1] != b""  # a run goes on where either is installed
