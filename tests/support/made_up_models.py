"""Model files of the tests, and how a refusal of one looks."""

from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput
from asicae.network.importing.importer import MAX_MESSAGE, import_model
from tests.support.places import FIXTURES

KERAS = FIXTURES / "qkeras_v3" / "conditional.keras"
WHOLE = FIXTURES / "qkeras09" / "econ_t.h5"
APART = FIXTURES / "qkeras09" / "econ_t_apart.json"
CHECKPOINT = FIXTURES / "qkeras09_checkpoint" / "econ_t.index"
"""Its weights as TensorFlow stores them."""


def refused(path: Path, word: str) -> None:
    with pytest.raises(BadInput, match=word) as caught:
        import_model(path)
    message = str(caught.value)
    assert str(path) in message and message.isprintable() and len(message) <= MAX_MESSAGE
