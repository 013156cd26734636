"""The QONNX export, executed by qonnx and by hls4ml, equals golden; what it cannot say is named."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asicae.chip import golden
from asicae.chip.normaliser import normalise
from asicae.export.qonnx import export_qonnx
from asicae.foundation.errors import BadInput, CheckFailed, MissingTool
from asicae.network.description import PRESETS, Network
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import Overflow, Rounding
from asicae.network.golden import encode
from asicae.network.weights import Weights
from asicae.simulation.engine_comparison import compare_engine
from asicae.simulation.engines.qonnx import QonnxModel
from tests.support.cpp_networks import ECON_T, NETWORKS, TYPE, changed, events, weights_of

pytest.importorskip("qonnx", reason="no qonnx: asicae[qonnx]")


def in_modes(rounding: Rounding, overflow: Overflow, relu: bool, signed: bool) -> Network:
    """Two layers with padding on some sides, several channels and masked cells."""
    base = Network.preset("econ-t-4x4x3")
    modes = f"{rounding},{overflow}"
    outputs = ("fixed<7,2," if signed else "ufixed<7,2,") + f"{modes}>"
    conv, dense = (
        layer.model_copy(update={"output": TYPE(outputs), "relu": relu}) for layer in base.layers
    )
    conv = conv.model_copy(update={"padding": ((1, 0), (0, 2)), "strides": (1, 2), "filters": 5})
    return changed(base, layers=(conv, dense), masked_cells=(0, 7, 30))


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_equal_golden(preset: str) -> None:
    network = Network.preset(preset)
    weights, calq = weights_of(network, 3), events(4, 500)
    expected = golden.run(Encoder(network, weights), calq)
    found = QonnxModel(Encoder(network, weights)).encode(calq)
    assert np.array_equal(found.latents, expected.latents)
    assert np.array_equal(found.sums, expected.sums)


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("overflow", [Overflow.SAT, Overflow.SAT_SYM])
@pytest.mark.parametrize(("relu", "signed"), [(False, True), (True, True), (True, False)])
def test_every_mode_is_exact_or_refused(
    rounding: Rounding, overflow: Overflow, relu: bool, signed: bool
) -> None:
    network = in_modes(rounding, overflow, relu, signed)
    weights, calq = weights_of(network, 5), events(6, 60)
    clips = relu or not signed
    above_zero_only = rounding in (Rounding.RND, Rounding.RND_MIN_INF) and not clips
    if above_zero_only or rounding is Rounding.RND_CONV_ODD:
        with pytest.raises(BadInput, match=rf"layer 'conv': QONNX has no {rounding} here"):
            QonnxModel(Encoder(network, weights))
        return
    found = QonnxModel(Encoder(network, weights)).encode(calq)
    assert np.array_equal(found.latents, golden.run(Encoder(network, weights), calq).latents)


def test_drawn_networks_are_exact_or_refused() -> None:
    exact = 0
    for place, network in enumerate(NETWORKS):
        weights, calq = weights_of(network, place), events(place, 20)
        try:
            found = QonnxModel(Encoder(network, weights)).encode(calq)
        except BadInput as refused:
            assert "QONNX" in str(refused)
            continue
        exact += 1
        assert np.array_equal(found.latents, golden.run(Encoder(network, weights), calq).latents), (
            network
        )
    assert exact >= 4


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ({"output": "ufixed<8,1,RND_CONV,WRAP>"}, "QONNX has no WRAP; allowed are SAT"),
        ({"weight": "fixed<16,1>"}, "accumulator of 28 bits, QONNX executes in float32"),
        ({"weight": "fixed<1,1>"}, "weight .* has -1 and 0"),
    ],
)
def test_what_qonnx_cannot_say_is_named(
    types: dict[str, str], message: str, tmp_path: Path
) -> None:
    conv, dense = ECON_T.layers
    wrong = conv.model_copy(update={key: TYPE(text) for key, text in types.items()})
    network = changed(ECON_T, layers=(wrong, dense))
    path = tmp_path / "model.onnx"
    with pytest.raises(BadInput, match=rf"layer 'conv': {message}"):
        export_qonnx(Encoder(network, Weights.random(network, 1)), path)
    assert not path.exists()


def test_source_events_compare_equal_and_a_planted_error_is_found() -> None:
    sets = [("set", Weights.random(ECON_T, 2))]
    metrics = compare_engine(ECON_T, sets, "qonnx", 2000).metrics()
    assert metrics["exact.golden_vs_qonnx.words"] == 2000 * 16
    assert metrics["exact.golden_vs_qonnx.mismatches"] == 0
    with pytest.raises(CheckFailed, match="qonnx differs from golden"):
        compare_engine(ECON_T, sets, "qonnx", 500, mutate="weight")


@pytest.mark.parametrize("wrong", [0.5, -0.25, 1e-3, 512.0, -1.0, np.nan])
def test_numbers_that_are_no_latents_are_named(
    wrong: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut to whole numbers, most of these would pass for the right ones."""
    model = QonnxModel(Encoder(ECON_T, Weights.random(ECON_T, 1)))
    right = model._run

    def spoiled(charges: np.ndarray) -> np.ndarray:
        found = right(charges) * 0
        found[3, 2] = wrong * ECON_T.latent_type.lsb
        return found

    monkeypatch.setattr(model, "_run", spoiled)
    with pytest.raises(CheckFailed, match=f"event 3, latent 2 is {wrong:g} times the LSB"):
        model.encode(events(4, 10))


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(MissingTool, match=r"asicae\[qonnx\]"):
        export_qonnx(Encoder(ECON_T, Weights.random(ECON_T, 1)), tmp_path / "model.onnx")


def test_equal_networks_give_equal_bytes(tmp_path: Path) -> None:
    weights = Weights.random(ECON_T, 1)
    files = [export_qonnx(Encoder(ECON_T, weights), tmp_path / name).read_bytes() for name in "ab"]
    assert files[0] == files[1]


@pytest.mark.slow
@pytest.mark.parametrize("flip", [False, True])
def test_hls4ml_takes_the_model_and_equals_golden(
    flip: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps of docs/hls.md; with one weight bit flipped the words must differ."""
    hls4ml = pytest.importorskip("hls4ml", reason="no hls4ml: asicae[hls]")
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.transformation.channels_last import ConvertToChannelsLastAndClean
    from qonnx.util.cleanup import cleanup_model

    monkeypatch.chdir(tmp_path)
    network = Network.preset("econ-t-4x4x3")
    weights = Weights.random(network, 1)
    codes = normalise(events(3, 200), network.input)
    expected = encode(Encoder(network, weights), codes)
    if flip:
        kernel = weights.arrays["dense.kernel"] ^ np.eye(128, 16, dtype=np.int32)
        weights = replace(weights, arrays=weights.arrays | {"dense.kernel": kernel})
    path = export_qonnx(Encoder(network, weights), tmp_path / "model.onnx")

    model = cleanup_model(ModelWrapper(str(path)))
    model = cleanup_model(model.transform(ConvertToChannelsLastAndClean()))
    config = hls4ml.utils.config_from_onnx_model(
        model, granularity="name", backend="Catapult", default_precision="fixed<32,12>"
    )
    hls = hls4ml.converters.convert_from_onnx_model(
        model,
        output_dir=str(tmp_path / "project"),
        backend="Catapult",
        io_type="io_parallel",
        hls_config=config,
    )
    hls.compile()
    images = network.image(codes).transpose(0, 3, 1, 2) * network.input.lsb
    found = hls.predict(np.ascontiguousarray(images, dtype=np.float32))
    raw = np.asarray(found).reshape(expected.shape) / network.latent_type.lsb
    assert bool((raw != expected).any()) == flip
