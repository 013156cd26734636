"""``asicae export-rtl --algorithm``: an encoder of frames, and what is refused."""

from pathlib import Path

import pytest

from tests.support.command_line import call


def test_settings_of_a_file_and_a_latency(tmp_path: Path) -> None:
    """The settings that are left in the export make the same export again."""
    given = tmp_path / "mine.toml"
    given.write_text('most_cells = 3\ncompander = "log_1_64"\n')
    words = ("export-rtl", "--algorithm", "adaptive_choice", "--links", "1", "--latency", "2")
    assert call(*words, "-s", given, "-o", tmp_path / "one") == 0
    assert call(*words, "-s", tmp_path / "one" / "settings.json", "-o", tmp_path / "two") == 0
    names = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.*"))
    assert {"asicae_adaptive_choice.v", "asicae_adaptive_choice.sdc", "datasheet.md"} <= {
        name.name for name in names
    }
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    sheet = (tmp_path / "one" / "datasheet.md").read_text()
    assert "latency | 2 bunch crossings" in sheet and "| 3 | 1 | 0 |" in sheet
    assert call(*words, "-s", given, "-o", tmp_path / "one") == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--algorithm adaptive_choice", "links: field required"),
        ("--algorithm adaptive_choice --links 11", "links"),
        ("--algorithm adaptive_choice --links 1 --latency 3", "allowed is 1 or 2"),
        ("--algorithm best_choice --links 2", "has no Verilog by itself"),
        ("--algorithm nothing --links 2", "alg_type: found 'nothing'"),
        ("--algorithm adaptive_choice --links 2 -n small", "--network: not with --algorithm"),
        ("--algorithm adaptive_choice --links 2 --bank latch", "--bank: not with --algorithm"),
        ("--links 2", "--links: not without --algorithm"),
        ("-n small --latency 1", "--latency: not without --algorithm"),
    ],
)
def test_what_says_nothing_is_refused(
    words: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("export-rtl", *words.split(), "-o", tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1
    assert not (tmp_path / "out").exists()
