"""What the tools of others call a chip: vendor, library, name and version."""

from dataclasses import dataclass

from asicae.network.description import Network


@dataclass(frozen=True)
class Identity:
    """Vendor, library, name and version (VLNV) of a component; in text as FuseSoC writes it."""

    vendor: str
    library: str
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.vendor}:{self.library}:{self.name}:{self.version}"


def identity_of(network: Network) -> Identity:
    """Of the chip of ``network``: another network is another name or another version."""
    version = f"{network.schema_version}-r{network.design_hash}"
    return Identity("asicae", "chip", network.identifier, version)
