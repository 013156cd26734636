"""There is structure in the cells of a module that a code can use."""

import numpy as np

from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate

CODE = 16
"""Numbers of the code, as many as an encoder of the default design has."""


def explained(training, events):
    """Share of the variance of ``events`` that the best linear code of ``training`` keeps."""
    mean = training.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov((training - mean).T))
    code = vectors[:, -CODE:]
    lost = (events - mean) - (events - mean) @ code @ code.T
    return 1.0 - (lost**2).sum() / ((events - events.mean(axis=0)) ** 2).sum()


def test_a_code_of_shuffled_cells_is_clearly_worse_on_intact_events():
    """A linear code of 16 numbers on modules of the dense class: 0.44 against 0.33 = 16 / 48."""
    dense = simulate(SourceSettings(links=7, events=4096, seed=1), progress=False).calq
    charged = dense[dense.any(axis=1)].astype(float)
    amplitudes = np.sqrt(charged / charged.sum(axis=1, keepdims=True))
    training, events = amplitudes[:3072], amplitudes[3072:]
    shuffled = np.random.default_rng(1).permuted(training, axis=1)
    intact, mixed = explained(training, events), explained(shuffled, events)
    assert intact > mixed + 0.07 and abs(mixed - CODE / 48) < 0.05
    # It is the neighbourhood that helps: where that is gone from the events, so is the advantage.
    elsewhere = np.random.default_rng(2).permuted(events, axis=1)
    assert abs(explained(training, elsewhere) - explained(shuffled, elsewhere)) < 0.02
