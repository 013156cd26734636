"""Networks by what users call them."""

from pathlib import Path

from asicae.network.description import Network


def network_of(name: str) -> Network:
    """A network by preset name, or from the JSON or TOML file of that path.

    Raises:
        BadInput: no such preset; see ``Network.load``.
    """
    is_file = name.endswith((".json", ".toml"))
    return Network.load(Path(name)) if is_file else Network.preset(name)
