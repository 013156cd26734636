"""From a QKeras file to the chip: import, RTL, cocotb, on every word."""

from pathlib import Path

import numpy as np
import pytest

from asicae.chip import golden
from asicae.foundation.errors import CheckFailed
from asicae.network.description import PARTS, PRESETS, Network
from asicae.network.encoder import Encoder
from asicae.network.importing.importer import ImportChoice, import_model
from asicae.network.weights import Weights
from asicae.runs.imported import import_settings
from asicae.runs.job import Job
from asicae.runs.stages.verify import regress
from asicae.simulation.engines.chip import Chip
from asicae.simulation.engines.chip_library import chip_library
from tests.readout import made_up_readouts
from tests.support.places import FIXTURES

EVENTS = 600
TO_CHIP = ("readouts", "export", "verify")
pytestmark = pytest.mark.build


def job_of(model: Path, folder: Path, **choice: str) -> Job:
    settings = import_settings(model, None, choice)
    return Job.create(folder, settings.model_copy(update={"verify_events": EVENTS}))


def test_a_conditional_encoder_from_file_to_chip(tmp_path: Path) -> None:
    model = FIXTURES / "qkeras09" / "conditional.hdf5"
    job_of(model, tmp_path / "run", latent="latent_quantization")
    job = Job.open(tmp_path / "run")
    job.run(TO_CHIP)
    metrics = job.folder.metrics()
    assert metrics["exact.golden_vs_rtl.mismatches"] == 0
    assert metrics["exact.golden_vs_rtl.words"] >= 16 * EVENTS
    assert (metrics["rtl.interval_bx"], metrics["rtl.latency_bx"]) == (1, 2)
    with pytest.raises(CheckFailed, match="set imported, event"):
        regress(job.view, tmp_path / "flipped", "weight")


# Bytes of the image, and milliseconds of a load at 1 MHz: nine clocks a byte and a little more.
SIZES = {"econ-t": (1608, 14.8), "econ-t-4x4x3": (1716, 15.8), "small": (212, 1.97)}
LARGE, LARGE_BYTES = "large", 6780


def test_all_presets_are_covered() -> None:
    assert sorted([*SIZES, LARGE, *PARTS]) == sorted(PRESETS)


def from_qkeras(network: Network, model: Path, choice: ImportChoice | None = None) -> Weights:
    """Random weights of a network, as a file that QKeras wrote, and imported from there."""
    pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
    from asicae.training.encoder import build_encoder

    weights = Weights.random(network, 3)
    encoder = build_encoder(network, 1)
    for plan in network.plans:
        arrays = [weights.arrays[p.name] * p.type.lsb for p in (plan.kernel, plan.bias)]
        encoder.get_layer(plan.name).set_weights(arrays)
    encoder.save(model)
    found = import_model(model, choice)
    assert found.network.model_copy(update={"name": network.name}) == network
    for name, array in weights.arrays.items():
        assert (found.weights.arrays[name] == array).all()
    return found.weights


@pytest.mark.training
@pytest.mark.parametrize("preset", SIZES)
def test_every_preset_from_qkeras_to_chip(preset: str, tmp_path: Path) -> None:
    """The presets that are called verified: QKeras file, import, RTL under cocotb, every word."""
    network = Network.preset(preset)
    from_qkeras(network, tmp_path / "model.keras")
    image_bytes, load_ms = SIZES[preset]
    assert network.image_bytes == image_bytes
    job = job_of(tmp_path / "model.keras", tmp_path / "run", name=preset)
    # Also synthesis, the other executions and the report, where that does not take minutes.
    whole = preset == "small"
    job.run(None if whole else TO_CHIP)
    metrics = job.folder.metrics()
    assert metrics["exact.golden_vs_rtl.mismatches"] == 0
    assert metrics["exact.golden_vs_rtl.words"] >= 16 * EVENTS
    assert (metrics["rtl.interval_bx"], metrics["rtl.latency_bx"]) == (1, 2)
    assert metrics["weights.load_ms_1mhz"] == pytest.approx(load_ms, rel=0.02)
    if whole:
        for other in ("netlist", "emulator", "ac", "ap", "verilated"):
            assert metrics[f"exact.golden_vs_{other}.mismatches"] == 0
        assert "model.keras" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.training
def test_the_large_preset_from_qkeras_to_chip(tmp_path: Path) -> None:
    """Driven from C++, the weights set behind the back of I2C: its bank makes every clock dear."""
    network = Network.preset(LARGE)
    weights = from_qkeras(network, tmp_path / "model.keras")
    assert network.image_bytes == LARGE_BYTES
    chip = Chip(network, chip_library(network, quick=True))
    chip.reset()
    chip.load(weights)  # compares the chip's own CRC
    encoder = Encoder(network, weights)
    calq = made_up_readouts.readouts(EVENTS).calq
    found, expected = chip.stream(calq), golden.run(encoder, calq)
    assert np.array_equal(found.latents, expected.latents)
    assert np.array_equal(found.sums, expected.sums)
    assert np.count_nonzero(expected.latents) > 0.1 * expected.latents.size
    first = network.plans[0].kernel.name
    flipped = weights.arrays | {first: weights.arrays[first] ^ 1}
    chip.load(Weights.checked(network, flipped, weights.keep))
    assert not np.array_equal(chip.stream(calq).latents, expected.latents)
