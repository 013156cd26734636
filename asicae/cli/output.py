"""What a command answers, on standard output."""

from asicae.foundation.printable import printable


def say(*lines: object) -> None:
    """Print each of ``lines``; characters that do not show become escapes."""
    for line in lines:
        print(printable(str(line)))
