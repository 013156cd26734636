"""Networks by what users call them."""

from pathlib import Path

from asicae.network.description import Network


def network_of(name: str) -> Network:
    """A network by preset name, or from the JSON or TOML file of that path.

    Raises:
        BadInput: no such preset; see ``Network.load``.
    """
    return Network.load(Path(name)) if is_file(name) else Network.preset(name)


def is_file(name: str) -> bool:
    """Whether a name is that of a file; presets have no ending."""
    return name.endswith((".json", ".toml"))
