"""What can go wrong, and the exit code that says so."""


class AsicaeError(Exception):
    """Any failure that the kit explains in one line; ``exit_code`` is what the shell sees."""

    exit_code = 1


class CheckFailed(AsicaeError):
    """A proof did not hold: a mismatch, a failed regression, a CRC that differs."""

    exit_code = 1


class Interrupted(AsicaeError):
    """The user stopped a command; the message says how to go on."""

    exit_code = 130


class BadInput(AsicaeError):
    """The caller's input cannot be used; the message names what was found and what is allowed."""

    exit_code = 2


class NotExpressible(BadInput):
    """An execution (C++, ap_types, ...) cannot hold this network; others may."""


class MissingTool(BadInput):
    """An optional tool or extra is absent; the message ends with the command that installs it."""

    def __init__(self, tool: str, install: str) -> None:
        self.install = install
        super().__init__(f"{tool} is needed here but not installed; install it with: {install}")
