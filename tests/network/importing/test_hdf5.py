"""HDF5 of model files: broken, hostile, or with weights that their types do not hold."""

import itertools
import struct
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from asicae.foundation.errors import BadInput
from asicae.network.importing import hdf5, hdf5_process
from asicae.network.importing.hdf5 import read_hdf5
from asicae.network.importing.importer import import_model
from tests.support.made_up_models import WHOLE, refused


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


@pytest.mark.parametrize("value", [2.0**18, float(np.nextafter(np.float32(2**19), np.float32(0)))])
def test_weights_far_outside_their_type_saturate(value: float, tmp_path: Path) -> None:
    found = import_model(edited(tmp_path, _filled(value)))
    assert (found.weights.arrays["conv.kernel"] == 31).all()


@pytest.mark.parametrize("value", [2.0**20, 1e30, 3.4e38])
def test_weights_that_qkeras_itself_loses_are_refused(value: float, tmp_path: Path) -> None:
    """Beside them its x + (q - x) is no longer q."""
    refused(edited(tmp_path, _filled(value)), "'conv': kernel holds .* QKeras itself, in float")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [1e300, -1e300])
def test_weights_beyond_float32_are_refused(value: float, tmp_path: Path) -> None:
    refused(edited(tmp_path, _filled(value, "f8")), "holds -?1e[+]300, allowed are numbers of")


@pytest.mark.parametrize(
    ("program", "word"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", r"library failed.*-11"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "took over 20 s of processor"),
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


def _limited(tmp_path: Path, program: str) -> str:
    """A reader that brings itself under the limits of the real one, and then runs ``program``."""
    script = tmp_path / "reader.py"
    script.write_text(f"""
import resource, sys
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("reader", {hdf5_process.__file__!r})
reader = module_from_spec(spec)
spec.loader.exec_module(reader)
reader.limit(*map(int, sys.argv[1:]))
{program}
""")
    return str(script)


@pytest.mark.parametrize(
    ("program", "limits", "word"),
    [
        ("while True: pass", {"CPU_SECONDS": 1}, "took over 1 s of processor time and was ended"),
        ("bytearray(256 << 20)", {"MEMORY_BYTES": 64 << 20}, r"library failed on it \(status 1\)"),
        (
            "with open(OWNED, 'w') as file: file.write('x')",
            {},
            r"library failed on it \(status 1\)",
        ),
    ],
)
def test_the_reader_is_bounded_by_its_work(
    program: str,
    limits: dict[str, int],
    word: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owned = tmp_path / "owned"
    script = _limited(tmp_path, f"OWNED = {str(owned)!r}\n{program}")
    monkeypatch.setattr(hdf5_process, "__file__", script)
    for name, value in limits.items():
        monkeypatch.setattr(hdf5, name, value)
    with pytest.raises(BadInput, match=word):
        read_hdf5(WHOLE.read_bytes(), "model.h5")
    assert not owned.exists() or not owned.read_bytes()


def test_a_limit_that_is_lower_already_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "print(resource.getrlimit(resource.RLIMIT_AS), file=sys.stderr); sys.exit(3)"
    script = _limited(tmp_path, f"reader.limit(9, 5 << 30); {told}")
    monkeypatch.setattr(hdf5_process, "__file__", script)
    with pytest.raises(BadInput, match=rf"\({3 << 30}, {3 << 30}\)"):
        read_hdf5(WHOLE.read_bytes(), "model.h5")


def test_a_busy_machine_makes_no_good_file_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much of the clock's time goes by, here an hour at every look at it."""
    hours = itertools.count(step=3600.0)
    for clock in ("subprocess._time", "time.monotonic", "time.perf_counter"):
        monkeypatch.setattr(clock, lambda: next(hours))
    assert read_hdf5(WHOLE.read_bytes(), "model.h5").datasets
