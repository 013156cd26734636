"""Whatever the terminal can show, and whatever names hold: lines of visible characters."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from asicae.cli import main as cli
from asicae.foundation.printable import printable
from tests.support.command_line import call
from tests.support.places import SAMPLE

ENVIRONMENTS = [
    {"PYTHONIOENCODING": "ascii"},
    {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"PYTHONIOENCODING": "ascii:strict", "LANG": "C"},
]
ALL_COMMANDS = """
import sys
from asicae.cli import main as cli
given = sys.argv[1:]
words = [[], *([name] for name in cli.COMMANDS)]
words += [[group, *rest] for group, rest in {groups}]
for command in words:
    sys.argv = ["asicae", *command, "--help"]
    try:
        cli.main()
    except SystemExit as leaving:
        assert not leaving.code, command
sys.argv = ["asicae", *given]
cli.main()
"""
GROUPS = [
    *(("data", [name]) for name in ("simulate", "convert", "describe")),
    *(("weights", [name]) for name in ("pack", "unpack", "diff", "adopt", "sensitivity")),
    *(("library", [name]) for name in ("make", "verify")),
]
RAW = "\x1b[31m\u202e\n\x9b2J é 芯"
"""An escape, a mark that turns the direction of writing, an end of line; and letters."""


def _run(environment: dict[str, str], *words: object) -> subprocess.CompletedProcess[bytes]:
    code = ALL_COMMANDS.format(groups=GROUPS)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHONIO"))}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        env=kept | environment,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids="-".join)
def test_what_the_encoding_lacks_is_replaced(environment: dict[str, str], tmp_path: Path) -> None:
    sample = tmp_path / "é 芯.csv"
    sample.write_bytes(SAMPLE.read_bytes())
    done = _run(environment, "data", "describe", sample)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii() and not done.stderr
    # Where names of files are ASCII too, the bytes of the letter.
    assert b"\\u82af" in done.stdout or b"\\udce8\\udc8a\\udcaf" in done.stdout
    done = _run(environment, "data", "describe", f"{sample} ÿ")
    assert done.returncode == 2
    assert done.stderr.isascii() and len(done.stderr.splitlines()) == 1


WORDS: list[tuple[str, ...]] = [
    ("data", "describe", "{good}.csv"),
    ("data", "convert", "{good}.csv", "-o", "{good}.npz"),
    ("data", "describe", "{bad}.csv"),
    ("data", "convert", "{good}.csv", "-o", "{bad}"),
    ("encode", "{good}.csv", "-o", "{good}.npz", "--algorithm", "best_choice", "--links", "5"),
    ("decode", "{bad}", "-o", "{good}.npz"),
    ("weights", "pack", "{bad}.npz", "-o", "{good}"),
    ("weights", "unpack", "{bad}.bin", "-o", "{good}.npz"),
    ("weights", "adopt", "{bad}", "{bad}.npz"),
    ("export-rtl", "-n", "{bad}.json", "-o", "{good}"),
    ("export-rtl", "-n", "{bad}", "-o", "{good}"),
    ("export-rtl", "-o", "{good}"),
    ("import", "{bad}.h5", "-o", "{good}"),
    ("report", "{bad}"),
    ("verify", "{bad}"),
    ("verify", "{bad}", "--engine", "{bad}"),
    ("train", "{bad}.csv", "-o", "{good}"),
    ("train", "{good}.csv", "-o", "{good}", "-s", "{bad}.toml"),
]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_names_are_shown_without_control_characters(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / f"good{RAW}", tmp_path / f"bad{RAW}"
    Path(f"{good}.csv").write_bytes(SAMPLE.read_bytes())
    code = call(*(word.replace("{good}", str(good)).replace("{bad}", str(bad)) for word in words))
    answer = capsys.readouterr()
    said = answer.out + answer.err
    assert code == (2 if any("{bad}" in word for word in words) else 0)
    assert all(line.isprintable() for line in said.split("\n")), said
    assert "x1b[31m" in said and "芯" in said
    errors = [line for line in answer.err.split("\n") if line.startswith("asicae: ")]
    assert len(errors) == (code == 2)


def test_printable() -> None:
    assert printable("plain é 芯 µ") == "plain é 芯 µ"
    assert printable(RAW).isprintable() and "\\x1b[31m\\u202e\\n\\x9b" in printable(RAW)
    assert printable("\udcff") == "\\udcff"


def test_all_commands_are_called() -> None:
    groups = {group.name for group in cli.app.registered_groups}
    assert groups == {group for group, _ in GROUPS}
    for group in cli.app.registered_groups:
        assert group.typer_instance is not None
        names = {command.name for command in group.typer_instance.registered_commands}
        assert names == {rest[0] for name, rest in GROUPS if name == group.name}


@pytest.mark.parametrize(
    "words",
    [
        (f"--{RAW}",),
        (RAW,),
        ("weights", RAW),
        ("run", "--\udcff"),
        ("check", "a", RAW),
        ("verify", "a", "--mutate", RAW),
        ("export-hls", "-o", "x", "--events", RAW),
        ("run",),
        ("run", "a", "--settings"),
    ],
    ids=repr,
)
def test_words_that_cannot_be_used_are_one_visible_line(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*words) == 2
    out, err = capsys.readouterr()
    assert not out and err.count("\n") == 1 and err.startswith("asicae: ")
    assert err.strip().isprintable() and err.endswith(" --help)\n")
