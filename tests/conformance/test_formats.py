"""Every format of the table through its suite, and a toy that one file adds to the table."""

from pathlib import Path

import pytest

from asicae.foundation.assets import PACKAGE
from asicae.foundation.errors import BadInput
from asicae.foundation.import_closure import installed
from asicae.readout import format_table, formats
from asicae.readout.conversion import save
from asicae.readout.options import Options
from asicae.readout.reading import load, stream
from tests.conformance.formats.suite import FormatSuite, WriterSuite, case_of, cases
from tests.readout.made_up_readouts import assert_equal, readouts
from tests.support.command_line import call

TOYS = Path(__file__).parent / "formats" / "toy"
TOY = ("json-lines", ".jsonl")
BUILT_IN = tuple(formats.__path__)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("formats")


class TestEveryFormat(FormatSuite):
    @pytest.fixture(params=cases(), ids=" ".join)
    def case(self, request, folder):
        return case_of(*request.param, folder)


class TestEveryWrittenFormat(WriterSuite):
    @pytest.fixture(
        params=[(n, end) for n, end in cases() if end in format_table.formats()[n].writers],
        ids=" ".join,
    )
    def written(self, request, folder):
        return case_of(*request.param, folder)


@pytest.fixture
def toy(monkeypatch):
    """The toy's file lies in the folder of formats; nothing else is told of it."""
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(TOYS)])
    format_table.formats.cache_clear()
    yield
    format_table.formats.cache_clear()


@pytest.mark.usefixtures("toy")
class TestAToyFormat(FormatSuite, WriterSuite):
    @pytest.fixture
    def case(self, toy, folder):
        return case_of(*TOY, folder)

    @pytest.fixture
    def written(self, case):
        return case

    def test_help_names_it(self, capsys):
        words = {"convert": 3, "describe": 2, "simulate": 1}
        for command, times in words.items():
            assert call("data", command, "--help") == 0
            said = capsys.readouterr().out
            assert (
                said.count("jsonl") + said.count("json-lines") == times and "{endings" not in said
            )
        assert call("encode", "--help") == 0
        assert "jsonl" in capsys.readouterr().out

    def test_help_is_of_the_formats_at_the_time(self, capsys, monkeypatch):
        """One process may ask more than once, as tests do."""
        for here in ([str(TOYS)], []):
            monkeypatch.setattr(formats, "__path__", [*BUILT_IN, *here])
            format_table.formats.cache_clear()
            assert call("encode", "--help") == 0
            assert ("jsonl" in capsys.readouterr().out) == bool(here)

    def test_the_command_line_reads_and_writes_it(self, tmp_path, capsys):
        ours = readouts(30)
        first = save(ours, tmp_path / "a.npz")
        toy, other = tmp_path / "b.jsonl", tmp_path / "c.txt"
        assert call("data", "convert", first, "-o", toy) == 0
        assert call("data", "convert", toy, "-o", tmp_path / "d.npz") == 0
        assert_equal(load(tmp_path / "d.npz"), ours)
        other.write_bytes(toy.read_bytes())
        (part,) = stream(other, Options(format="json-lines"))
        assert_equal(part, ours)
        assert call("data", "describe", toy) == 0
        assert "30" in capsys.readouterr().out
        with pytest.raises(BadInput, match=r"allowed are .*\.jsonl"):
            load(other)
        with pytest.raises(BadInput, match=r"allowed are .*json-lines"):
            load(other, options=Options(format="x"))


def test_what_reads_files_is_made_of_every_format():
    needed = installed().closure(PACKAGE / "readout" / "reading.py")
    modules = {name.replace("-", "_") for name in format_table.formats()}
    assert {f"asicae/readout/formats/{name}.py" for name in modules} <= set(needed)


def test_without_its_file_the_toy_is_unknown(tmp_path):
    with pytest.raises(BadInput, match=r"ending '\.jsonl', allowed are"):
        save(readouts(3), tmp_path / "a.jsonl")
