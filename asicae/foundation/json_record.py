"""What a stored JSON file holds, as a checked value: each kind of file is a subclass."""

from pathlib import Path
from typing import Self

from asicae.foundation.files import read_json, write_json
from asicae.foundation.validation import Exact, validated


class JsonRecord(Exact):
    """Fields of a file, or of a part of one; other keys than these are refused."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            BadInput: missing or unreadable file, another content; names file and key.
        """
        return validated(cls, read_json(path), str(path))

    def save(self, path: Path) -> Path:
        """Write a file."""
        return write_json(path, self.model_dump(mode="json"))
