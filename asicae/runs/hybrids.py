"""Where a run keeps the networks of Hybrid Choice, and what it trained for them."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from asicae.network.description import Network
from asicae.training.record import set_name

if TYPE_CHECKING:
    from asicae.comparison.trained_hybrids import TrainedHybrid

FOLDER: Final = "hybrid"
WEIGHTS: Final = f"{FOLDER}/weights/*.npz"
FILES: Final = (f"{FOLDER}/*.json", WEIGHTS, f"{FOLDER}/model/*", f"{FOLDER}/train/*")
CHECKPOINTS: Final = f"{FOLDER}/checkpoints"


def network_file(links: int) -> str:
    """Where the network for so many links lies in a run folder."""
    return f"{FOLDER}/{set_name(links)}.json"


def weights_file(links: int) -> str:
    """Likewise its weight set."""
    return f"{FOLDER}/weights/{set_name(links)}.npz"


def files_of(links: int) -> list[str]:
    """All files of a number of links."""
    name = set_name(links)
    models = [f"{FOLDER}/model/{name}_{part}.keras" for part in ("encoder", "decoder")]
    return [network_file(links), weights_file(links), f"{FOLDER}/train/{name}.csv", *models]


def load_hybrid(run: Path, links: int) -> "TrainedHybrid":
    """Network, weights and decoder of a run at a number of links.

    Raises:
        BadInput: missing or unreadable files, weights that differ from the model's.
    """
    from asicae.comparison.trained_hybrids import TrainedHybrid
    from asicae.training.learned_spreading import INPUTS
    from asicae.training.trained import Trained

    network = Network.load(run / network_file(links))
    trained = Trained.load(run / FOLDER, set_name(links), network, links, conditions=INPUTS)
    return TrainedHybrid(network, links, trained)
