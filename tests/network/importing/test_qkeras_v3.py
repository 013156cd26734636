"""Models of qkeras-v3, built here, are imported and compute the same words as `predict`."""

from pathlib import Path
from typing import Any

import pytest

from asicae.foundation.errors import BadInput
from asicae.network.importing.importer import ImportChoice, import_model

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from tests.support import qkeras_models
from tests.support.qkeras_models import agrees

LATENT = ImportChoice(latent="latent_quantization")


@pytest.fixture(scope="module")
def models() -> Any:
    return qkeras_models


@pytest.mark.parametrize("ending", [".keras", ".h5", ".json"])
@pytest.mark.parametrize("name", ["encoder", "linear", "folded", "normalised", "graph", "pooled"])
def test_qkeras_v3_models_match_in_every_word(
    name: str, ending: str, models: Any, tmp_path: Path
) -> None:
    model = models.fill(getattr(models, name)(), seed=3)
    agrees(model, import_model(models.saved(model, tmp_path, ending)), seed=4)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("choice", [ImportChoice(encoder="encoder"), LATENT])
def test_the_encoder_half_is_chosen(
    ending: str, choice: ImportChoice, models: Any, tmp_path: Path
) -> None:
    whole = models.fill(models.autoencoder(), seed=5)
    path = tmp_path / f"whole{ending}"
    whole.save(path)
    agrees(whole.get_layer("encoder"), import_model(path, choice), seed=6)
    with pytest.raises(BadInput, match="holds the models 'encoder', 'decoder'"):
        import_model(path)
    with pytest.raises(BadInput, match=r"0 models 'encode'.*decoder.*encoder"):
        import_model(path, ImportChoice(encoder="encode"))
    with pytest.raises(BadInput, match="0 layers 'latent'"):
        import_model(path, ImportChoice(latent="latent"))


def _paddings(models: Any) -> dict[str, Any]:
    keras = models.keras
    sizes = [[0, 0], [0, 1], [0, 1], [0, 0]]

    def pad(x: Any, paddings: Any) -> Any:
        return keras.ops.pad(x, paddings)

    return {
        "layer": keras.layers.ZeroPadding2D(((0, 1), (0, 1))),
        "operation": lambda x: keras.ops.pad(x, sizes),
        "function": keras.layers.Lambda(pad, arguments={"paddings": sizes}),
        "custom": models.keras_pad(),
    }


def test_known_paddings_are_all_the_same_network(models: Any, tmp_path: Path) -> None:
    networks = set()
    for name, pad in _paddings(models).items():
        models.encoder(pad).save(tmp_path / f"{name}.keras")
        found = import_model(tmp_path / f"{name}.keras", ImportChoice(name="padded"))
        networks.add(found.network.model_dump_json())
    assert len(networks) == 1


def test_paddings_one_behind_the_other_are_named_by_their_convolution(
    models: Any, tmp_path: Path
) -> None:
    zeros = models.keras.layers.ZeroPadding2D
    for sizes in ((3, 2), (40, 40)):
        pads = [zeros(size) for size in sizes]
        model = models.encoder(lambda x, pads=pads: pads[1](pads[0](x)))
        model.save(tmp_path / f"{sum(sizes)}.keras")
    found = import_model(tmp_path / "5.keras")
    assert found.network.layers[0].padding == ((5, 5), (5, 5))
    with pytest.raises(BadInput, match=r"layer 'conv2d' .*\(80, 80\).*, allowed are 0 to 64"):
        import_model(tmp_path / "80.keras")


def _row_and_image(models: Any, *shapes: tuple[int, ...], conv: bool) -> Any:
    """An encoder whose input of the first shape is reshaped to the others, in that order."""
    keras, qkeras = models.keras, models.qkeras
    start, *others = shapes
    x = image = keras.Input(start)
    x = qkeras.QActivation("quantized_bits(8,1)")(x)
    for shape in others:
        x = keras.layers.Reshape(shape)(x)
    if conv:
        x = models.convolution(2, (1, 2), name="conv")(x)
        x = qkeras.QActivation("quantized_relu(8,1)")(x)
    x = models.dense(4, name="dense")(keras.layers.Flatten()(x))
    return models.fill(keras.Model(image, qkeras.QActivation("quantized_bits(9,4)")(x)), 1)


ROW, LINE, CUBE, SQUARE = (48,), (1, 48, 1), (4, 4, 3), (8, 8, 1)


@pytest.mark.parametrize(
    ("shapes", "conv", "chosen", "arrangement"),
    [
        # Behind a dense layer's flattening only the order of the values counts: that of the input.
        ((ROW, CUBE), False, None, "flat"),
        ((CUBE, LINE), False, None, "4x4x3"),
        ((ROW, CUBE), False, "4x4x3", "4x4x3"),
        ((SQUARE, (64,)), False, None, "8x8"),
        ((ROW, LINE), True, None, "flat"),
        ((ROW, CUBE), True, "4x4x3", "4x4x3"),
        ((CUBE, LINE), True, "flat", "flat"),
        ((CUBE, LINE, CUBE), True, None, "4x4x3"),
        (((64,), SQUARE), True, None, "8x8"),
        (((8, 8), SQUARE), True, None, "8x8"),
    ],
)
def test_reshaping_moves_no_cell(
    shapes: Any, conv: bool, chosen: str | None, arrangement: str, models: Any, tmp_path: Path
) -> None:
    model = _row_and_image(models, *shapes, conv=conv)
    model.save(tmp_path / "model.keras")
    found = import_model(tmp_path / "model.keras", ImportChoice(arrangement=chosen))
    assert found.network.arrangement == arrangement
    agrees(model, found, seed=7)


@pytest.mark.parametrize(
    ("shapes", "chosen", "words"),
    [
        ((ROW, CUBE), None, r"flat has images of \(1, 48, 1\), .* say --arrangement 4x4x3"),
        ((CUBE, LINE), None, r"4x4x3 has images of \(4, 4, 3\), .* say --arrangement flat"),
        ((CUBE, LINE), "8x8", r"8x8 has images of \(8, 8, 1\), the model makes \(1, 48, 1\)"),
        ((ROW, (2, 24, 1)), None, r"the model makes \(2, 24, 1\) of it$"),
        ((ROW, CUBE), "6x8", r"arrangement '6x8', allowed are 8x8, 4x4x3, flat"),
    ],
)
def test_images_that_would_hold_other_cells_are_refused(
    shapes: Any, chosen: str | None, words: str, models: Any, tmp_path: Path
) -> None:
    _row_and_image(models, *shapes, conv=True).save(tmp_path / "model.keras")
    with pytest.raises(BadInput, match=words):
        import_model(tmp_path / "model.keras", ImportChoice(arrangement=chosen))


def test_a_quantiser_shared_with_a_kernel_is_refused_wherever_it_is_used(
    models: Any, tmp_path: Path
) -> None:
    """The kernel's layer, here of a decoder, makes the one object scale by its data."""
    keras, qkeras = models.keras, models.qkeras
    shared = qkeras.quantized_bits(9, 1)
    image = keras.Input((48,))
    x = models.dense(4, name="coded")(qkeras.QActivation("quantized_bits(8,1)")(image))
    x = qkeras.QActivation(shared, name="latent")(x)
    keras.Model(image, x).save(tmp_path / "alone.keras")
    assert import_model(tmp_path / "alone.keras").network.latents == 4
    whole = keras.Model(image, models.dense(48, kernel_quantizer=shared, name="decoded")(x))
    whole.save(tmp_path / "whole.keras")
    with pytest.raises(BadInput, match=r"layer 'latent': activation: .* alpha='auto_po2'"):
        import_model(tmp_path / "whole.keras", ImportChoice(latent="latent"))


def test_windows_as_long_as_the_row_of_cells(models: Any, tmp_path: Path) -> None:
    keras, qkeras = models.keras, models.qkeras
    image = keras.Input(LINE)
    x = qkeras.QActivation("quantized_bits(8,1)")(image)
    x = models.convolution(3, (1, 48), strides=(1, 24), padding="same", name="row")(x)
    x = keras.layers.Flatten()(qkeras.QActivation("quantized_relu(8,3)")(x))
    x = qkeras.QActivation("quantized_bits(9,4)")(models.dense(4, name="dense")(x))
    model = models.fill(keras.Model(image, x), 2)
    model.save(tmp_path / "model.keras")
    agrees(model, import_model(tmp_path / "model.keras"), seed=8)


def test_a_whole_autoencoder_of_dense_layers_is_noted(models: Any, tmp_path: Path) -> None:
    keras, qkeras = models.keras, models.qkeras
    model = keras.Sequential([keras.Input((48,)), qkeras.QActivation("quantized_bits(8,1)")])
    for number, units in enumerate((4, 48)):
        model.add(models.dense(units, name=f"d{number}"))
        model.add(qkeras.QActivation("quantized_relu(3,1)", name=f"q{number}"))
    model.save(tmp_path / "model.keras")
    for latent, expected in ((None, True), ("q0", False), ("q1", False)):
        notes = import_model(tmp_path / "model.keras", ImportChoice(latent=latent)).notes
        assert any("48 latents of 48 cells" in note for note in notes) is expected


def test_wide_accumulators_are_imported_with_a_warning(models: Any, tmp_path: Path) -> None:
    keras = models.keras
    model = keras.Sequential(
        [
            keras.Input((48,)),
            models.qkeras.QActivation("quantized_bits(16,1)"),
            models.dense(4, kernel_quantizer=models.bits(12, 0), name="broad"),
            models.qkeras.QActivation("quantized_bits(9,4)"),
        ]
    )
    model.save(tmp_path / "wide.keras")
    note = import_model(tmp_path / "wide.keras").notes[-1]
    assert "layer 'broad': accumulator of 33 bits" in note and "exact up to 24" in note
