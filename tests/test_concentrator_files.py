"""`asicae encode` and `asicae decode`: files that describe themselves, read without trust."""

import json
import sys

import numpy as np
import pytest

from asicae import cli
from asicae.concentrator import codec, golden
from asicae.concentrator.frame_files import load
from asicae.files import sha256, write_npz
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.readout.codes import decode_5e4m
from asicae.readout.source import SourceSettings, simulate


@pytest.fixture(scope="module")
def readouts(tmp_path_factory):
    modules = simulate(SourceSettings(events=400, seed=2))
    return modules, modules.save(tmp_path_factory.mktemp("readouts") / "readouts.npz")


@pytest.fixture
def call(monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["asicae", *map(str, words)])
        try:
            cli.main()
            code = 0
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        return code, capsys.readouterr()

    return run


@pytest.mark.parametrize(
    "options",
    [
        "threshold_sum --links 2",
        "threshold_sum --links 3 --threshold 9 --drop-lsb 1",
        "best_choice --links 5",
        "super_trigger_cell --links 2",
        "super_trigger_cell --links 3 --stc-type ctc4_4e3m",
        "repeater --links 11",
    ],
)
def test_encode_then_decode(options, readouts, tmp_path, call):
    modules, path = readouts
    frames, charges = tmp_path / "frames.npz", tmp_path / "charges.npz"
    code, said = call("encode", path, "-o", frames, "--algorithm", *options.split())
    assert code == 0 and "400 frames" in said.out
    assert call("decode", frames, "-o", charges)[0] == 0
    file = load(frames)
    assert np.array_equal(file.frames.words, codec.encode(modules.calq, file.settings).words)
    assert file.provenance["readouts_sha256"] == sha256(path)
    assert file.provenance["source"] == modules.source
    known = codec.transmitted(codec.decode(file.frames, file.settings), file.settings)
    with np.load(charges) as arrays:
        assert str(arrays["format"]) == "asicae-charges-1" and str(arrays["cell_order"]) == "ae"
        assert np.array_equal(arrays["charges"], known.charges)
        assert np.array_equal(arrays["image"], known.image())
        assert ("module_sum" in arrays) == (known.module_sum is not None)
        assert ("group_sums" in arrays) == (known.groups is not None)
    again = tmp_path / "again.npz"
    assert call("encode", path, "-o", again, "--algorithm", *options.split())[0] == 0
    assert again.read_bytes() == frames.read_bytes()


def test_the_autoencoder_gives_latents_and_sums(readouts, tmp_path, call):
    modules, path = readouts
    network = Network.preset("small")
    width = network.latent_type.width
    keep = np.full(network.latents, 0b111 << (width - 3), dtype=np.uint16)
    weights = Weights.checked(network, Weights.random(network, 3).arrays, keep)
    weights.save(tmp_path / "w.npz")
    frames, charges = tmp_path / "frames.npz", tmp_path / "charges.npz"
    options = ("--algorithm", "autoencoder", "--links", 2, "--network", "small")
    code, said = call("encode", path, "-o", frames, *options, "--weights", tmp_path / "w.npz")
    assert code == 0 and "48 of 48 kept latent bits fit" in said.out
    assert call("decode", frames, "-o", charges)[0] == 0
    expected = golden.run(network, weights, modules.calq)
    with np.load(charges) as arrays:
        assert np.array_equal(arrays["latents"], expected.latents)
        assert np.array_equal(arrays["sums"], expected.sums)
        assert np.array_equal(arrays["module_sum"], decode_5e4m(expected.sums))
        assert "charges" not in arrays


def test_registers_of_a_file_hold_and_options_go_before_them(readouts, tmp_path, call):
    _, path = readouts
    registers = tmp_path / "registers.toml"
    registers.write_text("use_sum = false\ndrop_lsb = 3\nbuff_t1 = 9\nthreshold = 4\n")
    frames = tmp_path / "frames.npz"
    options = ("--algorithm", "threshold_sum", "--links", 1, "--drop-lsb", 2)
    assert call("encode", path, "-o", frames, *options, "--settings", registers)[0] == 0
    settings = load(frames).settings
    assert (settings.use_sum, settings.drop_lsb, settings.buffer_words) == (False, 2, 9)
    assert settings.threshold == (4,) * 48


def test_encode_refuses_what_cannot_be_meant(readouts, tmp_path, call):
    _, path = readouts
    out, there = tmp_path / "out.npz", tmp_path / "there.npz"
    there.write_text("mine")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "broken.toml").write_text("= 1")
    common = ("encode", path, "-o", out, "--links", 2, "--algorithm")
    for words, message in (
        ((*common, "autoencoder"), "the autoencoder needs --network and --weights"),
        ((*common, "best_choice", "--network", "econ-t"), "for the autoencoder only"),
        ((*common, "repeater"), "repeater is defined at 11 only"),
        ((*common, "loudest"), "alg_type: found 'loudest'"),
        ((*common, "best_choice", "--drop-lsb", 9), "drop_lsb: found 9"),
        ((*common, "super_trigger_cell", "--stc-type", "stc5"), "stc_type: found 'stc5'"),
        ((*common, "best_choice", "-s", tmp_path / "list.json"), "allowed is a table"),
        ((*common, "best_choice", "-s", tmp_path / "broken.toml"), "not valid TOML"),
        (("encode", path, "-o", there, "--links", 2, "--algorithm", "best_choice"), "--force"),
        (("encode", there, "-o", out, "--links", 2, "--algorithm", "best_choice"), str(there)),
        (("decode", path, "-o", out), "is missing"),
        (("decode", tmp_path / "absent.npz", "-o", out), "absent.npz"),
    ):
        code, said = call(*words)
        assert code == 2 and message in said.err and said.err.count("\n") == 1
        assert not out.exists() and there.read_text() == "mine"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "asicae-frames-9"}, "format is 'asicae-frames-9', allowed is"),
        ({"cell_order": "simulation"}, "cell_order is 'simulation', allowed is 'ae'"),
        ({"settings": "{"}, "settings is not valid JSON"),
        ({"settings": "[]"}, "settings is list, allowed is a JSON object"),
        ({"settings": '{"links": 2}'}, "settings: alg_type: "),
        ({"provenance": "7"}, "provenance is int, allowed is a JSON object"),
        ({"words": np.zeros((3, 4), dtype=np.uint16)}, "3 rows of words, but 400 counts"),
        ({"words": np.zeros((400, 5), dtype=np.uint16)}, "rows of 5 words, allowed is 4"),
        ({"words": np.full((400, 4), 1 << 16)}, "frame 0: word 65536, allowed is 0..65535"),
        ({"words": np.full((400, 4), -1)}, "frame 0: word -1, allowed is 0..65535"),
        ({"words": np.zeros((400, 4))}, "'words' has type float64"),
        ({"counts": np.full(400, 5)}, "frame 0: count 5, allowed is 1..4"),
        ({"counts": np.array([4] * 399 + [0])}, "frame 399: count 0, allowed is 1..4"),
        ({"counts": np.array([4] * 399 + [3])}, "frame 399: 3 words, allowed is 4"),
        (
            {"words": np.zeros((0, 4), dtype=np.uint16), "counts": np.zeros(0, dtype=np.uint8)},
            "holds no frames",
        ),
        ({"words": np.full((400, 4), 0xFFFF)}, "frame 0: address 63, allowed is 0..47"),
    ],
)
def test_a_damaged_file_is_one_line(change, message, readouts, tmp_path, call):
    _, path = readouts
    frames, out = tmp_path / "frames.npz", tmp_path / "charges.npz"
    call("encode", path, "-o", frames, "--algorithm", "best_choice", "--links", 2)
    with np.load(frames) as stored:
        arrays = dict(stored)
    write_npz(frames, arrays | {name: np.asarray(value) for name, value in change.items()})
    code, said = call("decode", frames, "-o", out)
    assert code == 2 and message in said.err and str(frames) in said.err
    assert said.err.count("\n") == 1 and not out.exists()


def test_a_file_with_other_settings_than_its_frames_is_refused(readouts, tmp_path, call):
    _, path = readouts
    frames = tmp_path / "frames.npz"
    call("encode", path, "-o", frames, "--algorithm", "threshold_sum", "--links", 2)
    with np.load(frames) as stored:
        arrays = dict(stored)
    settings = json.loads(str(arrays["settings"])) | {"alg_type": "repeater", "links": 11}
    write_npz(frames, arrays | {"settings": np.array(json.dumps(settings))})
    code, said = call("decode", frames, "-o", tmp_path / "charges.npz")
    assert code == 2 and "frames are rows of 25 words, allowed is 22" in said.err
