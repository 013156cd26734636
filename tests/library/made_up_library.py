"""Libraries of drawn weights: nothing is trained."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from asicae.foundation.files import sha256
from asicae.library.record import LIBRARY_FILE, LibraryRecord, LibrarySet
from asicae.library.stored import entry_of, hash_word
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.runs.encoders import NETWORK
from tests.support.tiny_network import LIVELY, SPEAKING, parsed

NETWORK_OF_ALL = parsed(LIVELY)
MODULES = {"all": ("9,3,-2", "9,4,-2"), "dense": ("11,1,1",), "broken": ("5,2,2",)}
"""Which modules get which set."""
SEEDS = dict(zip(MODULES, (*SPEAKING, SPEAKING[0] + 100), strict=True))


def entry(name: str, network: Network, seed: int, modules: Sequence[str]) -> LibrarySet:
    """A set of drawn weights as a record has it."""
    return entry_of(name, f"condition of {name}", 2, "", modules, Encoder.random(network, seed))


def made_up(
    folder: Path,
    seeds: Mapping[str, int] | None = None,
    modules: Mapping[str, Sequence[str]] | None = None,
    network: Network = NETWORK_OF_ALL,
) -> Path:
    """A library as it is made, of sets that are drawn with ``seeds``."""
    chosen, places = SEEDS if seeds is None else seeds, MODULES if modules is None else modules
    network.save(folder / NETWORK)
    entries = [entry(name, network, seed, places[name]) for name, seed in chosen.items()]
    for each, seed in zip(entries, chosen.values(), strict=True):
        Encoder.random(network, seed).weights.save(folder / each.file)
    LibraryRecord(
        network=network.name,
        network_sha256=sha256(folder / NETWORK),
        design_hash=hash_word(network),
        sets=tuple(entries),
    ).save(folder / LIBRARY_FILE)
    return folder
