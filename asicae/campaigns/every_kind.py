"""The networks that coverage is counted of: small, since every bit is."""

from asicae.foundation.assets import asset_folder
from asicae.network.description import Network


def every_kind() -> Network:
    """A layer of each kind that there is: its chip has files that no preset has."""
    return _network("every_kind")


def covered_network() -> Network:
    """Layers of the first two kinds, for chips that are built in other ways than ``naive``."""
    return _network("network")


def _network(name: str) -> Network:
    return Network.load(asset_folder("verification") / "coverage" / f"{name}.toml")
