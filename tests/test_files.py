"""Files from outside: whatever they hold, a reader gives one line that names file and cause."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asicae.concentrator.frame_files import registers
from asicae.errors import BadInput
from asicae.files import read_json, read_toml
from asicae.network.description import Network
from asicae.run_settings import RunSettings

READERS: dict[str, Callable[[Path], Any]] = {
    "network": Network.load,
    "run": RunSettings.load,
    "registers": lambda path: registers(path, {}),
}
BROKEN = {
    "json": {
        "cut": "{",
        "digits": '{"name": ' + "9" * 5000 + "}",
        "deep": "[" * 100_000,
    },
    "toml": {
        "cut": "name = ",
        "digits": "name = " + "9" * 5000,
        "deep": "name = " + "[" * 100_000,
    },
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    ("kind", "text"),
    [(kind, text) for kind, texts in BROKEN.items() for text in texts.values()],
    ids=[f"{kind}-{name}" for kind, texts in BROKEN.items() for name in texts],
)
def test_broken_text_is_one_line(
    reader: Callable[[Path], Any], kind: str, text: str, tmp_path: Path
) -> None:
    path = tmp_path / f"broken.{kind}"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        reader(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: not valid {kind.upper()} (")
    assert "\n" not in message and len(message) < len(str(path)) + 150


@pytest.mark.parametrize("reader", [Network.load, RunSettings.load])
def test_values_that_cannot_be_shown_are_refused(
    reader: Callable[[Path], Any], tmp_path: Path
) -> None:
    """TOML has numbers that Python reads but does not print; brackets nest deeper than repr."""
    path = tmp_path / "strange.toml"
    texts = ["0x" + "f" * 5000, "[" * 90 + "]" * 90]
    for text in texts:
        for key in ("name", "network", "schema_version"):
            path.write_text(f"{key} = {text}\n")
            with pytest.raises(BadInput) as caught:
                reader(path)
            message = str(caught.value)
            assert message.startswith(f"{path}: ")
            assert "\n" not in message and len(message) < len(str(path)) + 200


@pytest.mark.parametrize("read", [read_json, read_toml])
def test_what_is_no_text_is_refused(read: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(BadInput, match="cannot be read"):
        read(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="cannot be read"):
        read(path)
