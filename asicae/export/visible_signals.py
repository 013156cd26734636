"""What a bench may touch of a design that Verilator builds; all else may be optimised away."""

from collections.abc import Mapping, Sequence


def visible_text(visible: Mapping[str, Sequence[str]], further: Sequence[str] = ()) -> str:
    """Text of a file that tells Verilator which signals a bench may touch, by module.

    ``further``: lines that it is told besides.
    """
    lines = [
        f'public_flat_rw -module "{module}" -var "{name}"'
        for module, names in visible.items()
        for name in names
    ]
    return "\n".join(["`verilator_config", *lines, *further, ""])
