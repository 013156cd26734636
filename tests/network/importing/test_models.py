"""Models of QKeras 0.9 and qkeras-v3 are imported and compute the same words as `predict`."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.chip import golden
from asicae.chip.image import pack, unpack
from asicae.chip.normaliser import normalise
from asicae.foundation.errors import BadInput
from asicae.network.golden import encode
from asicae.network.importing.importer import ImportChoice, Imported, import_model
from asicae.network.weights import Weights
from tests.support.places import FIXTURES

OLD = FIXTURES / "qkeras09"
EVENTS = 20_000
LATENT = ImportChoice(latent="latent_quantization")


@pytest.fixture(scope="module")
def calq() -> np.ndarray:
    with np.load(OLD / "calq.npz", allow_pickle=False) as stored:
        return stored["calq"]


def predicted(name: str) -> np.ndarray:
    with np.load(OLD / f"{name}.npz", allow_pickle=False) as stored:
        return stored["latents"]


def latents(found: Imported, calq: np.ndarray, weights: Weights | None = None) -> np.ndarray:
    """Golden latents of charges, through the converter, as raw integers."""
    words = golden.run(found.network, weights or found.weights, calq).latents
    return found.network.latent_type.from_bits(words)


@pytest.mark.parametrize(
    ("file", "name", "choice"),
    [
        ("econ_t.h5", "econ_t", None),
        ("econ_t_apart.json", "econ_t", None),
        ("conditional.hdf5", "conditional", LATENT),
        ("exotic.h5", "exotic", None),
    ],
)
def test_qkeras_09_models_match_in_every_word(
    file: str, name: str, choice: ImportChoice | None, calq: np.ndarray
) -> None:
    assert len(calq) == EVENTS
    found = import_model(OLD / file, choice)
    expected = predicted(name)
    assert expected.shape == (EVENTS, found.network.latents)
    assert np.array_equal(latents(found, calq), expected)
    assert np.count_nonzero(expected) > 0.5 * expected.size
    # The highest bit of one weight of every array is flipped, and seen.
    image = pack(found.network, found.weights)
    for parameter in found.network.parameters:
        width = parameter.type.width
        bit = parameter.offset + parameter.count // 2 * width + width - 1
        wrong = bytearray(image)
        wrong[bit // 8] ^= 1 << bit % 8
        changed = unpack(found.network, bytes(wrong))
        assert not np.array_equal(latents(found, calq, changed), expected), parameter.name


def test_the_description_of_a_conditional_encoder() -> None:
    found = import_model(OLD / "conditional.hdf5", LATENT)
    conv, dense = found.network.layers
    assert str(found.network.input) == "fixed<8,2>"
    assert (str(conv.output), conv.relu, conv.padding) == ("fixed<8,2>", False, ((0, 1), (0, 1)))
    assert (str(dense.output), dense.relu, dense.name) == ("fixed<9,2>", False, "encoder_dense")
    assert found.origins == {"conv2d": "conv2d", "encoder_dense": "encoder_dense"}
    assert found.notes == (
        "layer 'conv2d': 27 of 72 values of the kernel lie outside fixed<6,1> and saturate, as in "
        "QKeras; the largest is -2.70444",
        "layer 'conv2d': 2 of 8 values of the bias lie outside fixed<6,1> and saturate, as in "
        "QKeras; the largest is 1.6186",
        "layer 'encoder_dense': 9 of 2048 values of the kernel lie outside fixed<6,1> and "
        "saturate, as in QKeras; the largest is -1.12984",
    )


def test_unusual_quantisers_become_types() -> None:
    conv, signs, wire = import_model(OLD / "exotic.h5").network.layers
    assert (conv.name, signs.name, wire.name) == ("conv_1", "signs", "layer_wire")
    assert (str(conv.weight), str(conv.output)) == ("fixed<10,2>", "fixed<8,3,RND_CONV,SAT_SYM>")
    assert conv.padding == ((1, 1), (0, 3))  # tf.pad and TensorFlow's "same" behind it
    assert (str(signs.weight), str(signs.bias)) == ("fixed<2,2>", "ufixed<1,1>")
    assert str(wire.weight) == "fixed<4,-1>"


def test_the_committed_keras_3_file_is_read_by_names_and_by_numbers(tmp_path: Path) -> None:
    path = FIXTURES / "qkeras_v3" / "conditional.keras"
    found = import_model(path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    # Keras before 3.6 left no names beside the arrays, only numbered classes.
    assert entries["model.weights.h5"].count(b"encoder_dense") == 1
    entries["model.weights.h5"] = _without_names(entries["model.weights.h5"], tmp_path)
    with zipfile.ZipFile(tmp_path / "numbered.keras", "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    again = import_model(tmp_path / "numbered.keras", ImportChoice(name=found.network.name))
    assert again.network == found.network
    for name, array in found.weights.arrays.items():
        assert np.array_equal(again.weights.arrays[name], array)


def _without_names(content: bytes, folder: Path) -> bytes:
    import h5py

    path = folder / "weights.h5"
    path.write_bytes(content)
    with h5py.File(path, "r+") as file:
        file.visititems(lambda _, item: item.attrs.pop("name", None))
    return path.read_bytes()


# --- qkeras-v3, built here ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def models() -> Any:
    pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
    from tests.support import qkeras_models

    return qkeras_models


def images(found: Imported, codes: np.ndarray) -> np.ndarray:
    values = codes.astype(np.float32) * np.float32(found.network.input.lsb)
    return found.network.image(values)


def agrees(model: Any, found: Imported, seed: int) -> None:
    """`predict` and golden on 20,000 codes of the input type, negative ones included."""
    kind = found.network.input
    generator = np.random.default_rng(seed)
    codes = generator.integers(kind.raw_min, kind.raw_max + 1, (EVENTS, 48))
    codes *= generator.random(codes.shape) < generator.random((EVENTS, 1))
    pictures = images(found, codes).reshape(-1, *model.input_shape[1:])
    outputs = model.predict(pictures, batch_size=2000, verbose=0).astype(np.float64)
    expected = encode(found.network, found.weights, codes)
    assert np.array_equal(outputs * 2.0**found.network.latent_type.fraction, expected)
    assert np.count_nonzero(expected) > 0.2 * expected.size


@pytest.mark.parametrize("ending", [".keras", ".h5", ".json"])
@pytest.mark.parametrize("name", ["encoder", "linear"])
def test_qkeras_v3_models_match_in_every_word(
    name: str, ending: str, models: Any, tmp_path: Path
) -> None:
    model = models.fill(getattr(models, name)(), seed=3)
    path = tmp_path / f"model{ending}"
    if ending == ".json":
        path.write_text(model.to_json())
        model.save_weights(tmp_path / "model.weights.h5")
    else:
        model.save(path)
    agrees(model, import_model(path), seed=4)


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


def test_a_silicon_input_is_taken_where_the_model_has_none() -> None:
    found = import_model(OLD / "econ_t.h5")
    assert str(found.network.input) == "ufixed<8,1,TRN,SAT>"
    assert "does not quantise its input" in found.notes[0]
    assert not any("does not quantise" in note for note in found.notes[1:])
    other = found.network.input.parse("ufixed<9,1>")
    assert import_model(OLD / "econ_t.h5", ImportChoice(input=other)).network.input == other
    with pytest.raises(BadInput, match=r"brings its input to fixed<8,2>, not ufixed<9,1>"):
        import_model(OLD / "conditional.hdf5", ImportChoice(latent="act", input=other))


def test_codes_of_the_imported_input_are_those_of_qkeras(calq: np.ndarray) -> None:
    """The converter rounds a charge to the type of the model's input quantiser."""
    found = import_model(OLD / "conditional.hdf5", LATENT)
    codes = normalise(calq[:500], found.network.input)
    total = calq[:500].sum(axis=1, keepdims=True)
    exact = calq[:500] / 2.0 ** np.floor(np.log2(np.maximum(total, 1)))
    assert np.array_equal(codes, np.minimum(np.rint(exact * 64), 127))


def test_json_needs_its_weights(tmp_path: Path) -> None:
    shutil.copy(OLD / "econ_t_apart.json", tmp_path / "model.json")
    with pytest.raises(BadInput, match="no weights beside it"):
        import_model(tmp_path / "model.json")
    found = import_model(tmp_path / "model.json", weights=OLD / "econ_t_apart.h5")
    assert found.network.name == "model"
    with pytest.raises(BadInput, match=r"calq.npz: ending '.npz', allowed are .h5, .hdf5"):
        import_model(tmp_path / "model.json", weights=OLD / "calq.npz")
    with pytest.raises(BadInput, match="holds weights only"):
        import_model(OLD / "econ_t_apart.h5")
    with pytest.raises(BadInput, match="brings its own weights"):
        import_model(OLD / "econ_t.h5", weights=OLD / "econ_t_apart.h5")


def test_fixtures_tell_where_they_come_from() -> None:
    made_with = json.loads((OLD / "made_with.json").read_text())
    assert (made_with["qkeras"], made_with["events"]) == ("0.9.0", EVENTS)
