"""Files in chunks: several, globs, twice the same, a pipe."""

import os
import threading

import pytest

from asicae.foundation.errors import BadInput
from asicae.readout.conversion import convert
from asicae.readout.options import (
    Options,
)
from asicae.readout.reading import expand, load, stream
from asicae.readout.readouts import concatenate
from asicae.readout.rejected import Rejected
from tests.readout.made_up_readouts import (
    ENDINGS,
    assert_equal,
    readouts,
    written,
)
from tests.support.command_line import call


def test_chunks_hold_the_same_modules_whatever_their_size(tmp_path):
    ours = readouts(103)
    for ending in ENDINGS:
        path = written(ours, tmp_path / f"a{ending}")
        for chunk in (1, 10, 103, 1000):
            parts = list(stream(path, chunk=chunk))
            assert [len(part) for part in parts[:-1]] == [chunk] * (len(parts) - 1)
            assert_equal(concatenate(parts), ours)
    with pytest.raises(BadInput, match="chunk is 0"):
        list(stream(path, chunk=0))


def test_files_and_globs_come_in_order_and_chunks_end_with_their_file(tmp_path):
    parts = [readouts(5, seed) for seed in range(3)]
    for number, part in enumerate(parts):
        written(part, tmp_path / f"part{number}.npz")
    assert_equal(load(str(tmp_path / "part*.npz")), concatenate(parts))
    paths = [tmp_path / "part2.npz", str(tmp_path / "part[01].npz")]
    assert [len(part) for part in stream(paths, chunk=4)] == [4, 1, 4, 1, 4, 1]
    assert expand(paths)[0] == tmp_path / "part2.npz"
    odd = written(parts[0], tmp_path / "odd[1].npz")
    assert expand(odd) == [odd]
    with pytest.raises(BadInput, match="no file matches"):
        load(str(tmp_path / "none*.csv"))
    with pytest.raises(BadInput, match="no files, allowed is one or more"):
        load([])


def test_a_file_that_is_named_twice_does_not_count_double(tmp_path):
    path = written(readouts(5), tmp_path / "part.npz")
    (tmp_path / "link.npz").symlink_to(path)
    for again in (path, tmp_path / "p*.npz", tmp_path / ".." / tmp_path.name / "part.npz",
                  tmp_path / "link.npz"):  # fmt: skip
        with pytest.raises(BadInput, match=rf"is named twice \(before as {path}\)"):
            load([path, again])


def test_a_pipe_is_read_once(tmp_path):
    text = written(readouts(500), tmp_path / "in.csv").read_bytes()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    thread = threading.Thread(target=pipe.write_bytes, args=(text,))
    thread.start()
    convert(pipe, tmp_path / "o.npz", Options(format="csv"))
    thread.join()
    got = load(tmp_path / "o.npz")
    assert_equal(got, readouts(500))
    assert got.source == "pipe [pipe not a regular file, no hash]"


def test_skipped_files_are_told(tmp_path, capsys):
    good, bad = written(readouts(5), tmp_path / "a.npz"), tmp_path / "b.npz"
    bad.write_text("x")
    assert call("data", "describe", good, bad, "--skip-bad") == 0
    said = capsys.readouterr().out
    assert "left out: 1 x unreadable file" in said and f"left out: {bad}: cannot be read" in said
    assert Rejected(skip=True).lines() == []
