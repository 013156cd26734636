"""Plugins of the tests: lanes first, since it sets the threads of what the others load."""

pytest_plugins = [
    "tests.support.lanes",
    "tests.support.goals",
    "tests.support.kills",
    "tests.support.short_run",
    "tests.support.undrawn",
    "tests.support.warnings",
    "tests.conformance.exactness.campaign",
]
