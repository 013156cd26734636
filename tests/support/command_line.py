"""The command line, called inside the test's own process."""

import sys

import pytest

from asicae.cli import main as cli


def call(*words: object) -> int:
    """Exit code of ``asicae WORDS``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["asicae", *map(str, words)])
        try:
            cli.main()
        except SystemExit as leaving:
            return int(leaving.code or 0)
    return 0
