"""Stored evaluations and histories: their bytes, what comes back, what is refused."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.foundation.archives import write_npz
from asicae.foundation.errors import BadInput
from asicae.training.history import Epoch, read_history, write_history
from asicae.training.record import EvaluationRecord, evaluation_file

SHA256 = "2fb47daf2d70243f9c6c5be4c82a37ef55ed5aedbfc1e079b23395bcde566a39"
"""Of names and contents of the arrays below, as the kit has always written them."""


def made(**changes: Any) -> EvaluationRecord:
    cells = np.arange(3 * 48, dtype=np.int32).reshape(3, 48)
    cells[1] = 0
    arrays: dict[str, Any] = {
        "calq": cells,
        "reference": cells + 1,
        "latents": np.arange(12, dtype=np.uint16).reshape(3, 4),
        "sums": np.arange(3, dtype=np.uint16),
        "reconstructed": (cells * 2).astype(np.float32),
        "emd": np.array([0.5, np.nan, 1.25]),
        "kept": np.array([True, False, True]),
    }
    return EvaluationRecord(**arrays | changes)


def unpacked_hash(path: Path) -> str:
    """Hash of what is in an archive: packed bytes depend on the version of zlib."""
    found = hashlib.sha256()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            found.update(name.encode() + archive.read(name))
    return found.hexdigest()


def test_an_evaluation_comes_back_and_its_file_is_the_same_to_the_byte(tmp_path: Path) -> None:
    record = made()
    path = record.save(tmp_path / evaluation_file(2))
    assert path.name == "autoencoder_2links.npz"
    assert unpacked_hash(path) == SHA256
    back = EvaluationRecord.load(path)
    for name, array in vars(record).items():
        found = getattr(back, name)
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)
    assert back.distances.tolist() == [0.5, 1.25]
    assert back.hottest_cell_ratios.tolist() == [2 * 47 / 48, 2 * 143 / 144]
    with np.load(path) as stored:
        assert stored["cell_order"] == "ae"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"emd": np.array([0.5, np.inf, 1.25])}, "array 'emd' holds NaN or infinity"),
        ({"reconstructed": np.full((3, 48), np.nan)}, "array 'reconstructed' holds NaN"),
        ({"sums": np.zeros(2, np.uint16)}, "arrays of .*'sums': 2"),
        ({"latents": np.zeros((3, 4))}, "array 'latents' has type float64"),
    ],
)
def test_another_content_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = made(**changes).save(tmp_path / "made.npz")
    with pytest.raises(BadInput, match=rf"made\.npz: {message}"):
        EvaluationRecord.load(path)


def test_a_missing_array_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="array 'calq' is missing"):
        EvaluationRecord.load(write_npz(tmp_path / "made.npz", {"emd": np.zeros(2)}))


def test_a_history_comes_back(tmp_path: Path) -> None:
    epochs = [Epoch(1, 2.5, 2.25, 0.01, 0.125), Epoch(2, 1.5, 1 / 3, 1e-05, 3.0, 1)]
    path = write_history(tmp_path / "history.csv", {"5links": epochs, "2links": epochs[:1]})
    assert path.read_text() == (
        "set,epoch,train_loss,validation_loss,learning_rate,seconds,dead\n"
        "5links,1,2.5,2.25,0.01,0.125,0\n"
        "5links,2,1.5,0.3333333333333333,1e-05,3.0,1\n"
        "2links,1,2.5,2.25,0.01,0.125,0\n"
    )
    assert read_history(path) == {"5links": epochs, "2links": epochs[:1]}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("5links,1,2.5,much,0.01,0.1,0", "row 1: found .*much"),
        ("5links,1,2.5", "row 1: found"),
        ("5links", "row 1: found"),
        ("5links,1,2.5,2.5,0.1,0.1,7", "row 1: found"),
        ("5links,1,2.5,2.5,0.1,0.1,0,7", "row 1: found"),
        ("", "row 1: found"),
        ("5links,1,2.5,2.5,0.1,0," + "1" * 200_000, "not valid CSV"),
    ],
)
def test_a_row_that_is_none_is_named(row: str, message: str, tmp_path: Path) -> None:
    path = write_history(tmp_path / "history.csv", {})
    path.write_text(f"{path.read_text()}{row}\n")
    with pytest.raises(BadInput, match=rf"history\.csv: {message}"):
        read_history(path)
    path.write_text("epoch,loss\n")
    with pytest.raises(
        BadInput, match=r"history\.csv: columns \['epoch', 'loss'\], allowed are set"
    ):
        read_history(path)
