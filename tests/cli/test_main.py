"""The command line: bad input is one line and exit code 2, and leaves nothing behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from asicae import __version__
from asicae.cli import main as cli
from asicae.network.description import Network
from asicae.network.weights import Weights
from tests.support.command_line import call
from tests.support.places import SAMPLE


def broken_csv(tmp_path: Path, change: tuple[str, str]) -> Path:
    path = tmp_path / "readouts.csv"
    lines = SAMPLE.read_text().splitlines()[:20]
    fields = dict(zip(lines[0].split(","), lines[3].split(","), strict=True))
    fields[change[0]] = change[1]
    path.write_text("\n".join([*lines[:3], ",".join(fields.values()), *lines[4:]]) + "\n")
    return path


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("CALQ_7", "-1"), "CALQ_7"),
        (("CALQ_7", str(1 << 22)), "4194303"),
        (("CALQ_0", "nan"), "CALQ_0"),
        (("CALQ_47", "many"), "many"),
        (("layer", "x"), "layer"),
    ],
)
def test_a_bad_cell_is_named(change, word, tmp_path, capsys) -> None:  # type: ignore[no-untyped-def]
    path = broken_csv(tmp_path, change)
    assert call("data", "describe", path) == 2
    message = capsys.readouterr().err.strip()
    assert word in message and str(path) in message and "\n" not in message


def test_files_that_are_no_input_are_refused(tmp_path, capsys) -> None:  # type: ignore[no-untyped-def]
    network = Network.preset("small")
    Weights.random(network, 1).save(tmp_path / "small.npz")
    (tmp_path / "empty.csv").write_text(SAMPLE.read_text().splitlines()[0] + "\n")
    (tmp_path / "columns.csv").write_text("a,b\n1,2\n")
    (tmp_path / "text.npz").write_text("no archive")
    other = json.loads(network.model_dump_json()) | {"schema_version": 99}
    (tmp_path / "other.json").write_text(json.dumps(other))
    (tmp_path / "there").mkdir()
    (tmp_path / "settings.toml").write_text("epochs = 3\n")
    (tmp_path / "no_data.toml").write_text('data = "absent.csv"\n')
    (tmp_path / "no_liberty.toml").write_text('liberty = "absent.lib"\n')
    (tmp_path / "file").write_text("in the way")
    bad = broken_csv(tmp_path, ("CALQ_7", "-1"))
    out = tmp_path / "out"
    calls: list[tuple[object, ...]] = [
        ("data", "describe", tmp_path / "absent.csv"),
        ("data", "describe", tmp_path / "empty.csv"),
        ("data", "describe", tmp_path / "columns.csv"),
        ("data", "describe", tmp_path / "text.npz"),
        ("data", "simulate", "-o", out.with_suffix(".txt")),
        ("data", "simulate", "-o", out.with_suffix(".npz"), "--events", 0),
        ("export-rtl", "-n", tmp_path / "other.json", "-o", out),
        ("export-rtl", "-n", "unknown", "-o", out),
        ("export-rtl", "-o", tmp_path / "there"),
        ("weights", "pack", tmp_path / "small.npz", "-n", "econ-t", "-o", out),
        ("weights", "unpack", tmp_path / "small.npz", "-o", out.with_suffix(".npz")),
        ("weights", "unpack", tmp_path / "columns.csv", "-o", out.with_suffix(".npz")),
        ("weights", "unpack", tmp_path / "absent.bin", "-o", out.with_suffix(".npz")),
        ("weights", "diff", tmp_path / "small.npz", tmp_path / "small.npz"),
        ("weights", "diff", tmp_path / "columns.csv", tmp_path / "small.npz", "-n", "small"),
        ("train", tmp_path / "absent.csv", "-o", out),
        ("train", bad, "-o", out),
        ("train", SAMPLE, "-o", out),  # fewer events than validation and test want
        ("run", out, "--settings", tmp_path / "no_data.toml"),
        ("run", out, "--settings", tmp_path / "no_liberty.toml"),
        ("export-rtl", "-o", tmp_path / "file" / "chip"),
        ("run", tmp_path / "there"),
        ("run", out, "--settings", tmp_path / "settings.toml"),
        ("verify", tmp_path / "there"),
    ]
    before = sorted(tmp_path.rglob("*"))
    for words in calls:
        assert call(*words) == 2, words
        said = capsys.readouterr().err.strip().splitlines()
        assert [line for line in said if line.startswith("asicae: ")] == said[-1:], words
        assert sorted(tmp_path.rglob("*")) == before, words


@pytest.mark.parametrize("suffix", [".bin", ".yaml", ".csv"])
def test_weights_go_through_their_files_and_back(  # type: ignore[no-untyped-def]
    suffix, tmp_path, capsys
) -> None:
    source, back = tmp_path / "set.npz", tmp_path / "back.npz"
    Weights.random(Network.preset("econ-t"), 7).save(source)
    assert call("weights", "pack", source, "-o", tmp_path) == 0
    written = [str(tmp_path / f"set{ending}") for ending in (".bin", ".yaml", ".csv")]
    assert capsys.readouterr().out.split() == written
    words = ("weights", "unpack", tmp_path / f"set{suffix}", "-o", back)
    assert call(*words) == 0
    assert back.read_bytes() == source.read_bytes()
    assert call(*words) == 2
    assert call(*words, "--force") == 0


def test_diff_of_weights_exits_with_1_when_they_differ(tmp_path, capsys) -> None:  # type: ignore[no-untyped-def]
    network = Network.preset("small")
    paths = [Weights.random(network, n).save(tmp_path / f"{n}.npz") for n in (1, 2)]
    small = ("-n", "small")
    assert call("weights", "diff", paths[0], paths[0], *small) == 0
    assert "keep: 0 of 16 differ" in capsys.readouterr().out
    words = ("weights", "diff", *paths, *small, "--limit", 2)
    assert call(*words) == 1
    said = capsys.readouterr()
    assert said.out.count("dense.kernel") + said.out.count("conv.kernel[") == 3
    assert " more\n" in said.out and not said.err
    paths[1].write_bytes(paths[1].read_bytes()[:400])
    assert call(*words) == 2
    assert not capsys.readouterr().out


def test_simulated_readouts_are_described(tmp_path, capsys) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "readouts.npz"
    words = ("data", "simulate", "-o", path, "--events", 300, "--seed", 3)
    assert call(*words) == 0
    assert call("data", "describe", path) == 0
    assert "300" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [["--help"], ["export-rtl", "--help"], ["verify", "--help"], ["data", "convert", "--help"]],
)
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys; from asicae.cli import main as cli\n"
        f"sys.argv = ['asicae', *{words!r}]\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'scipy', 'pyosys', 'uproot', 'pyarrow'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_every_command_takes_the_short_word_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    groups = {name: command.commands for name, command in cli._parser().commands.items()
              if hasattr(command, "commands")}  # fmt: skip
    words = [[], *([name] for name in cli._parser().commands)]
    words += [[group, name] for group, commands in groups.items() for name in commands]
    assert len(words) > 25
    for command in words:
        assert call(*command, "-h") == 0
        short = capsys.readouterr().out
        assert call(*command, "--help") == 0
        assert capsys.readouterr().out == short != ""


def test_the_module_runs_without_the_script() -> None:
    command = [sys.executable, "-m", "asicae", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{__version__}\n"


def test_a_shell_completes_commands_and_options() -> None:
    program = "from asicae.cli.main import main; main()"
    for words, number, wanted in (
        ("asicae export", 1, ["export-rtl", "export-hls", "export-registers"]),
        ("asicae export-rtl --micro", 2, ["--microarchitecture"]),
    ):
        told = {"_ASICAE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(number)}
        starter = f"import sys; sys.argv = ['asicae']; {program}"
        done = subprocess.run(
            [sys.executable, "-c", starter],
            env=os.environ | told,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.split() == wanted, done.stderr
