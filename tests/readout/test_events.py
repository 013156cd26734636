"""Numbers of events: read where a file has them, kept, and refused where they are none."""

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from asicae.foundation.errors import BadInput
from asicae.readout import conversion
from asicae.readout.options import Options
from asicae.readout.reading import load
from asicae.readout.readouts import EVENT_MAX, concatenate
from asicae.readout.selection import selection_from
from tests.readout.golden_files import TREE, tree_file
from tests.readout.made_up_files import named, tree
from tests.readout.made_up_readouts import assert_equal, readouts, written

NUMBERS = np.arange(20) // 3 * 1_000_000_007


def with_events(path, numbers=NUMBERS, name="event"):
    """A named CSV with one more column."""
    lines = written(readouts(20), path).read_text().splitlines()
    column = [name, *map(str, numbers)]
    path.write_text("\n".join(map(",".join, zip(lines, column, strict=True))) + "\n")
    (path.parent / f"{path.name}.json").unlink(missing_ok=True)
    return path


def test_a_column_is_read_kept_selected_and_joined(tmp_path):
    path = with_events(tmp_path / "a.csv")
    got = load(path)
    assert got.event.dtype == np.int64 and got.event.tolist() == NUMBERS.tolist()
    layers = selection_from(layers="1-20")
    done = conversion.convert([path, path.with_name("*.csv")][:1], tmp_path / "a.npz")
    assert done.modules == 20
    assert_equal(load(tmp_path / "a.npz"), got)
    some = load(tmp_path / "a.npz", selection=layers)
    assert some.event.tolist() == NUMBERS[got.layer <= 20].tolist()
    joined = concatenate([readouts(2), got.select(slice(5, 7))])
    assert joined.event.tolist() == [-1, -1, *NUMBERS[5:7].tolist()]
    table = pa.Table.from_pydict(
        {**pq.read_table(written(readouts(20), tmp_path / "b.parquet")).to_pydict()}
        | {"event": pa.array(NUMBERS, pa.uint64()), "pileup": pa.array([7] * 20, pa.uint64())}
    )
    pq.write_table(table, tmp_path / "c.parquet")
    assert load(tmp_path / "c.parquet").event.tolist() == NUMBERS.tolist()
    assert load(tmp_path / "c.parquet").pileup.tolist() == [7] * 20


def test_files_without_numbers_are_as_they_were(tmp_path):
    written(readouts(20), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as stored:
        assert "event" not in stored
    assert (load(tmp_path / "a.npz").event == -1).all()
    assert (load(written(readouts(20), tmp_path / "a.root")).event == -1).all()


def test_an_entry_of_a_tree_is_an_event(tmp_path):
    assert load(tree(tmp_path / "a.root")).event.tolist() == [n // 2 for n in range(20)]
    assert (load(tree(tmp_path / "b.root", single=True)).event == -1).all()
    counts = [2, 0, 1]
    branches = {
        f"wafer_{name}": ak.unflatten(np.full(3, 1), counts)
        for name in ("layer", "waferu", "waferv", "wafertype", "eta", "simenergy")
    } | {f"wafer_CALQ{i}": ak.unflatten(np.full(3, 7), counts) for i in range(48)}
    numbers = np.array([5, 2**64 - 1, 9], np.uint64)  # that of an entry without modules is not used
    path = tree_file(tmp_path / "c.root", TREE, branches | {"event": numbers})
    assert load(path).event.tolist() == [5, 5, 9]
    path = tree_file(tmp_path / "d.root", TREE, branches | {"event": numbers[[1, 0, 2]]})
    with pytest.raises(
        BadInput, match=r"entry 0, module 0, branch 'event': found .* allowed is an"
    ):
        load(path)
    assert load(path, options=Options(branches={"event": ""})).event.tolist() == [0, 0, 2]
    path = tree_file(tmp_path / "e.root", TREE, branches | {"event": branches["wafer_layer"]})
    with pytest.raises(BadInput, match=r"'event': found type .* one number an entry; without it"):
        load(path)


@pytest.mark.parametrize("text", ["-2", "x", "1.5", "nan", str(EVENT_MAX + 2), "9" * 30])
def test_what_is_no_number_of_an_event_is_refused(text, tmp_path):
    path = with_events(tmp_path / "a.csv", [1] * 11 + [text] + [1] * 8)
    with pytest.raises(BadInput, match=r"row 13, column 'event': found .* -1\.\.9007199254740992"):
        load(path)
    assert (load(named(tmp_path / "b.csv", "entry", text)).event == -1).all()


def test_arrays_that_are_no_numbers_of_events_are_refused(tmp_path):
    sound = readouts(20)
    for event in (NUMBERS[:5], NUMBERS.astype(float), NUMBERS - 2, np.full(20, 2**63, np.uint64)):
        with pytest.raises(BadInput, match="event"):
            type(sound)(**{**vars(sound), "event": event})
        arrays = {n: np.asarray(v) for n, v in vars(sound).items() if n != "source"}
        texts = {"format": "asicae-readouts-1", "cell_order": "ae", "source": ""}
        with np.load(written(sound, tmp_path / "a.npz")) as stored:
            texts = {name: stored[name] for name in texts}
        np.savez(tmp_path / "b.npz", **(arrays | texts | {"event": event}))
        with pytest.raises(BadInput, match="event"):
            load(tmp_path / "b.npz")
