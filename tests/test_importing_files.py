"""Broken and hostile model files: one message, nothing run, nothing written."""

import json
import shutil
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from asicae import cli
from asicae.errors import BadInput
from asicae.imported import open_job
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
    assert str(path) in message and message.isprintable() and len(message) <= 1000


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


def test_an_archive_of_many_entries_is_not_listed(tmp_path: Path) -> None:
    """As many as its size allows: reading their directory alone would take half a minute."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", *[20, 0, 20, 0], *[0] * 7, 1, *[0] * 6) + b"x"
    count = 2_000_000
    directory = entry * count
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(directory), 0, 0)
    path = tmp_path / "many.keras"
    path.write_bytes(directory + end)
    quickly(path, "more than 1024 entries")


@pytest.mark.parametrize("place", [0, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_entries_that_lie_nowhere_are_refused(place: int, tmp_path: Path) -> None:
    """A zip64 extra field moves the first entry to a place beyond all files."""
    data = archive(tmp_path / "model.keras", {"model.weights.h5": b"", "config.json": b"{}"})
    content = bytearray(data.read_bytes())
    at = content.find(b"PK\1\2")
    extra = struct.pack("<HHQ", 1, 8, place)
    content[at + 30 : at + 32] = struct.pack("<H", len(extra))
    content[at + 42 : at + 46] = b"\xff" * 4
    name = at + 46 + len("model.weights.h5")
    content[name:name] = extra
    end = content.find(b"PK\5\6")
    size = int.from_bytes(content[end + 12 : end + 16], "little") + len(extra)
    content[end + 12 : end + 16] = struct.pack("<L", size)
    data.write_bytes(content)
    refused(data, "not a readable HDF5 file" if place == 0 else "not a readable .keras file")


def quickly(path: Path, word: str) -> None:
    """Processor time of this process, so that a busy machine does not count."""
    begin = time.process_time()
    refused(path, word)
    assert time.process_time() - begin < 3


INPUT = {"class_name": "InputLayer", "config": {"name": "a"}, "inbound_nodes": []}


def functional(**config: Any) -> bytes:
    content = {"name": "m", "layers": [INPUT], "output_layers": [["a", 0, 0]]} | config
    return json.dumps({"class_name": "Functional", "config": content}).encode()


def _nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"output_layers": [0] * 900_000}, "has 0 outputs"),
        ({"output_layers": [["a", 0, 0]] * 200_000}, "has 200000 outputs"),
        ({"output_layers": [0] * 2_000_000}, "more than 1048576 values"),
        ({"output_layers": _nested(90)}, "has 0 outputs"),
        ({"output_layers": _nested(120)}, "nested more than 100 deep"),
        ({"layers": [INPUT] * 5000}, "5000 layers, allowed are 4096"),
        (
            {"layers": [INPUT | {"config": {"name": f"n{k}"}} for k in range(4096)]},
            "layer 'a' is not there",
        ),
        (
            {"layers": [INPUT | {"config": {"name": "a", "batch_shape": [1] * 10**6}}]},
            "input shape",
        ),
    ],
)
def test_long_lists_are_read_or_refused_quickly(
    config: dict[str, Any], word: str, tmp_path: Path
) -> None:
    path = archive(tmp_path / "model.keras", entries() | {"config.json": functional(**config)})
    quickly(path, word)


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


def _models(names: list[str]) -> list[Any]:
    config = {"layers": [INPUT], "output_layers": [["a", 0, 0]]}
    return [{"class_name": "Functional", "config": config | {"name": name}} for name in names]


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"output_layers": ["x" * 5000, 0, 0]}, "layer 'xxx.* is not there"),
        ({"output_layers": [["a", 0, 0], ["x" * 5000, 0, 0]]}, "has 2 outputs"),
        ({"layers": _models([f"{n:05}" + "\n" * 90 for n in range(200)])}, "192 more; choose"),
        ({"layers": [INPUT | {"class_name": "x" * 5000}]}, "'a': name or class of"),
        ({"layers": [INPUT | {"class_name": "Evil\n"}]}, r"layer 'a': 'Evil\\n' is no name"),
        ({"layers": [INPUT | {"config": {"name": "\x1b[2J"}}], "output_layers": ["\x1b[2J", 0, 0]},
         r"layer '\\x1b\[2J' \(InputLayer\): input shape"),
    ],
)  # fmt: skip
def test_names_make_short_printable_messages(
    config: dict[str, Any], word: str, tmp_path: Path
) -> None:
    refused(
        archive(tmp_path / "model.keras", entries() | {"config.json": functional(**config)}), word
    )


@pytest.mark.parametrize("word", ["leads out of", "is there 2 times", "is missing"])
def test_names_of_entries_make_short_printable_messages(word: str, tmp_path: Path) -> None:
    long = "\n\x1b" + "x" * 60_000
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as writer:
        if word == "leads out of":
            writer.writestr("../" + long, b"")
        elif word == "is missing":
            writer.writestr(long, b"")
        else:
            writer.writestr(long, b"")
            with pytest.warns(UserWarning):
                writer.writestr(long, b"")
    refused(tmp_path / "model.keras", word)


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


def _repeated_layers(file: h5py.File) -> None:
    names = file["model_weights"].attrs
    del names["layer_names"]
    for part in range(4):  # as Keras splits lists that are too long for one attribute
        names[f"layer_names{part}"] = np.array([b"conv"] * 12_500)


def _many_weights(file: h5py.File) -> None:
    names = file["model_weights/conv"].attrs
    del names["weight_names"]
    for part in range(5):
        names[f"weight_names{part}"] = np.array([b"x"] * 14_000)


def _one_long_text_many_times(file: h5py.File) -> None:
    names = file["model_weights"].attrs
    del names["layer_names"]
    names.create("layer_names", ["x" * 60_000] * 1000, dtype=h5py.string_dtype())


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
        (_repeated_layers, "the weights of layer 'conv' are there 50000 times"),
        (_many_weights, "more than 65536 texts"),
        (_one_long_text_many_times, "model_weights: more than 33554432 characters of text"),
        (
            lambda f: f["model_weights/conv"].attrs.__setitem__(
                "weight_names", ["\n" + "x" * 5000]
            ),
            r"array '.*xxx\.\.\. is named but not there",
        ),
        (
            lambda f: f.create_dataset("x\n\x1b" * 2000, data=np.array([b"text"])),
            r"x \\x1b.*allowed are numbers|x \\x1bx",
        ),
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


def _filled(value: float, kind: str = "f4") -> Callable[[h5py.File], None]:
    return lambda f: _kernel(f, data=np.full((3, 3, 1, 8), value, dtype=kind))


def test_weights_outside_their_type_saturate_as_in_qkeras(tmp_path: Path) -> None:
    found = import_model(edited(tmp_path, _filled(-3.0)))
    assert (found.weights.arrays["conv.kernel"] == -32).all()
    assert (
        "layer 'conv': 72 of 72 values of the kernel lie outside fixed<6,1> and saturate, as in "
        "QKeras; the largest is -3" in found.notes
    )
    inside = import_model(edited(tmp_path, _filled(31.4 / 32)))
    assert (inside.weights.arrays["conv.kernel"] == 31).all()
    assert not any("'conv': 72 of 72 values of the kernel" in note for note in inside.notes)


@pytest.mark.parametrize("value", [2.0**18, 2.0**20, 1e30, 3.4e38])
def test_weights_that_qkeras_itself_loses_are_refused(value: float, tmp_path: Path) -> None:
    """Beside them its x + (q - x) is no longer q; up to there they saturate."""
    if value < 2.0**19:
        found = import_model(edited(tmp_path, _filled(value)))
        assert (found.weights.arrays["conv.kernel"] == 31).all()
    else:
        refused(edited(tmp_path, _filled(value)), "'conv': kernel holds .* QKeras itself, in float")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [1e300, -1e300])
def test_weights_beyond_float32_are_refused(value: float, tmp_path: Path) -> None:
    refused(edited(tmp_path, _filled(value, "f8")), "holds -?1e[+]300, allowed are numbers of")


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

APART = FIXTURES / "qkeras09" / "econ_t_apart.json"


def call(*words: object, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["asicae", *map(str, words)])
    try:
        cli.main()
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0


def files_of(run: Path) -> set[str]:
    return {str(p.relative_to(run)) for p in run.rglob("*") if p.is_file()}


def test_import_makes_a_run_folder_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert call("import", WHOLE, "-o", run, monkeypatch=monkeypatch) == 0
    captured = capsys.readouterr()
    assert "note: the model does not quantise its input" in captured.err
    expected = {"network.json", "weights/imported.npz", "model/econ_t.h5", "provenance.json"}
    assert expected <= files_of(run)
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
    assert len(message) == 2  # the line before tells the step
    assert message[-1].startswith(f"asicae: {tmp_path / 'bad.keras'}: not a readable .keras")
    assert not new.exists()
    call_bad = ("import", WHOLE, "-o", new, "--input", "fixed<99,1>")
    assert call(*call_bad, monkeypatch=monkeypatch) == 2
    assert "99 bits" in capsys.readouterr().err and not new.exists()


@pytest.mark.parametrize("named", [False, True])
def test_an_architecture_and_its_weights_on_the_command_line(
    named: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    model, weights = folder / "enc.json", folder / ("other.h5" if named else "enc.h5")
    shutil.copy(APART, model)
    choice = ["--weights", weights] if named else []
    run = tmp_path / "run"
    # Weights that are missing, or are none, are called by the names that the user gave them.
    assert call("import", model, "-o", run, *choice, monkeypatch=monkeypatch) == 2
    beside = f"{model}: no weights beside it"
    assert (str(weights) if named else beside) in capsys.readouterr().err
    weights.write_bytes(b"no HDF5")
    assert call("import", model, "-o", run, *choice, monkeypatch=monkeypatch) == 2
    assert f"{weights}: not a readable HDF5 file" in capsys.readouterr().err
    assert not run.exists()
    shutil.copy(APART.with_suffix(".h5"), weights)
    assert call("import", model, "-o", run, *choice, monkeypatch=monkeypatch) == 0
    assert {"model/enc.json", f"model/{weights.name}"} <= files_of(run)
    expected = import_model(APART).weights.arrays["conv.kernel"]
    with np.load(run / "weights" / "imported.npz") as stored:
        assert np.array_equal(stored["conv.kernel"], expected)
    # The run needs the user's files no longer.
    shutil.rmtree(folder)
    assert len(open_job(run).weight_sets()) == 1


def test_import_loads_no_tensorflow(tmp_path: Path) -> None:
    program = f"""
import sys
from asicae import cli
sys.argv = ["asicae", "import", {str(WHOLE)!r}, "-o", {str(tmp_path / "run")!r}]
try:
    cli.main()
finally:
    print([name for name in ("tensorflow", "keras", "qkeras", "h5py") if name in sys.modules])
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (tmp_path / "run" / "network.json").is_file(), done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
