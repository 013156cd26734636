"""A model with its scales written down is the same model, and one that can be imported."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.foundation.errors import BadInput, CheckFailed
from asicae.network.importing import rewriting
from asicae.network.importing.importer import import_model
from asicae.network.importing.model_file import read_model
from asicae.network.importing.quantisers import quantiser_of
from asicae.network.importing.specs import Spec
from tests.support.command_line import call

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from asicae.training import freezing
from asicae.training.freezing import freeze
from tests.support.qkeras_models import (
    agrees,
    bits,
    convolution,
    dense,
    fill,
    folded,
    keras,
    qkeras,
    saved,
)


def model(kernel: Any = None, **options: Any) -> Any:
    """A convolution and a dense layer whose kernels look for scales, each with other channels."""
    kernel = kernel or (lambda: qkeras.quantized_bits(4, 0))
    image = keras.Input((8, 8, 1), name="image")
    x = qkeras.QActivation(qkeras.quantized_bits(8, 1), name="codes")(image)
    x = convolution(4, 3, strides=2, padding="same", name="conv", kernel_quantizer=kernel())(x)
    x = qkeras.QActivation("quantized_relu(8,2)", name="act")(x)
    x = keras.layers.Flatten()(x)
    x = dense(6, name="latent", kernel_quantizer=kernel(), **options)(x)
    x = qkeras.QActivation("quantized_bits(9,3)", name="out")(x)
    made = fill(keras.Model(image, x, name="searching"), 5)
    for name in ("conv", "latent"):
        layer = made.get_layer(name)
        weights, bias = layer.get_weights()
        spread = 2.0 ** -(np.arange(weights.shape[-1]) % 4)
        layer.set_weights([weights * spread * 0.6, bias])
    return made


@pytest.mark.parametrize("ending", [".keras", ".h5", ".json"])
def test_the_frozen_model_is_the_same_and_is_imported(ending: str, tmp_path: Path) -> None:
    made = model(bias_quantizer=qkeras.quantized_bits(5, 0, 1, alpha="auto_po2"))
    path, out = saved(made, tmp_path, ending), tmp_path / f"frozen{ending}"
    with pytest.raises(BadInput, match=r"'conv': kernel_quantizer.*asicae freeze"):
        import_model(path)
    found = freeze(path, out)
    assert [(each.layer, each.key) for each in found] == [
        ("conv", "kernel_quantizer"),
        ("latent", "kernel_quantizer"),
        ("latent", "bias_quantizer"),
    ]
    assert all(each.scales[0] < each.scales[1] for each in found[:2])
    weights = tmp_path / "model.weights.h5" if ending == ".json" else None
    agrees(made, import_model(out, weights=weights), 3)
    if ending == ".keras":  # QKeras itself reads it, and computes the same
        again = keras.saving.load_model(out)
        images = np.random.default_rng(1).random((500, 8, 8, 1)).astype(np.float32)
        assert np.array_equal(made.predict(images, verbose=0), again.predict(images, verbose=0))
    old, new = read_model(path, weights), read_model(out, weights)
    assert all(
        np.array_equal(a, b)
        for k in old.arrays
        for a, b in zip(old.arrays[k].values(), new.arrays[k].values(), strict=True)
    )


def test_scales_of_channels_that_a_user_gave_are_those_of_qkeras() -> None:
    alpha = 2.0 ** -np.arange(4).reshape(1, 1, 4)
    values = np.random.default_rng(2).normal(0, 0.5, (3, 7, 4)).astype(np.float32)
    found = quantiser_of(Spec("quantized_bits", {"bits": 5, "alpha": alpha.tolist()}), "here")
    assert str(found.type) == "fixed<8,1>"
    # qkeras-v3 takes one number: a channel at a time.
    channels = [
        np.asarray(qkeras.quantized_bits(5, 0, alpha=float(scale))(values[..., place]))
        for place, scale in enumerate(alpha.ravel())
    ]
    expected = np.stack(channels, axis=-1)
    assert np.array_equal(found.raw(values) * found.type.lsb, expected)
    assert len(np.unique(expected)) > 40
    with pytest.raises(BadInput, match=r"alpha has shape \(4,\), the weights have \(3, 2\)"):
        found.raw(values[..., :2].reshape(21, 2)[:3])


def test_nothing_changes_where_nothing_is_computed(tmp_path: Path) -> None:
    path, out = saved(model(bits), tmp_path, ".keras"), tmp_path / "out.keras"
    assert freeze(path, out) == []
    assert json.dumps(read_model(path).architecture) == json.dumps(read_model(out).architecture)


def test_a_wrong_scale_does_not_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(model(), tmp_path, ".keras")
    found = freezing._with_scales

    def doubled(*given: Any) -> dict[str, Any]:
        values = found(*given)
        return values | {
            "post_training_scale": (2 * np.array(values["post_training_scale"])).tolist()
        }

    monkeypatch.setattr(freezing, "_with_scales", doubled)
    with pytest.raises(CheckFailed, match=r"'conv': kernel_quantizer: .* in QKeras and"):
        freeze(path, tmp_path / "out.keras")
    assert not (tmp_path / "out.keras").exists()


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (
            lambda: qkeras.quantized_bits(4, 0, 1, alpha="auto"),
            r"scale holds .*powers",
        ),
        (lambda: qkeras.quantized_linear(4, 0, alpha="auto_po2"), "has no place for scales"),
        (lambda: qkeras.quantized_bits(14, 0), "allowed are 1 to 16"),
    ],
)
def test_what_cannot_be_written_down_is_refused(
    kernel: Any, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(model(kernel), tmp_path, ".keras")
    with pytest.raises(BadInput, match=message):
        freeze(path, tmp_path / "out.keras")
    assert not (tmp_path / "out.keras").exists()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("scale_axis", "x", "scale_axis='x', allowed are None, 0 to 7"),
        ("scale_axis", 7, "QKeras finds no scales with quantized_bits"),
        ("elements_per_scale", 10**12, "elements_per_scale=1000000000000, allowed are None, 1 to"),
        ("max_po2_exponent", 10**9, "max_po2_exponent=1000000000, allowed are None, -40 to 40"),
        ("min_po2_exponent", True, "min_po2_exponent=True, allowed are None"),
        ("bits", 10**9, "allowed are 1 to 16"),
        ("surprise", 1, "surprise.*no such quantiser"),
    ],
)
def test_what_a_file_makes_qkeras_compute_is_bounded(
    key: str, value: Any, message: str, tmp_path: Path
) -> None:
    path = saved(model(), tmp_path, ".json")
    content = json.loads(path.read_text())
    (conv,) = (n for n in content["config"]["layers"] if n["config"]["name"] == "conv")
    conv["config"]["kernel_quantizer"]["config"][key] = value
    path.write_text(json.dumps(content))
    with pytest.raises(BadInput, match=message):
        freeze(path, tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_scales_of_weights_that_are_normalised_first_are_refused(tmp_path: Path) -> None:
    path = saved(folded(), tmp_path, ".json")
    content = json.loads(path.read_text())
    (conv,) = (n for n in content["config"]["layers"] if n["config"]["name"] == "cbn")
    conv["config"]["kernel_quantizer"]["config"]["alpha"] = "auto_po2"
    path.write_text(json.dumps(content))
    with pytest.raises(BadInput, match=r"'cbn': .*allowed is QConv2D with .*get_folded_weights"):
        freeze(path, tmp_path / "out.json")


def test_entries_of_an_archive_may_not_be_larger_than_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(model(), tmp_path, ".keras")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/zeros", bytes(3 << 20))
    monkeypatch.setattr(rewriting, "MAX_FILE_BYTES", 2 << 20)
    with pytest.raises(BadInput, match=r"'assets/zeros' is larger than \d+ bytes"):
        freeze(path, tmp_path / "out.keras")
    assert not (tmp_path / "out.keras").exists()


def test_the_command_refuses_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(model(), tmp_path, ".keras")
    for out, message in ((tmp_path / "out.h5", "allowed is that of"), (path, "exists")):
        assert call("freeze", path, "-o", out) == 2
        error = capsys.readouterr().err
        assert message in error and len(error.splitlines()) == 1
    assert call("freeze", path, "-o", tmp_path / "out.keras") == 0
    said = capsys.readouterr().out
    assert "conv: kernel_quantizer: scales" in said and str(tmp_path / "out.keras") in said
