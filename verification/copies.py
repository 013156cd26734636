"""Ports of triplicated blocks: copy k in the k-th part of a port."""

COPIES = 3
RESET, RELEASED = 0, (1 << COPIES) - 1
"""Of a block's three resets."""


def triple(value: int, width: int) -> int:
    """A word of ``width`` bits, once a copy."""
    return sum(value << width * copy for copy in range(COPIES))


def agreed(port) -> int:
    """The word that all copies of a port say."""
    width, value = len(port) // COPIES, int(port.value)
    word = value & ((1 << width) - 1)
    assert value == triple(word, width), f"{port._name}: the copies say {value:#x}"
    return word
