"""The spreading of a run, read as numbers only: nothing in its file is run."""

from pathlib import Path

from asicae.foundation.errors import BadInput
from asicae.training.learned_spreading import INPUTS, LearnedSpreading, build_network
from asicae.training.stored_networks import dense_chain


def load_spreading(path: Path) -> LearnedSpreading:
    """The spreading of a run, with the weights of a ``.keras`` file.

    Raises:
        BadInput: missing or unreadable file, arrays of another network.
    """
    arrays, model = dense_chain(path, INPUTS), build_network(INPUTS, 0)
    expected = [tuple(weight.shape) for weight in model.get_weights()]
    found = [array.shape for array in arrays]
    if found != expected:
        raise BadInput(f"{path}: arrays of shapes {found}, allowed are {expected}")
    model.set_weights(arrays)
    return LearnedSpreading(model)
