"""Bins of charges."""

import numpy as np

from asicae.readout import spectrum


def test_bins_are_exact_when_small_and_narrow_when_large():
    powers = 2 ** np.arange(28)
    largest = 48 * ((1 << 22) - 1)
    values = np.unique(np.concatenate([np.arange(5000), powers, powers - 1, [largest]]))
    bins, edges = spectrum.bin_of(values), spectrum.edges()
    assert len(edges) == spectrum.N_BINS + 1 and (np.diff(edges) > 0).all()
    assert (edges[bins] <= values).all() and (values < edges[bins + 1]).all()
    assert (bins[values < 64] == values[values < 64]).all()
    assert (np.diff(edges)[64:] * 32 <= edges[64:-1]).all()
    counts = np.bincount(spectrum.bin_of(np.arange(1, 101)), minlength=spectrum.N_BINS)
    assert spectrum.quantiles(counts, (5, 50, 95)) == (5.0, 50.0, 94.5)
