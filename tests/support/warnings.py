"""Warnings of the C++ compiler are errors in the tests."""

from collections.abc import Iterator

import pytest

from asicae.simulation.builds import cpp


@pytest.fixture(scope="session", autouse=True)
def _no_warnings() -> Iterator[None]:
    """The kit's C++ compiles without a warning, here and with this compiler."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cpp, "WARNINGS", (*cpp.WARNINGS, "-Werror"))
        yield
