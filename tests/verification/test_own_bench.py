"""A user's own bench on the chip: ``docs/verification.md`` followed literally, and what fails."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from asicae.foundation.errors import BadInput
from asicae.simulation.regression import bench
from tests.support.command_line import call
from tests.support.places import ROOT
from tests.support.tiny_network import TINY

PAGE = (ROOT / "docs" / "verification.md").read_text(encoding="utf-8")


def page_files() -> dict[str, str]:
    """Files that the page says to write, by name."""
    return dict(re.findall(r"^```python file=(\S+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))


def page_commands() -> list[list[str]]:
    """Commands of the page, without the word ``asicae``, in their order."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the files of the page and a description."""
    monkeypatch.chdir(tmp_path)
    for name, text in page_files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8")
    return tmp_path


@pytest.mark.build
@pytest.mark.slow
def test_the_page_holds_literally_and_its_bench_can_fail(
    there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a description alone: RUN becomes ``-n tiny.toml``, which waves need a folder for."""
    commands = page_commands()
    assert len(commands) == 2
    for number, words in enumerate(commands):
        at = words.index("RUN")
        words[at : at + 1] = ["-n", "tiny.toml", "--events", "100", "-o", f"out{number}"]
        assert call(*words) == 0, words
    said = capsys.readouterr().out
    assert "2 of 2 tests passed" in said and "1 of 1 tests passed" in said
    assert "200 latents and 100 sums compared with golden, 0 differ" in said
    assert list((there / "out0").glob("junit.xml")) and list((there / "out1").glob("dump.*"))
    words = ["verify", "-n", "tiny.toml", "--bench", "my_bench.py", "--events", 100]
    assert call(*words, "--mutate", "expected") == 1
    error = capsys.readouterr().err
    assert "1 of 2 tests failed; first_events_match_golden: " in error
    again = shlex.split(error[error.index("again with: ") :].removeprefix("again with: "))
    assert again[:4] == ["asicae", "verify", "--network", "tiny.toml"]
    assert again[again.index("--test") + 1] == "^first_events_match_golden$"
    assert "--waves" in again


@pytest.mark.parametrize(
    ("name", "text", "words", "message"),
    [
        ("gone.py", None, (), "gone.py: allowed is a Python file"),
        ("my-bench.py", "", (), "my-bench.py: allowed is a Python file"),
        ("odd.py", "import nowhere_at_all", (), "odd.py: does not import: ModuleNotFoundError"),
        ("odd.py", "raise SystemExit(0)", (), "odd.py: does not import: SystemExit"),
        ("odd.py", "import os; os._exit(0)", (), "odd.py: does not import: the process ended"),
        ("empty.py", "import cocotb", (), "empty.py: holds no test"),
        (
            "borrowed.py",
            "from verification.top.bench_top import reset_state",
            (),
            "borrowed.py: holds no test",
        ),
        ("my_bench.py", None, ("--test", "nothing"), "'nothing' meets none of the tests of"),
        ("my_bench.py", None, ("--test", "("), "'(' is no regular expression"),
        ("my_bench.py", None, ("--engine", "emulator"), "--bench: not with --engine"),
    ],
)
def test_a_bench_that_cannot_run_is_one_line_before_any_build(
    name: str,
    text: str | None,
    words: tuple[str, ...],
    message: str,
    there: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("cocotb")
    if text is not None:
        (there / name).write_text(text, encoding="utf-8")
    assert call("verify", "-n", "tiny.toml", "--bench", name, *words) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1


def test_a_choice_of_tests_needs_a_bench(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("verify", "-n", "tiny.toml", "--test", "x") == 2
    assert "--test: belongs to --bench" in capsys.readouterr().err


def test_modules_of_an_exported_simulation_never_hide_the_kits(tmp_path: Path) -> None:
    (tmp_path / "verification").mkdir()
    build: Any = None  # refused before anything is made of it
    with pytest.raises(BadInput, match="holds a folder verification"):
        bench.run(build, "verification.top.bench_top", tmp_path)
