"""A library as files: packed, back with the same bytes, compared; refused where it is damaged."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.chip.weight_files.files import write_image
from asicae.library.record import LIBRARY_FILE, LibraryRecord
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.runs.encoders import NETWORK
from tests.library.made_up_library import MODULES, NETWORK_OF_ALL, SEEDS, made_up
from tests.support.command_line import call
from tests.support.tiny_network import TINY, parsed


def files(folder: Path) -> dict[str, bytes]:
    every = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in every}


def test_a_packed_library_comes_back_with_the_same_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, packed, back = made_up(tmp_path / "made"), tmp_path / "packed", tmp_path / "back"
    assert call("weights", "pack", made, "-o", packed) == 0
    images = {f"{name}{ending}" for name in SEEDS for ending in (".bin", ".yaml", ".csv")}
    assert files(packed).keys() == {LIBRARY_FILE, NETWORK, *images}
    assert call("weights", "unpack", packed, "-o", back) == 0
    assert files(back) == files(made)
    assert capsys.readouterr().out.splitlines()[-1] == f"{back}: 3 sets of network two-layers"
    for words in (("pack", made, "-o", packed), ("unpack", packed, "-o", back)):
        assert call("weights", *words) == 2
        assert call("weights", *words, "--force") == 0
    assert call("weights", "pack", made, "-o", packed, "--force", "--set", 1) == 0
    assert (packed / "all.set1.csv").is_file()
    assert call("weights", "unpack", packed, "-o", back, "--force") == 0
    assert call("weights", "diff", made, packed) == 0
    # What host and kit would load differs then.
    other = Encoder.random(NETWORK_OF_ALL, 77)
    for path in write_image(tmp_path / "other", "all", other, weight_set=1):
        if path.suffix != ".yaml":
            kept = (packed / path.name).read_bytes()
            shutil.copy(path, packed / path.name)
            capsys.readouterr()
            assert call("weights", "unpack", packed, "-o", tmp_path / "none") == 2
            assert "another weight set than that of all.yaml" in capsys.readouterr().err
            (packed / path.name).write_bytes(kept)


def test_what_differs_is_told_in_words_and_bits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = made_up(tmp_path / "first")
    modules = MODULES | {"all": ("9,3,-2",), "new": ("9,4,-2",)}
    second = made_up(tmp_path / "second", SEEDS | {"new": 9}, modules)
    entry = json.loads((second / LIBRARY_FILE).read_text())
    weights = Weights.load(second / "weights/dense.npz", NETWORK_OF_ALL)
    kernel = weights.arrays["dense.kernel"].copy()
    place = tuple(np.argwhere(kernel >= 0)[0])
    kernel[place] ^= 0b11
    changed = Weights.checked(NETWORK_OF_ALL, weights.arrays | {"dense.kernel": kernel})
    del entry["sets"][list(SEEDS).index("broken")]
    rewritten(second, "dense", changed, entry)
    assert call("weights", "diff", first, second) == 1
    words = sum(parameter.count for parameter in NETWORK_OF_ALL.parameters)
    assert capsys.readouterr().out.splitlines() == [
        f"set broken: only in {first}",
        f"set new: only in {second}",
        f"set dense: 1 of {words} words differ, 2 of {NETWORK_OF_ALL.weight_bits} bits",
        "1 of 4 sets are equal",
        "2 modules get another set, or one in one library only",
    ]
    assert call("weights", "diff", first, first) == 0


def rewritten(folder: Path, name: str, weights: Weights, content: dict[str, Any]) -> None:
    """A set of a library exchanged, its record as if it had been made so."""
    from asicae.library.stored import entry_of

    for place, entry in enumerate(content["sets"]):
        if entry["name"] == name:
            made = entry_of(name, "", 2, "", entry["modules"], Encoder(NETWORK_OF_ALL, weights))
            content["sets"][place] = made.model_dump(mode="json")
            weights.save(folder / made.file)
    (folder / LIBRARY_FILE).write_text(json.dumps(content))


Change = Callable[[Path, dict[str, Any]], object]
WEIGHTS = "weights/dense.npz"
DAMAGES: dict[str, tuple[Change, str]] = {
    "another set's file": (
        lambda folder, record: shutil.copy(folder / "weights/all.npz", folder / WEIGHTS),
        "dense.npz: weight set of SHA-256 ",
    ),
    "another digest": (
        lambda folder, record: record["sets"][1].update(sha256="0" * 64),
        "library.json has 0000000000000000... for set dense",
    ),
    "another CRC": (
        lambda folder, record: record["sets"][1].update(crc32="0x00000000"),
        "set dense: crc32 is 0x00000000, that of its image is 0x",
    ),
    "another network": (
        lambda folder, record: parsed(TINY).save(folder / NETWORK),
        "network tiny with design hash",
    ),
    "a network of the same name": (
        lambda folder, record: NETWORK_OF_ALL.model_copy(update={"masked_cells": (3,)}).save(
            folder / NETWORK
        ),
        "network two-layers with design hash",
    ),
    "a module with two sets": (
        lambda folder, record: record["sets"][2].update(modules=["5,2,2", "11,1,1"]),
        "module 11,1,1 has sets dense and broken for 2 links, one is allowed",
    ),
    "a module twice": (
        lambda folder, record: record["sets"][2].update(modules=["5,2,2", "5,2,2"]),
        "module 5,2,2 has sets broken and broken",
    ),
    "a module by another word": (
        lambda folder, record: record["sets"][2].update(modules=["5,2,2", "05,2,2"]),
        "'05,2,2' is no module, allowed is LAYER,U,V",
    ),
    "a set twice": (
        lambda folder, record: record["sets"].append(record["sets"][0]),
        "set all stands 2 times",
    ),
    "a missing file": (
        lambda folder, record: (folder / WEIGHTS).unlink(),
        "dense.npz: no such file, library.json has set dense",
    ),
    "a missing network": (
        lambda folder, record: (folder / NETWORK).unlink(),
        "network.json: no such file",
    ),
    "a file elsewhere": (
        lambda folder, record: record["sets"][1].update(file="../dense.npz"),
        "file is '../dense.npz', allowed is 'weights/dense.npz'",
    ),
    "a name of a path": (
        lambda folder, record: record["sets"][1].update(name="../dense"),
        "sets.1.name: found '../dense'",
    ),
    "too many links": (
        lambda folder, record: record["sets"][1].update(links=6),
        "links is 6, allowed are 1 to 5",
    ),
    "no sets": (lambda folder, record: record.update(sets=[]), "sets: found ()"),
    "another format": (lambda folder, record: record.update(format="x"), "format: found 'x'"),
    "an unknown key": (lambda folder, record: record.update(pickle="x"), "allowed are format"),
    "a link": (
        lambda folder, record: (
            (folder / WEIGHTS).rename(folder / "elsewhere"),
            (folder / WEIGHTS).symlink_to(folder / "elsewhere"),
        ),
        "dense.npz: is a link",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_library_is_refused_in_one_line(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = made_up(tmp_path / "made"), tmp_path / "out"
    record = json.loads((folder / LIBRARY_FILE).read_text())
    change, words = DAMAGES[damage]
    change(folder, record)
    (folder / LIBRARY_FILE).write_text(json.dumps(record))
    assert call("weights", "pack", folder, "-o", out) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line and str(folder) in line
    assert not out.exists()


def test_folders_go_with_folders_and_bring_their_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made_up(tmp_path / "made")
    other = made_up(tmp_path / "other", {"all": 1}, network=parsed(TINY))
    for words, told in (
        (("diff", folder, folder / WEIGHTS), f"{folder / WEIGHTS}: no folder"),
        (("diff", folder, folder, "-n", "small"), "--network: not with a library"),
        (("diff", folder, other), "only libraries of one network are compared"),
        (("pack", tmp_path, "-o", tmp_path / "out"), "no library of weight sets"),
        (("unpack", folder, "-o", tmp_path / "out"), "all.yaml: no such file"),
    ):
        assert call("weights", *words) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert told in line
    assert not (tmp_path / "out").exists()


def test_the_same_module_may_have_a_set_for_each_number_of_links_and_running(
    tmp_path: Path,
) -> None:
    folder = made_up(tmp_path / "made")
    record = LibraryRecord.load(folder / LIBRARY_FILE)
    first = record.sets[0]
    for change in ({"links": 3}, {"when": "pileup 140"}):
        again = first.model_copy(update={"name": "again", "file": "weights/again.npz", **change})
        found = LibraryRecord(**dict(record) | {"sets": (*record.sets, again)})
        assert found.owners()[again.when, again.links, "9,3,-2"] == "again"
        assert found.owners()["", 2, "9,3,-2"] == "all"
