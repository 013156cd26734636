"""Decoding with a run: its choice, its networks, nothing else in its files."""

import shutil

import numpy as np
import pytest

from asicae.chip import golden
from asicae.concentrator import codec
from asicae.concentrator.encoding import encode_files
from asicae.concentrator.frame_files import load
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_json, sha256, write_json
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.readout import reading
from asicae.runs.decoding import decode_file
from asicae.runs.record import load_records

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
from asicae.comparison.choice import Chosen, send_and_decode
from asicae.comparison.contenders import Contender
from asicae.comparison.decode_options import DecodeOptions
from asicae.training.backend import keras
from asicae.training.decoder import decode_latents
from asicae.training.learned_spreading import LearnedSpreading


@pytest.fixture(scope="module")
def run(job):
    return job.path


@pytest.fixture(scope="module")
def test_events(run):
    return reading.load(run / "readouts" / "test.npz")


def encoded(run, out, values, weights=None):
    """A file of frames of the run's test events."""
    found = {}
    if weights is not None:
        from asicae.network.description import Network

        found = {"network": Network.load(run / "network.json"), "weights": weights}
    encode_files(run / "readouts" / "test.npz", out, values, **found)
    return out


def charges(path):
    with np.load(path) as arrays:
        return arrays["charges"]


@pytest.mark.parametrize(
    "values",
    [
        {"alg_type": "best_choice", "links": 2, "use_sum": False},
        {"alg_type": "threshold_sum", "links": 5, "threshold": 20, "use_sum": False},
        {"alg_type": "super_trigger_cell", "links": 2, "stc_type": "ctc4_4e3m"},
        {"alg_type": "repeater", "links": 11},
    ],
    ids=lambda values: values["alg_type"],
)
def test_classical_frames_get_what_the_run_chose_on_validation(run, test_events, values, tmp_path):
    frames = encoded(run, tmp_path / "frames.npz", values)
    name = decode_file(frames, tmp_path / "charges.npz", run=run)
    points = read_json(run / "compare" / "comparison.json")["points"]
    tried = next(
        point["tried_on_validation"]
        for point in points
        if (point["set"], point["algorithm"]) == ("test", values["alg_type"])
        and point["links"] == values["links"]
    )
    kind = values.get("stc_type", "")
    own = {label.split()[-1]: mean for label, mean in tried.items() if kind in label}
    assert own[name] == min(own.values())
    expected = expected_charges(run, test_events, load(frames).settings, name)
    assert np.array_equal(charges(tmp_path / "charges.npz"), expected)


def expected_charges(run, events, settings, name):
    """As the comparison of a run makes them, with Keras' own reader of its models."""
    learned = LearnedSpreading(keras.models.load_model(run / "compare" / "spreading.keras"))
    options = DecodeOptions(reading.load(run / "readouts" / "train.npz"), learned)
    contender = Contender(settings.alg_type, settings.links)
    return send_and_decode({contender: Chosen(settings, name)}, options, events)[contender][1]


@pytest.mark.parametrize("name", ["learned", "class_image", "near_2"])
def test_a_named_map_goes_before_the_choice(run, test_events, name, tmp_path):
    frames = encoded(run, tmp_path / "frames.npz", {"alg_type": "best_choice", "links": 3})
    assert decode_file(frames, tmp_path / "charges.npz", name, run) == name
    expected = expected_charges(run, test_events, load(frames).settings, name)
    assert np.array_equal(charges(tmp_path / "charges.npz"), expected)
    with pytest.raises(BadInput, match=r"best_choice at 3 links \(found: 2, 5\); choose with --sp"):
        decode_file(frames, tmp_path / "other.npz", run=run)


def test_sums_of_groups_have_no_network(run, tmp_path):
    frames = encoded(run, tmp_path / "frames.npz", {"alg_type": "super_trigger_cell", "links": 2})
    with pytest.raises(BadInput, match="--spread learned: super_trigger_cell has none, even, mean"):
        decode_file(frames, tmp_path / "charges.npz", "learned", run)


@pytest.mark.parametrize(("name", "links"), [("2links", 2), ("5links", 5), ("dead_cells", 5)])
def test_the_autoencoder_gets_the_decoder_of_its_weight_set(
    job, run, test_events, name, links, tmp_path
):
    weights = run / "weights" / f"{name}.npz"
    values = {"alg_type": "autoencoder", "links": links}
    frames = encoded(run, tmp_path / "frames.npz", values, weights)
    assert decode_file(frames, tmp_path / "charges.npz", run=run) == "decoder"
    sent = golden.run(Encoder(job.network, Weights.load(weights, job.network)), test_events.calq)
    fields = codec.decode(codec.encode_latents(sent, load(frames).settings), load(frames).settings)
    model = keras.models.load_model(run / "model" / f"{name}_decoder.keras")
    expected = decode_latents(model, job.network, fields.latents, fields.sums, test_events)
    found = charges(tmp_path / "charges.npz")
    assert np.array_equal(found, expected)
    sums = codec.transmitted(fields, load(frames).settings).module_sum
    np.testing.assert_allclose(found.sum(axis=1), sums, rtol=1e-12)  # absolute charge
    with pytest.raises(BadInput, match="--spread near_2: autoencoder has none, decoder"):
        decode_file(frames, tmp_path / "other.npz", "near_2", run)
    with pytest.raises(BadInput, match="decoder: needs the run that it was trained in"):
        decode_file(frames, tmp_path / "other.npz", "decoder")


def test_weights_of_another_run_are_refused(job, run, tmp_path):
    weights = Weights.random(job.network, 1).save(tmp_path / "w.npz")
    values = {"alg_type": "autoencoder", "links": 2}
    frames = encoded(run, tmp_path / "frames.npz", values, weights)
    with pytest.raises(BadInput, match=r"frames\.npz: made with a weight set .* that is none of"):
        decode_file(frames, tmp_path / "out.npz", run=run)


def test_no_code_of_a_run_is_run_and_its_files_are_checked(run, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    values = {"alg_type": "autoencoder", "links": 2}
    coder = encoded(run, tmp_path / "coder.npz", values, run / "weights" / "2links.npz")
    cells = encoded(run, tmp_path / "cells.npz", {"alg_type": "best_choice", "links": 2})
    mark = tmp_path / "mark"
    # A function without a name is stored as its code, which loading with trust runs.
    touch = f"lambda value: (__import__('pathlib').Path({str(mark)!r}).touch(), value)[1]"
    hostile = keras.Sequential([keras.Input((103,)), keras.layers.Lambda(eval(touch))])  # noqa: S307
    narrow = keras.Sequential([keras.Input((103,)), keras.layers.Dense(48)])
    hostile.save(tmp_path / "hostile.keras")
    mark.unlink()
    keras.models.load_model(tmp_path / "hostile.keras", safe_mode=False)
    assert mark.exists()
    mark.unlink()
    decoder, spreading = copy / "model" / "2links_decoder.keras", copy / "compare/spreading.keras"
    comparison = copy / "compare" / "comparison.json"
    content = read_json(comparison)

    def refused(frames, message, spread=None, sealed=True):
        if sealed:
            seal_again(copy)
        with pytest.raises(BadInput, match=message) as caught:
            decode_file(frames, tmp_path / "out.npz", spread, copy)
        assert "\n" not in str(caught.value) and not mark.exists()
        assert not (tmp_path / "out.npz").exists()

    for path in (decoder, spreading):
        shutil.copy(tmp_path / "hostile.keras", path)
    refused(coder, r"2links_decoder\.keras: 0 arrays")
    refused(cells, r"spreading\.keras: 0 arrays", "learned")
    for path in (decoder, spreading):
        narrow.save(path)
    refused(coder, r"2links_decoder\.keras: a layer of shapes \(103, 48\)")
    refused(cells, r"spreading\.keras: arrays of shapes", "learned")
    decoder.write_bytes(b"no archive")
    refused(coder, r"2links_decoder\.keras: not a readable")
    spreading.unlink()
    refused(cells, r"spreading\.keras: is missing, stage compare left it", "learned", sealed=False)
    narrow.save(spreading)
    for change, message in (
        ({"points": []}, "tells nothing of best_choice at 2 links"),
        ({"format": "another"}, "format: found 'another'"),
        ({"points": [{"set": "test"}]}, r"points\.0\.algorithm: field required"),
        (named(content, "shell"), "--spread shell: best_choice has none, drop, even"),
        (named(content, ""), "--spread : best_choice has none"),
        (named(content, "drop", -1.0), r"drop: found -1\.0"),
    ):
        write_json(comparison, content | change)
        refused(cells, message)
    comparison.write_text('{"points": ' + "[" * 100_000)
    refused(cells, r"comparison\.json: not valid JSON")


def seal_again(run):
    """As somebody may who changes a run on purpose."""
    for record in load_records(run).values():
        outputs = {name: sha256(run / name) for name in record.outputs}
        record.model_copy(update={"outputs": outputs}).save(run)


def named(content, label, mean=0.1):
    """A comparison that found one map for Best Choice."""
    mine = {"set": "test", "algorithm": "best_choice", "links": 2}
    point = next(p for p in content["points"] if mine.items() <= p.items())
    return {"points": [point | {"tried_on_validation": {label: mean}}]}
