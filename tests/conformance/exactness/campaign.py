"""``--campaign PATH``: the whole exactness matrix, and a record of what it compared."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaigns.exactness_record import Campaign


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--campaign",
        type=Path,
        metavar="PATH",
        help="run the whole exactness matrix (half an hour) and write what it compared to PATH",
    )


@pytest.fixture(scope="session")
def campaign(request: pytest.FixtureRequest) -> Iterator[Campaign | None]:
    """The record of a campaign, None without ``--campaign``; written when the tests are done."""
    path: Path | None = request.config.getoption("--campaign")
    if path is None:
        yield None
        return
    record = Campaign(path, request.config.invocation_params.args)
    yield record
    record.write()
