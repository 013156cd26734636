"""What holds for every file format of readouts; a format goes through by being in the table.

A format that is written needs nothing here. One that is only read needs a file of it: ``SAMPLES``.
"""

import dataclasses
import gzip
from collections import Counter

import numpy as np
import pytest

from asicae.foundation import files
from asicae.foundation.errors import BadInput
from asicae.module.geometry import ORDERS
from asicae.readout import format_table
from asicae.readout.conversion import convert, save
from asicae.readout.format import Format
from asicae.readout.options import Options, Place
from asicae.readout.reading import load, stream
from asicae.readout.readouts import COLUMNS, EVENT_MAX, Readouts, concatenate
from asicae.readout.rejected import Rejected
from asicae.readout.selection import selection_from
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from tests.readout.made_up_files import WORDS
from tests.readout.made_up_readouts import assert_equal, readouts
from tests.support.command_line import call

PLACE = Place(layer=9, wafer_u=3, wafer_v=-2, wafer_type=1)
ROWS = 150
LATE = 90
"""The first row whose event is known."""


def rows_of_numbers(header, width, largest):
    """Text of rows with as many fields as a format has."""
    numbers = np.random.default_rng(4).integers(0, largest, (ROWS, width))
    lines = [",".join(map(str, row)) for row in numbers.tolist()]
    return "\n".join([*header, *lines, ""]).encode()


SAMPLES = {
    "plain-csv": (rows_of_numbers([], 48, 1 << 22), Options(place=PLACE)),
    "capture": (rows_of_numbers([WORDS], 12, 1 << 28), Options(place=PLACE, order="ae")),
}
"""Format that is only read -> bytes of a file of it, and what the file does not say."""


@dataclasses.dataclass(frozen=True)
class Case:
    """A format, one of its endings, and a file with it."""

    name: str
    ending: str
    options: Options
    content: bytes
    ours: Readouts | None

    @property
    def kind(self) -> Format:
        return format_table.formats()[self.name]

    def write(self, folder, content=None):
        path = folder / f"a{self.ending}"
        path.write_bytes(self.content if content is None else content)
        return path


def cases():
    """Every format of the table with each of its endings."""
    return [(n, end) for n, kind in format_table.formats().items() for end in kind.endings]


def case_of(name, ending, folder):
    """A format and an ending with a file of it, made once in ``folder``."""
    if not format_table.formats()[name].writers:
        content, options = SAMPLES[name]
        packed = gzip.compress(content) if ending.endswith(".gz") else content
        return Case(name, ending, options, packed, None)
    rows = np.arange(ROWS)
    late = np.where(rows < LATE, -1, rows // 3)
    ours = dataclasses.replace(readouts(ROWS), partial=rows % 7 == 0, event=late)
    path = save(ours, folder / f"{name}{ending}", force=True)
    return Case(name, ending, Options(), path.read_bytes(), ours)


def extreme_readouts():
    """Modules with each column at the ends of its range."""
    calq = np.zeros((4, 48), np.int32)
    calq[1], calq[2, ::7] = (1 << 22) - 1, np.arange(1, 8)
    columns = {
        name: np.array([low, high, low, high]).astype(dtype)
        for name, (dtype, _, low, high) in COLUMNS.items()
    }
    columns["high_density"] = columns["wafer_type"] == 0
    return Readouts(
        calq,
        **columns,
        partial=np.array([False, True, True, False]),
        event=np.array([-1, 0, EVENT_MAX, 5]),
        source='a "b", µ',
    )


class Watched:
    """Options that remember which of them were looked at."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.seen: set[str] = set()

    def __getattr__(self, name):
        self.seen.add("branches" if name == "branch" else name)
        return getattr(self._options, name)


class FormatSuite:
    """Inherited by a class whose fixture ``case`` says which formats."""

    def test_the_row_of_the_table_fits_the_others(self, case):
        kind = case.kind
        assert case.name in format_table.names() and kind.family in ("", *format_table.names())
        assert case.ending in format_table.endings() and case.ending.startswith(".")
        assert set(kind.writers) <= set(kind.endings)
        assert kind.understands <= {field.name for field in dataclasses.fields(Options)}
        same = [row for row in format_table.formats().values() if case.ending in row.endings]
        assert sum(row.claims is None for row in same) == 1
        assert {row.opened for row in same} == {kind.opened}
        assert len(same) == 1 or {row.family for row in same} == {kind.family} != {""}
        assert max(Counter(format_table.written_endings()).values()) == 1

    def test_a_file_is_told_by_its_ending_and_contents(self, case, tmp_path):
        path = case.write(tmp_path)
        with format_table.opened(path, None) as (kind, _):
            assert kind is case.kind
        for name in filter(None, (case.name, case.kind.family)):
            named = dataclasses.replace(case.options, format=name)
            assert_equal(load(path, options=named), load(path, options=case.options))

    def test_it_looks_at_the_options_that_it_says(self, case, tmp_path):
        watched = Watched(case.options)
        with format_table.opened(case.write(tmp_path), None) as (kind, file):
            assert sum(len(part.readouts) for part in kind.read(file, watched, Rejected())) == ROWS
        assert watched.seen == kind.understands

    def test_what_it_cannot_select_by_is_refused(self, case, tmp_path):
        chosen = selection_from(min_signal_fraction=0.5)
        try:
            list(stream(case.write(tmp_path), case.options, chosen))
        except BadInput as error:
            assert_one_line(error, tmp_path)
        else:
            assert "signal_fraction" in case.kind.understands

    @pytest.mark.parametrize("chunk", [1, 7, ROWS, 10_000])
    def test_chunks_of_any_size_hold_the_same_modules(self, case, tmp_path, chunk):
        path = case.write(tmp_path)
        parts = list(stream(path, case.options, chunk=chunk))
        assert [len(part) for part in parts[:-1]] == [chunk] * (len(parts) - 1)
        assert_equal(concatenate(parts), load(path, options=case.options))
        assert sum(map(len, parts)) == ROWS

    def test_only_selected_modules_are_kept(self, case, tmp_path):
        path = case.write(tmp_path)
        every = load(path, options=case.options)
        keep = every.layer <= 20
        part = stream(path, case.options, selection_from("1-20"), chunk=11)
        assert_equal(concatenate(list(part)), every.select(keep))

    def test_cells_come_in_the_order_that_is_recorded_or_asked_for(self, case, tmp_path):
        path = case.write(tmp_path)
        got = []
        for order in ORDERS:
            try:
                got.append(load(path, order, options=dataclasses.replace(case.options, order=None)))
            except BadInput as error:
                assert "was asked for" in str(error) and case.ours is not None
        if case.ours is None:
            assert not np.array_equal(got[0].calq, got[1].calq)
        for mine in got:
            assert np.array_equal(np.sort(mine.calq), np.sort(got[0].calq))

    def test_garbage_is_named_in_one_line(self, case, tmp_path):
        noise = np.random.default_rng(2).integers(0, 256, 5000, np.uint8).tobytes()
        for content in (b"", b"\0" * 4096, noise, noise[:3], case.content[:1] + noise):
            path = case.write(tmp_path, content)
            with pytest.raises(BadInput) as error:
                load(path, options=case.options)
            assert_one_line(error.value, tmp_path)
            with pytest.raises(BadInput, match="no modules are left"):
                list(stream(path, case.options, rejected=Rejected(skip=True)))

    @pytest.mark.parametrize("kept", [0.01, 0.3, 0.6, 0.9, 0.999])
    def test_a_file_that_breaks_off_gives_an_error_or_its_first_modules(self, case, tmp_path, kept):
        whole = load(case.write(tmp_path), options=case.options)
        path = case.write(tmp_path, case.content[: int(kept * len(case.content))])
        rejected = Rejected(skip=True)
        try:
            got = concatenate(list(stream(path, case.options, rejected=rejected)))
        except BadInput as error:
            assert_one_line(error, tmp_path)
            return
        sure = slice(0, len(got) - 1)  # the last number of the last line may be cut
        assert_equal(got.select(sure), whole.select(sure))

    @pytest.mark.parametrize("place", [0.05, 0.4, 0.8])
    def test_a_damaged_file_gives_an_error_or_modules(self, case, tmp_path, place):
        content = bytearray(case.content)
        begin = int(place * len(content))
        content[begin : begin + 64] = bytes(64)
        path = case.write(tmp_path, bytes(content))
        for skip in (False, True):
            try:
                list(stream(path, case.options, rejected=Rejected(skip=skip)))
            except BadInput as error:
                assert_one_line(error, tmp_path)

    def test_a_file_that_is_absent_or_a_folder_is_named(self, case, tmp_path):
        path = tmp_path / f"b{case.ending}"
        with pytest.raises(BadInput, match="cannot be read") as error:
            load(path, options=case.options)
        assert_one_line(error.value, tmp_path)
        path.mkdir()
        with pytest.raises(BadInput, match="is a folder, allowed are files and globs"):
            load(path, options=case.options)

    def test_what_is_read_can_be_converted_with_its_source(self, case, tmp_path):
        path = case.write(tmp_path)
        done = convert(path, tmp_path / "o.npz", case.options)
        assert done.modules == ROWS
        assert_equal(load(done.out), load(path, options=case.options))
        assert f"[{path.name} sha256:{files.sha256(path)}]" in load(done.out).source


class WriterSuite:
    """The same for formats that are written."""

    @pytest.mark.parametrize("ours", [readouts(3), extreme_readouts()], ids=["usual", "extreme"])
    def test_round_trips_lose_nothing(self, written, tmp_path, ours):
        path = save(ours, tmp_path / f"a{written.ending}")
        back = load(path)
        assert_equal(back, ours)
        assert back.source == ours.source
        again = tmp_path / f"b{written.ending}"
        convert(path, again)
        assert_equal(load(again), ours)

    def test_what_it_records_refuses_another_order(self, written, tmp_path):
        path = save(written.ours, tmp_path / f"a{written.ending}")
        refused = 0
        for order in ORDERS:
            try:
                assert_equal(load(path, order), written.ours)
            except BadInput as error:
                assert f"but {order!r} was asked for" in str(error)
                refused += 1
        assert refused >= 1

    @pytest.mark.parametrize("step", [1, 37, ROWS])
    def test_modules_may_be_added_in_pieces(self, written, tmp_path, step):
        path = tmp_path / f"a{written.ending}"
        writer = written.kind.writers[written.ending](path)
        for first in range(0, ROWS, step):
            writer.add(written.ours.select(slice(first, first + step)))
        writer.finish("made up")
        writer.close()
        assert_equal(load(path), written.ours)

    def test_what_is_not_finished_leaves_nothing(self, written, tmp_path, monkeypatch):
        def broken(*_arguments, **_options):
            yield written.ours
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("asicae.readout.conversion.stream", broken)
        with pytest.raises(OSError, match="No space left"):
            convert("x", tmp_path / "o" / f"a{written.ending}")
        assert list(tmp_path.iterdir()) == []

    def test_the_source_is_written_by_the_command_line(self, written, tmp_path):
        path = tmp_path / f"s{written.ending}"
        assert call("data", "simulate", "--events", 40, "--partial", "-o", path) == 0
        settings = SourceSettings(events=40, partial=True)
        assert_equal(load(path), simulate(settings))
        assert load(path).source == f"asicae source {settings.model_dump_json()}"
        assert call("data", "simulate", "--events", 40, "-o", path) == 2


def assert_one_line(error, folder):
    message = str(error)
    assert "\n" not in message and str(folder) in message and len(message) < 500, message
