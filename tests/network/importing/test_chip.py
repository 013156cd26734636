"""From a QKeras file to the chip: import, RTL, cocotb, on every word."""

from pathlib import Path

import pytest

from asicae.export import case
from asicae.foundation.errors import CheckFailed
from asicae.network.description import PRESETS, Network
from asicae.network.importing.importer import import_model
from asicae.network.weights import Weights
from asicae.runs.imported import import_settings
from asicae.runs.job import Job
from asicae.runs.stages.verify import regress
from tests.support.places import FIXTURES

EVENTS = 600
FEW = 60
"""Through cocotb on a preset so large that its bank makes every clock slow."""
TO_CHIP = ("readouts", "export", "verify")
pytestmark = pytest.mark.build


def job_of(model: Path, folder: Path, events: int = EVENTS, **choice: str) -> Job:
    settings = import_settings(model, None, choice)
    return Job.create(folder, settings.model_copy(update={"verify_events": events}))


def test_a_conditional_encoder_from_file_to_chip(tmp_path: Path) -> None:
    model = FIXTURES / "qkeras09" / "conditional.hdf5"
    job_of(model, tmp_path / "run", latent="latent_quantization")
    job = Job.open(tmp_path / "run")
    job.run(TO_CHIP)
    metrics = job.folder.metrics()
    assert metrics["exact.golden_vs_rtl.mismatches"] == 0
    assert metrics["exact.golden_vs_rtl.words"] >= 16 * EVENTS
    assert (metrics["rtl.interval_bx"], metrics["rtl.latency_bx"]) == (1, 2)
    for mutate in ("weight", "expected"):
        with pytest.raises(CheckFailed, match="set imported, event"):
            regress(job.view, tmp_path / mutate, mutate)


# Bytes of the image, and milliseconds of a load at 1 MHz: nine clocks a byte and a little more.
SIZES = {
    "econ-t": (1608, 14.8),
    "econ-t-4x4x3": (1716, 15.8),
    "small": (212, 1.97),
    "large": (6780, 62.5),
}


def test_all_presets_are_covered() -> None:
    assert sorted(SIZES) == sorted(PRESETS)


@pytest.mark.training
@pytest.mark.parametrize("preset", SIZES)
def test_every_preset_from_qkeras_to_chip(
    preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The presets that are called verified: QKeras file, import, RTL under cocotb, every word.

    The large one, whose idle bank makes every clock dear, streams fewer events and is loaded as
    fast as the target takes it.
    """
    if preset == "large":
        for user in ("export.case", "simulation.regression.verify"):
            monkeypatch.setattr(f"asicae.{user}.LOAD_HZ", case.FAST_HZ)
    pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
    from asicae.training.encoder import build_encoder

    network = Network.preset(preset)
    image_bytes, load_ms = SIZES[preset]
    assert network.image_bytes == image_bytes
    weights = Weights.random(network, 3)
    encoder = build_encoder(network, 1)
    for plan in network.plans:
        arrays = [weights.arrays[p.name] * p.type.lsb for p in (plan.kernel, plan.bias)]
        encoder.get_layer(plan.name).set_weights(arrays)
    encoder.save(tmp_path / "model.keras")
    found = import_model(tmp_path / "model.keras")
    assert found.network.model_copy(update={"name": preset}) == network
    for name, array in weights.arrays.items():
        assert (found.weights.arrays[name] == array).all()
    events = FEW if preset == "large" else EVENTS
    job = job_of(tmp_path / "model.keras", tmp_path / "run", events, name=preset)
    # Also synthesis, the other executions and the report, where that does not take minutes.
    whole = preset == "small"
    job.run(None if whole else TO_CHIP)
    metrics = job.folder.metrics()
    assert metrics["exact.golden_vs_rtl.mismatches"] == 0
    assert metrics["exact.golden_vs_rtl.words"] >= 16 * events
    assert (metrics["rtl.interval_bx"], metrics["rtl.latency_bx"]) == (1, 2)
    load_ms *= 1e6 / case.LOAD_HZ
    assert metrics["weights.load_ms_1mhz"] == pytest.approx(load_ms, rel=0.02)
    if whole:
        for other in ("netlist", "emulator", "ac", "ap", "verilated"):
            assert metrics[f"exact.golden_vs_{other}.mismatches"] == 0
        assert "model.keras" in (tmp_path / "run" / "report.html").read_text()
