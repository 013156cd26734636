"""Text from outside as visible characters only, on a terminal, in a table or on a page."""


def printable(text: str) -> str:
    """``text`` with an escape such as ``\\x1b`` in the place of each character that is not printed.

    These are control characters, ends of lines, marks that turn the direction of writing, and
    halves of characters, as in names of files that are no UTF-8.
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
