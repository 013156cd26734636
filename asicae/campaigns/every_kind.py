"""The network with a layer of each kind that there is, whose chip has files that no preset has."""

from asicae.foundation.assets import asset_folder
from asicae.network.description import Network


def every_kind() -> Network:
    """It, as ``verification/coverage/every_kind.toml`` describes it."""
    return Network.load(asset_folder("verification") / "coverage" / "every_kind.toml")
