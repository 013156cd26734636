"""Broken and hostile model files: one message, nothing run, nothing written."""

import json
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from asicae import cli
from asicae.errors import BadInput
from asicae.network.importing import hdf5, hdf5_process
from asicae.network.importing.hdf5 import read_hdf5
from asicae.network.importing.importer import import_model

FIXTURES = Path(__file__).parent / "fixtures"
KERAS = FIXTURES / "qkeras_v3" / "conditional.keras"
WHOLE = FIXTURES / "qkeras09" / "econ_t.h5"


def entries() -> dict[str, bytes]:
    with zipfile.ZipFile(KERAS) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in contents.items():
            writer.writestr(name, content)
    return path


def refused(path: Path, word: str) -> None:
    with pytest.raises(BadInput, match=word) as caught:
        import_model(path)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message and len(message) < 500


# --- archives -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../evil.py", "/etc/passwd", "a/../../b", "a\\..\\b", "c:evil"])
def test_paths_that_leave_the_archive_are_refused(name: str, tmp_path: Path) -> None:
    refused(archive(tmp_path / "model.keras", entries() | {name: b"x"}), "leads out of the archive")
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_an_archive_must_hold_what_a_model_needs(tmp_path: Path) -> None:
    contents = entries()
    weights = contents.pop("model.weights.h5")
    refused(archive(tmp_path / "a.keras", contents), "'model.weights.h5' is missing")
    refused(
        archive(tmp_path / "b.keras", {"model.weights.h5": weights}), "'config.json' is missing"
    )
    with pytest.warns(UserWarning), zipfile.ZipFile(tmp_path / "c.keras", "w") as writer:
        for name in ("config.json", "config.json", "model.weights.h5"):
            writer.writestr(name, b"{}")
    refused(tmp_path / "c.keras", "'config.json' is there 2 times")


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = archive(tmp_path / "bomb.keras", entries() | {"config.json": b" " * (17 << 20)})
    assert bomb.stat().st_size < 1 << 20
    refused(bomb, "'config.json' is larger than 16777216 bytes")


def test_other_compressions_and_encryption_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "lzma.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as writer:
        for name, content in entries().items():
            writer.writestr(name, content)
    refused(path, "compression 14 is not allowed")
    data = bytearray(archive(tmp_path / "plain.keras", entries()).read_bytes())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + place] |= 1
            at = data.find(signature, at + 4)
    (tmp_path / "locked.keras").write_bytes(data)
    refused(tmp_path / "locked.keras", "encrypted")


@pytest.mark.parametrize(
    ("config", "word"),
    [
        (b"{", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "no Keras model"),
        (b'{"class_name": "Functional"}', "without layers"),
        (b'{"class_name": "Evil", "config": {}}', "model class 'Evil'"),
        (b'{"class_name": "Functional", "config": {"layers": [3]}}', "without class_name"),
        (b"\xff\xfe{}", "not valid JSON"),
    ],
)
def test_an_architecture_that_is_none(config: bytes, word: str, tmp_path: Path) -> None:
    refused(archive(tmp_path / "model.keras", entries() | {"config.json": config}), word)


@pytest.mark.parametrize("outputs", [["x" * 5000, 0, 0], [["a", 0, 0], ["x" * 5000, 0, 0]]])
def test_long_names_make_short_messages(outputs: list[object], tmp_path: Path) -> None:
    layer = {"class_name": "InputLayer", "config": {"name": "a"}, "inbound_nodes": []}
    config = {"name": "m", "layers": [layer], "output_layers": outputs}
    content = json.dumps({"class_name": "Functional", "config": config}).encode()
    path = archive(tmp_path / "model.keras", entries() | {"config.json": content})
    refused(path, "is not there|has 2 outputs")


def test_models_nested_without_end_are_refused(tmp_path: Path) -> None:
    inner = json.loads(entries()["config.json"])
    for _ in range(12):
        inner = {
            "class_name": "Sequential",
            "config": {"name": "s", "layers": [inner]},
            "name": "s",
        }
    config = json.dumps(inner).encode()
    refused(archive(tmp_path / "deep.keras", entries() | {"config.json": config}), "nested more")


# --- truncated, of another kind, missing ----------------------------------------------------------


@pytest.mark.parametrize("source", [KERAS, WHOLE])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.97])
def test_truncated_files(source: Path, share: float, tmp_path: Path) -> None:
    data = source.read_bytes()
    path = tmp_path / f"cut{source.suffix}"
    path.write_bytes(data[: int(share * len(data))])
    refused(path, "readable|missing|truncated")


def test_files_of_another_kind(tmp_path: Path) -> None:
    for name in ("picture.keras", "picture.h5", "picture.hdf5"):
        (tmp_path / name).write_bytes(b"\x89PNG" + bytes(200))
        refused(tmp_path / name, "not a readable")
    (tmp_path / "model.pb").write_bytes(b"")
    refused(tmp_path / "model.pb", r"ending '\.pb', allowed are \.keras")
    refused(tmp_path / "absent.keras", "cannot be read")


# --- HDF5 -----------------------------------------------------------------------------------------


def edited(tmp_path: Path, change: Callable[[h5py.File], None]) -> Path:
    path = tmp_path / "edited.h5"
    path.write_bytes(WHOLE.read_bytes())
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def _kernel(file: h5py.File, **replacement: object) -> None:
    del file["model_weights/conv/conv/kernel:0"]
    file.create_dataset("model_weights/conv/conv/kernel:0", **replacement)


def _nan(file: h5py.File) -> None:
    file["model_weights/conv/conv/kernel:0"][0, 0, 0, 0] = np.nan


def _external_link(file: h5py.File) -> None:
    del file["model_weights/conv/conv/kernel:0"]
    file["model_weights/conv/conv/kernel:0"] = h5py.ExternalLink("/etc/passwd", "/x")


def _soft_link(file: h5py.File) -> None:
    file["model_weights/again"] = h5py.SoftLink("/model_weights")


def _cycle(file: h5py.File) -> None:
    file["model_weights/again"] = file["model_weights"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (
            lambda f: _kernel(f, shape=(50_000, 50_000), dtype="f4", chunks=(8, 8)),
            "10000000000 byt",
        ),
        (lambda f: _kernel(f, shape=(3, 3, 1, 8, 1), dtype="f4"), "5 dimensions"),
        (lambda f: _kernel(f, data=np.array([b"text"])), r"type \|S4, allowed are numbers"),
        (lambda f: _kernel(f, shape=(2,), dtype=h5py.string_dtype()), "allowed are numbers"),
        (lambda f: _kernel(f, shape=(4,), dtype="f4", external="/etc/passwd"), "in other files"),
        (lambda f: _kernel(f, data=np.zeros((9, 9, 1, 8))), r"shape \(9, 9, 1, 8\)"),
        (_nan, "kernel holds NaN"),
        (_external_link, "a link to elsewhere"),
        (_soft_link, "a link to elsewhere"),
        (_cycle, "16 levels"),
        (lambda f: f.attrs.__delitem__("model_config"), "holds weights only"),
        (lambda f: f.attrs.__setitem__("model_config", np.arange(4)), "expected text"),
        (lambda f: f["model_weights"].__delitem__("conv"), "0 arrays of weights"),
        (lambda f: f["model_weights/conv/conv"].__delitem__("bias:0"), "named but not there"),
    ],
)
def test_hdf5_that_a_model_does_not_need(
    change: Callable[[h5py.File], None], word: str, tmp_path: Path
) -> None:
    refused(edited(tmp_path, change), word)


def test_weights_outside_their_type_saturate_as_in_qkeras(tmp_path: Path) -> None:
    def large(file: h5py.File) -> None:
        file["model_weights/conv/conv/kernel:0"][...] = 1e30

    found = import_model(edited(tmp_path, large))
    assert (found.weights.arrays["conv.kernel"] == 31).all()


@pytest.mark.parametrize(
    ("program", "word"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", r"library failed.*-11"),
        ("import time; time.sleep(60)", "took over 4 s"),
        ("print('no answer')", "no usable answer"),
        ("raise MemoryError", "library failed"),
    ],
)
def test_a_reader_that_breaks_is_one_message(
    program: str, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "reader.py"
    script.write_text(program)
    monkeypatch.setattr(hdf5_process, "__file__", str(script))
    with pytest.raises(BadInput, match=word):
        read_hdf5(WHOLE.read_bytes(), "model.h5")


def test_the_reader_loads_no_filter_plugins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dataset with a filter that is not built in names it, whatever the environment offers."""
    monkeypatch.setenv("HDF5_PLUGIN_PATH", str(tmp_path))
    path = edited(tmp_path, lambda f: _kernel(f, data=np.ones((4, 4), "f4"), compression="gzip"))
    data = path.read_bytes()
    # The filter message of the dataset: identification 1 (deflate), then its name's length.
    at = data.find(struct.pack("<HH", 1, 8) + b"\x01\x00\x01\x00deflate")
    assert at > 0
    patched = data[:at] + struct.pack("<H", 32001) + data[at + 2 :]
    with pytest.raises(BadInput, match="filter 32001, allowed are deflate"):
        read_hdf5(patched, "model.h5")


def test_limits_are_there() -> None:
    assert hdf5.TIMEOUT_SECONDS < 5 and hdf5_process.CPU_SECONDS < 5


# --- command line ---------------------------------------------------------------------------------


def call(*words: object, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["asicae", *map(str, words)])
    try:
        cli.main()
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0


def test_import_makes_a_run_folder_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert call("import", WHOLE, "-o", run, monkeypatch=monkeypatch) == 0
    captured = capsys.readouterr()
    assert "note: the model does not quantise its input" in captured.err
    files = sorted(str(p.relative_to(run)) for p in run.rglob("*") if p.is_file())
    assert {"network.json", "weights/imported.npz", "model/econ_t.h5", "provenance.json"} <= set(
        files
    )
    assert json.loads((run / "metrics.json").read_text())["weights.parameters"] == 2144
    # The same import goes on; another into the same folder is refused.
    assert call("import", WHOLE, "-o", run, monkeypatch=monkeypatch) == 0
    assert call("import", KERAS, "-o", run, monkeypatch=monkeypatch) == 2
    assert call("train", run, monkeypatch=monkeypatch) == 2
    assert call("evaluate", run, monkeypatch=monkeypatch) == 2
    assert "has no stage 'evaluate'" in capsys.readouterr().err

    (tmp_path / "bad.keras").write_bytes(b"PK")
    new = tmp_path / "new"
    assert call("import", tmp_path / "bad.keras", "-o", new, monkeypatch=monkeypatch) == 2
    message = capsys.readouterr().err.strip().splitlines()
    assert len(message) == 2 and "bad.keras" in message[-1]  # the line before tells the step
    assert not new.exists()
    call_bad = ("import", WHOLE, "-o", new, "--input", "fixed<99,1>")
    assert call(*call_bad, monkeypatch=monkeypatch) == 2
    assert "99 bits" in capsys.readouterr().err and not new.exists()
