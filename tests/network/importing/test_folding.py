"""Batch normalisation that QKeras folds into a kernel: the integers that it gets, or a refusal."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from asicae.chip import golden
from asicae.foundation.errors import BadInput
from asicae.network.encoder import Encoder
from asicae.network.importing.folding import Folding
from asicae.network.importing.importer import Imported, import_model
from tests.support.places import FIXTURES

FOLDED = FIXTURES / "qkeras09_folded"
INSIDE = "model_weights/conv/conv/batch_normalization"
Arrays = dict[str, Any]


@pytest.fixture(scope="module")
def calq() -> np.ndarray:
    with np.load(FIXTURES / "qkeras09" / "calq.npz", allow_pickle=False) as stored:
        return stored["calq"]


def latents(found: Imported, calq: np.ndarray) -> np.ndarray:
    words = golden.run(Encoder(found.network, found.weights), calq).latents
    return found.network.latent_type.from_bits(words)


def test_a_folded_layer_of_qkeras_09_matches_in_every_word(
    calq: np.ndarray, tmp_path: Path
) -> None:
    with np.load(FOLDED / "folded.npz", allow_pickle=False) as stored:
        expected = stored["latents"]
    assert np.array_equal(latents(import_model(FOLDED / "folded.h5"), calq), expected)
    assert np.count_nonzero(expected) > 0.5 * expected.size
    for name in ("gamma", "beta", "moving_mean", "moving_variance"):
        path = edited(tmp_path, lambda values: values * 1.5 + 0.25, name)
        assert not np.array_equal(latents(import_model(path), calq), expected), name


def edited(folder: Path, change: Callable[[np.ndarray], Any], name: str) -> Path:
    """The model with another array of statistics."""
    path = folder / "folded.h5"
    path.write_bytes((FOLDED / "folded.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        values = file[f"{INSIDE}/{name}:0"][()]
        del file[f"{INSIDE}/{name}:0"]
        file[f"{INSIDE}/{name}:0"] = change(values)
    return path


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("gamma", [1, 2, 3], r"'conv': gamma has shape \(3,\), expected \(4,\)"),
        ("beta", [0, 0, 0, np.nan], "'conv': beta holds NaN"),
        ("moving_mean", [0, 0, 0, 1e300], "'conv': moving_mean holds 1e[+]300, allowed are"),
        (
            "moving_variance",
            [1, 1, 1, -0.001],
            "moving_variance holds -0.001, allowed are .*-0.001",
        ),
        ("gamma", [1e38, 1, 1, 1], "so far outside fixed<6,1> that QKeras itself"),
    ],
)
def test_statistics_that_give_no_weights_are_refused(
    name: str, values: list[float], message: str, tmp_path: Path
) -> None:
    path = edited(tmp_path, lambda _: np.array(values, dtype=np.float64), name)
    with pytest.raises(BadInput, match=message):
        import_model(path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("axis", [1], r"axis=\[1\], allowed is -1"),
        ("center", False, "center=False, allowed is True"),
        ("renorm", True, "renorm=True, allowed is False"),
        ("epsilon", "x", "epsilon='x', allowed are 0 to 1"),
        ("bias_quantizer", None, "bias_quantizer is None: unquantised"),
        ("scale", False, None),
        ("use_bias", False, None),
    ],
)
def test_settings_of_the_normalisation(
    key: str, value: Any, message: str | None, tmp_path: Path
) -> None:
    with h5py.File(FOLDED / "folded.h5") as file:
        content = json.loads(file.attrs["model_config"])
    (conv,) = (n for n in content["config"]["layers"] if n["class_name"] == "QConv2DBatchnorm")
    conv["config"][key] = value
    path = tmp_path / "model.json"
    path.write_text(json.dumps(content))
    if message is None:  # another normalisation than the file's own
        found = import_model(path, weights=FOLDED / "folded.h5").weights.arrays
        plain = import_model(FOLDED / "folded.h5").weights.arrays
        assert not np.array_equal(found["conv.bias"], plain["conv.bias"])
        return
    with pytest.raises(BadInput, match=rf"layer 'conv'.*{message}"):
        import_model(path, weights=FOLDED / "folded.h5")


def test_statistics_of_the_events_are_refused(tmp_path: Path) -> None:
    with h5py.File(FOLDED / "folded.h5") as file:
        content = json.loads(file.attrs["model_config"])
    (conv,) = (n for n in content["config"]["layers"] if n["class_name"] == "QConv2DBatchnorm")
    conv["inbound_nodes"][0][0][3] = {"training": True}
    path = tmp_path / "model.json"
    path.write_text(json.dumps(content))
    with pytest.raises(BadInput, match=r"'conv' .*training=True, so it normalises by the events"):
        import_model(path, weights=FOLDED / "folded.h5")


@pytest.mark.parametrize("factor", [1.0, 1 + 2.0**-23, 1 - 2.0**-24])
def test_numbers_beside_the_middle_of_two_codes_are_refused(factor: float, tmp_path: Path) -> None:
    """Which of the two libraries take depends on the last bit of their square root."""
    path = edited(tmp_path, lambda values: np.float32(values * 0 + 0.999), "moving_variance")
    with h5py.File(path, "r+") as file:
        file[f"{INSIDE}/gamma:0"][...] = 1
        kernel = file["model_weights/conv/conv/kernel:0"]
        kernel[...] = 0.25
        kernel[1, 1, 0, 2] = (0.25 + 2.0**-6) * factor
    with pytest.raises(BadInput, match=r"'conv': kernel: 1 of 36 numbers.*0\.26562.*get_folded"):
        import_model(path)
    with h5py.File(path, "r+") as file:
        file["model_weights/conv/conv/kernel:0"][1, 1, 0, 2] = (0.25 + 2.0**-6) * (1 + 2.0**-18)
    assert import_model(path).weights.arrays["conv.kernel"][1, 1, 0, 2] == 9


def test_bounds_hold_what_float32_makes_in_any_order() -> None:
    """Of two ways to round: a reciprocal of the root, or a root of the reciprocal."""
    generator = np.random.default_rng(4)
    shape, f32 = (3, 3, 2, 64), np.float32
    arrays: Arrays = {
        "kernel": generator.normal(0, 1, shape), "bias": generator.normal(0, 1, 64),
        "gamma": generator.normal(0, 1, 64), "beta": generator.normal(0, 1, 64),
        "moving_mean": generator.normal(0, 1, 64),
        "moving_variance": np.exp(generator.normal(0, 3, 64)),
    }  # fmt: skip
    arrays = {key: values.astype(np.float32) for key, values in arrays.items()}
    found = Folding("here", 0.001, True, True, 64).folded(arrays)
    variance = arrays["moving_variance"] + f32(0.001)
    for factor in (f32(1) / np.sqrt(variance), np.sqrt(f32(1) / variance)):
        scaled = factor * arrays["gamma"]
        made = {
            "kernel": scaled * arrays["kernel"],
            "bias": scaled * (arrays["bias"] - arrays["moving_mean"]) + arrays["beta"],
        }
        for key, values in made.items():
            assert values.dtype == np.float32
            assert (found[key].low <= values).all() and (values <= found[key].high).all()
    widths = found["kernel"].high.astype(np.float64) - found["kernel"].low
    assert (widths <= abs(found["kernel"].values) * 2.0**-19).all()
    with pytest.raises(BadInput, match="here: no array gamma among"):
        Folding("here", 0.001, True, True, 64).folded({"0": arrays["kernel"], "1": arrays["bias"]})
