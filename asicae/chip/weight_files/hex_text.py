"""Numbers and bytes as text that no reader takes for anything else."""

import re

_NUMBER = re.compile(r"0x[0-9a-fA-F]{1,8}|[0-9]{1,9}")
_BYTES = re.compile(r"(?:[0-9a-fA-F]{2})+")


def number(text: str) -> int:
    """The number of ``0x0600`` (up to 32 bits) or ``1608``.

    Raises:
        ValueError: the text is neither.
    """
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError("allowed are numbers such as 1608 or 0x0600 of at most 32 bits")
    return int(text, 16 if text.startswith("0x") else 10)


def data(text: str) -> bytes:
    """The bytes of pairs of hexadecimal digits.

    Raises:
        ValueError: no digits, an odd number of them or anything else.
    """
    if not isinstance(text, str) or not _BYTES.fullmatch(text):
        raise ValueError("allowed are pairs of hexadecimal digits")
    return bytes.fromhex(text)
