"""``asicae layout`` refuses what does not go together, before any work."""

from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput
from tests.support.command_line import call


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "OUT"], "either a folder or --network"),
        (["RTL", "--network", "econ-t", "--out", "OUT"], "either a folder or --network"),
        (["RTL"], "--out is missing"),
        (["RTL", "--out", "OUT", "--tmr", "3"], "is exported already"),
        (["RTL", "--out", "OUT", "--block", "../mac"], "--block: found '../mac', allowed is"),
        (["RTL", "--out", "OUT", "--seed", "0"], "--seed: found 0, allowed are 1 to"),
        (["RTL", "--out", "OUT", "--liberty", "RTL"], "no such Liberty file"),
        (["RTL", "--out", "OUT"], "filelist.f: not found"),
        (["RTL", "--out", "RTL"], "exists already"),
    ],
)
def test_what_does_not_go_together_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    monkeypatch.setattr("asicae.layout.tools.find", Path)
    (tmp_path / "RTL").mkdir()
    places = {name: str(tmp_path / name) for name in ("RTL", "OUT")}
    assert call("layout", *(places.get(word, word) for word in words)) == BadInput.exit_code
    shown = capsys.readouterr().err
    assert said in shown
    assert not (tmp_path / "OUT").exists()
