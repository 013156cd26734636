"""`asicae encode` and `asicae decode`: files that describe themselves, read without trust."""

import json
import os
import threading
import tracemalloc

import numpy as np
import pytest

from asicae.chip import golden
from asicae.concentrator import codec, encoding
from asicae.concentrator.algorithms.table import algorithm_of, settings_from
from asicae.concentrator.frame_files import PLACE, load
from asicae.foundation.archives import write_npz
from asicae.foundation.files import sha256
from asicae.module.calibration import calq_of_codes
from asicae.module.codes import decode_5e4m
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.readout import reading
from asicae.readout.conversion import save
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from tests.judges import frame_reference as reference
from tests.support import command_line
from tests.support.places import DATA

EVERY_FRAME = [
    *(f"threshold_sum --links {n}" for n in range(1, 14)),
    *(f"best_choice --links {n}" for n in range(1, 14)),
    *(
        f"super_trigger_cell --links {n} --stc-type {kind}"
        for kind, (numbers, *_) in reference.STC.items()
        for n in range(1, len(numbers) + 1)
    ),
    "repeater --links 11",
    *(f"autoencoder --links {n}" for n in range(1, 6)),
]


@pytest.fixture(scope="module")
def readouts(tmp_path_factory):
    modules = simulate(SourceSettings(events=400, seed=2))
    return modules, save(modules, tmp_path_factory.mktemp("readouts") / "readouts.npz")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    network = Network.preset("econ-t")
    return Weights.random(network, 3).save(tmp_path_factory.mktemp("weights") / "w.npz")


@pytest.fixture
def call(capsys):
    return lambda *words: (command_line.call(*words), capsys.readouterr())


@pytest.mark.parametrize("options", EVERY_FRAME)
def test_every_frame_of_the_sample_is_made_again_from_what_decoding_says(
    options, weights, tmp_path, call
):
    algorithm = options.split()[0]
    if algorithm == "autoencoder":
        options += f" --network econ-t --weights {weights}"
    frames, charges = tmp_path / "frames.npz", tmp_path / "charges.npz"
    path = DATA / ("sample.csv" if int(options.split()[2]) % 2 else "sample.npz")
    code, said = call("encode", path, "-o", frames, "--algorithm", *options.split())
    assert code == 0 and "1500 frames" in said.out
    if algorithm == "threshold_sum":
        assert ", 0 truncated" in said.out
    assert call("decode", frames, "-o", charges, "--spread", "none")[0] == 0
    file = load(frames)
    kind = type(codec.decode(file.frames, file.settings))
    with np.load(charges) as arrays:
        assert str(arrays["spread"]) == "none" and "charges" not in arrays
        sent = {n.removeprefix("field_"): arrays[n] for n in arrays if n.startswith("field_")}
    again = codec.pack(kind(**sent), file.settings)
    assert np.array_equal(again.words, file.frames.words)
    assert np.array_equal(again.counts, file.frames.counts)


def test_both_samples_give_the_same_frames(tmp_path, call):
    words = []
    for name in ("sample.csv", "sample.npz"):
        out = tmp_path / f"{name}.npz"
        options = ("--algorithm", "best_choice", "--links", 3)
        assert call("encode", DATA / name, "-o", out, *options)[0] == 0
        words.append(load(out).frames.words)
    assert np.array_equal(*words)


@pytest.mark.parametrize(
    ("options", "spread"),
    [
        ("threshold_sum --links 2", "near_4"),
        ("threshold_sum --links 3 --threshold 9 --drop-lsb 1", "near_4"),
        ("best_choice --links 5", "near_4"),
        ("super_trigger_cell --links 2", "peak_by_size_near"),
        ("super_trigger_cell --links 1 --stc-type stc4_4e3m", "peak_by_size_near+lost_near_0.5"),
        ("super_trigger_cell --links 3 --stc-type ctc4_4e3m", "even"),
        ("repeater --links 11", "as_sent"),
    ],
)
def test_encode_then_decode(options, spread, readouts, tmp_path, call):
    modules, path = readouts
    frames, charges = tmp_path / "frames.npz", tmp_path / "charges.npz"
    code, said = call("encode", path, "-o", frames, "--algorithm", *options.split())
    assert code == 0 and "400 frames" in said.out
    code, said = call("decode", frames, "-o", charges)
    assert code == 0 and said.out == f"{charges}: charges by {spread}\n"
    file = load(frames)
    assert np.array_equal(file.frames.words, codec.encode(modules.calq, file.settings).words)
    assert f"[{path.name} sha256:{sha256(path)}]" in file.provenance["source"]
    assert modules.source in file.provenance["source"]
    known = codec.transmitted(codec.decode(file.frames, file.settings), file.settings)
    with np.load(charges) as arrays:
        assert str(arrays["format"]) == "asicae-charges-2" and str(arrays["cell_order"]) == "ae"
        assert np.array_equal(
            arrays["charges"], algorithm_of(file.settings).maps(file.settings)[spread](known)
        )
        if known.groups is None:
            assert np.array_equal(arrays["sent_charges"], known.charges)
        assert ("module_sum" in arrays) == (known.module_sum is not None)
        assert ("group_sums" in arrays) == (known.groups is not None)
        for name in PLACE:
            assert np.array_equal(arrays[name], getattr(modules, name))
    again = tmp_path / "again.npz"
    assert call("encode", path, "-o", again, "--algorithm", *options.split())[0] == 0
    assert again.read_bytes() == frames.read_bytes()


@pytest.mark.parametrize(
    ("options", "before"),
    [("best_choice --links 2", 0.8), ("threshold_sum --links 1", 0.7)],
)
def test_decoding_gives_the_charge_back_unless_told_to_drop_it(options, before, tmp_path, call):
    frames, out = tmp_path / "frames.npz", tmp_path / "charges.npz"
    call("encode", DATA / "sample.npz", "-o", frames, "--algorithm", *options.split())
    true = reading.load(DATA / "sample.npz").calq.sum()
    for words, low, high in (((), 0.98, 1.02), (("--spread", "drop"), 0.5, before)):
        assert call("decode", frames, "-o", out, "--force", *words)[0] == 0
        with np.load(out) as arrays:
            assert low < arrays["charges"].sum() / true < high


@pytest.mark.parametrize("chunk", [77, 1000])
@pytest.mark.parametrize(
    "values",
    [
        {"alg_type": "threshold_sum", "links": 1},
        {"alg_type": "threshold_sum", "links": 1, "threshold": 5, "endless_buffer": False},
        {"alg_type": "best_choice", "links": 2},
    ],
    ids=["fitted", "buffered", "best choice"],
)
def test_chunks_of_several_files_are_one_row_of_crossings(values, chunk, readouts, tmp_path):
    modules, path = readouts
    parts = [tmp_path / f"part{index}.npz" for index in range(3)]
    for part, (begin, end) in zip(parts, ((0, 90), (90, 91), (91, 400)), strict=True):
        save(modules.select(slice(begin, end)), part)
    whole, split = tmp_path / "whole.npz", tmp_path / "split.npz"
    expected = encoding.encode_files(path, whole, values)
    found = encoding.encode_files(tmp_path / "part?.npz", split, values, chunk=chunk)
    assert found == expected
    assert np.array_equal(load(whole).frames.words, load(split).frames.words)
    assert np.array_equal(load(whole).frames.counts, load(split).frames.counts)
    source = load(split).provenance["source"]
    assert all(f"[{part.name} sha256:{sha256(part)}]" in source for part in parts)
    if not values.get("endless_buffer", True):
        assert expected.truncated > 0


def test_memory_does_not_grow_with_the_files(readouts, tmp_path):
    _, path = readouts
    for index in range(60):
        (tmp_path / f"{index:02}.npz").hardlink_to(path)
    peaks = []
    for name in ("0?.npz", "??.npz"):
        values = {"alg_type": "threshold_sum", "links": 2}
        tracemalloc.start()
        try:
            done = encoding.encode_files(
                tmp_path / name, tmp_path / "all_frames.npz", values, force=True
            )
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    # The 20,000 modules that the second has more are 3.8 MB of charges and 1 MB of frames.
    assert done.frames == 24_000 and peaks[1] - peaks[0] < 500_000, peaks


def test_a_pipe_is_encoded_but_no_threshold_is_fitted_to_it(tmp_path, call):
    pipe, out = tmp_path / "pipe.csv", tmp_path / "frames.npz"
    os.mkfifo(pipe)
    words = ("encode", pipe, "-o", out, "--algorithm", "threshold_sum", "--links", 2)
    code, said = call(*words)
    assert code == 2 and "can be read once only" in said.err and "--threshold" in said.err
    data = (DATA / "sample.csv").read_bytes()
    threading.Thread(target=pipe.write_bytes, args=(data,), daemon=True).start()
    code, said = call(*words, "--threshold", 30)
    assert code == 0 and "1500 frames" in said.out


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
    code, said = call("decode", frames, "-o", charges)
    assert code == 0 and "no charges" in said.out
    expected = golden.run(Encoder(network, weights), modules.calq)
    with np.load(charges) as arrays:
        assert np.array_equal(arrays["field_latents"], expected.latents)
        assert np.array_equal(arrays["field_sums"], expected.sums)
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


def test_encode_and_decode_refuse_what_cannot_be_meant(readouts, weights, tmp_path, call):
    _, path = readouts
    out, there = tmp_path / "out.npz", tmp_path / "there.npz"
    there.write_text("mine")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "broken.toml").write_text("= 1")
    for name, line in (
        ("mux", f"mux = {list(range(48))}"),
        ("cal", "cal = 2048"),
        ("density", "alg_high_density = true"),
        ("keep", "keep_auto_encoder_bits = [511]"),
        ("width", "latent_width = 9"),
        ("yes", "threshold = true"),
    ):
        (tmp_path / f"{name}.toml").write_text(line)
    frames = tmp_path / "frames.npz"
    call("encode", path, "-o", frames, "--links", 2, "--algorithm", "best_choice")
    coder = ("autoencoder", "--network", "econ-t", "--weights", weights)
    common = ("encode", path, "-o", out, "--links", 2, "--algorithm")
    for words, message in (
        ((*common, "autoencoder"), "the autoencoder needs --network and --weights"),
        (
            (*common, "best_choice", "--network", "econ-t"),
            "for the autoencoder or the hybrid choice only",
        ),
        ((*common, "repeater"), "repeater is defined at 11 only"),
        ((*common, "loudest"), "alg_type: found 'loudest'"),
        ((*common, "best_choice", "--drop-lsb", 9), "drop_lsb: found 9"),
        ((*common, "super_trigger_cell", "--stc-type", "stc5"), "stc_type: found 'stc5'"),
        ((*common, "best_choice", "-s", tmp_path / "list.json"), "allowed is a table"),
        ((*common, "best_choice", "-s", tmp_path / "broken.toml"), "not valid TOML"),
        (("encode", path, "-o", there, "--links", 2, "--algorithm", "best_choice"), "--force"),
        (("encode", there, "-o", out, "--links", 2, "--algorithm", "best_choice"), str(there)),
        (("encode", path, there, *common[2:], "best_choice"), str(there)),
        ((*common, "best_choice", "-s", tmp_path / "mux.toml"), "mux: makes CALQ of link codes"),
        ((*common, "best_choice", "-s", tmp_path / "cal.toml"), "cal: makes CALQ of link codes"),
        ((*common, "best_choice", "-s", tmp_path / "density.toml"), "alg_high_density: makes"),
        ((*common, *coder, "-s", tmp_path / "keep.toml"), "keep_auto_encoder_bits: network and"),
        ((*common, *coder, "-s", tmp_path / "width.toml"), "latent_width: network and weight set"),
        ((*common, "threshold_sum", "-s", tmp_path / "yes.toml"), "threshold.0: found True"),
        ((*common, "best_choice", "--threshold", 7), "threshold: is not used by best_choice"),
        ((*common, "best_choice", "--stc-type", "stc4_5e4m"), "stc_type: is not used"),
        (("encode", path, *common[2:3], tmp_path / "x.csv", *common[4:], "repeater"), ".npz"),
        (("encode", tmp_path / "no*.npz", *common[2:], "best_choice"), "no file matches"),
        (("decode", frames, "-o", tmp_path / "x.csv"), "x.csv: ending '.csv', allowed is .npz"),
        (("decode", frames, "-o", out, "--spread", "peak"), "best_choice has none, drop, even, ne"),
        (("decode", frames, "-o", out, "--spread", "learned"), "(more with --run)"),
        (("decode", frames, "-o", out, "--run", tmp_path), "no run folder"),
        (("decode", path, "-o", out), "is missing"),
        (("decode", tmp_path / "absent.npz", "-o", out), "absent.npz"),
    ):
        code, said = call(*words)
        assert code == 2 and message in said.err and said.err.count("\n") == 1
        assert not out.exists() and there.read_text() == "mine"
        assert not list(tmp_path.glob("*x.csv*")) and not list(tmp_path.glob(".out*"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "asicae-frames-9"}, "format is 'asicae-frames-9', allowed is"),
        ({"cell_order": "simulation"}, "cell_order is 'simulation', allowed is 'ae'"),
        ({"settings": "{"}, "settings: not valid JSON"),
        ({"settings": '{"links": ' + "9" * 5000 + "}"}, "settings: not valid JSON"),
        ({"settings": "[" * 100_000}, "settings: not valid JSON"),
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
        ({"layer": np.full(399, 5, dtype=np.int16)}, "400 rows of words, but 399 of layer"),
        ({"layer": np.full(400, 999, dtype=np.int16)}, "layer of row 0 is 999, allowed is 1..200"),
        ({"eta": np.full(400, np.nan, dtype=np.float32)}, "'eta' holds NaN"),
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
    for settings, message in (
        ({"alg_type": "repeater", "links": 11}, "frames are rows of 25 words, allowed is 22"),
        (
            json.loads(str(arrays["settings"])) | {"alg_type": "repeater", "links": 11},
            "settings: threshold: is not used by repeater",
        ),
    ):
        write_npz(frames, arrays | {"settings": np.array(json.dumps(settings))})
        code, said = call("decode", frames, "-o", tmp_path / "charges.npz")
        assert code == 2 and message in said.err


def test_registers_before_the_algorithms_act_on_codes():
    codes = np.arange(48, dtype=np.uint8)[None]
    values = {"alg_type": "repeater", "links": 11, "mux": list(range(47, -1, -1)), "cal": 0x400}

    def calq_of(settings):
        return calq_of_codes(codes, settings.mux, settings.cal, settings.alg_high_density)

    found = calq_of(settings_from(values))
    # 4E3M 5 is 11 in low density (middle of 10..11), half of it is 5.
    assert found[0, 47 - 5] == 5 and found[0, 47] == 0
    dense = settings_from(values | {"alg_high_density": True})
    assert calq_of(dense)[0, 47 - 5] == 22  # (5 << 3) + 4 = 44
