"""No command writes through a link: a link that is replaced is replaced itself."""

from collections.abc import Callable
from pathlib import Path

import pytest

from asicae.network.named import network_of
from asicae.network.weights import Weights
from tests.support.command_line import call
from tests.support.made_up_models import WHOLE
from tests.support.places import SAMPLE

WRITING = {
    "data simulate -o {out} --events 3": "out.npz",
    "data convert {sample} -o {out}": "out.csv.gz",
    "encode {sample} -o {out} --algorithm best_choice --links 5": "out.npz",
    "weights unpack {packed}/weights.bin -o {out} -n small": "out.npz",
    "weights pack {weights} -o {folder} -n small": "folder/weights.bin",
    "data describe {sample} --picture {out}": "out.svg",
    "export-rtl -o {out}": "out",
    "import {model} -o {out}": "out",
}
"""Commands that write, and what is a link before."""
TARGETS: dict[str, Callable[[Path], object]] = {
    "file": lambda path: path.write_text("mine"),
    "folder": lambda path: (path.mkdir(), (path / "file").write_text("mine")),
    "nothing": lambda path: None,
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("links")
    weights = Weights.random(network_of("small"), 1).save(folder / "weights.npz")
    packed = folder / "packed"
    assert call("weights", "pack", weights, "-o", packed, "-n", "small") == 0
    return {
        "sample": str(SAMPLE), "model": str(WHOLE), "weights": str(weights), "packed": str(packed)
    }  # fmt: skip


def _content(folder: Path) -> dict[str, bytes | None]:
    return {str(p): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("words", WRITING)
def test_the_target_of_a_link_stays(
    words: str, target: str, places: dict[str, str], tmp_path: Path
) -> None:
    elsewhere, work = tmp_path / "elsewhere", tmp_path / "work"
    elsewhere.mkdir()
    TARGETS[target](elsewhere / "target")
    before = _content(elsewhere)
    out = work / WRITING[words]
    out.parent.mkdir(parents=True)
    out.symlink_to(elsewhere / "target")
    names = places | {"out": str(out), "folder": str(out.parent)}
    given = [word.format_map(names) for word in words.split()]
    assert call(*given) == 2
    assert out.is_symlink() and _content(elsewhere) == before
    code = call(*given, "--force")
    assert code in (0, 2) and _content(elsewhere) == before
    # Replaced as a whole, or refused and left.
    assert out.is_symlink() == (code == 2)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("linked") / "run"
    assert call("import", WHOLE, "-o", run) == 0
    return run


@pytest.mark.parametrize("name", ["weights", "stages", "network.json", "weights/imported.npz"])
def test_a_link_in_a_run_folder_is_refused(
    run: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved, entry = tmp_path / "moved", run / name
    entry.rename(moved)
    entry.symlink_to(moved)
    before = _content(tmp_path)
    capsys.readouterr()
    for words in (("report", run), ("import", WHOLE, "-o", run, "--force"), ("evaluate", run)):
        assert call(*words) == 2
        assert f"asicae: {entry}: is a link" in capsys.readouterr().err
        assert entry.is_symlink() and _content(tmp_path) == before
    entry.unlink()
    moved.rename(entry)
