"""The sample in data/."""

import numpy as np

from asicae.readout.reading import load
from asicae.source import sample
from asicae.source.simulate import simulate
from tests.support.places import DATA

FIELDS = ("calq", "layer", "wafer_u", "wafer_v", "wafer_type", "high_density", "eta", "sim_energy",
          "pileup")  # fmt: skip


def test_the_sample_in_data_is_what_the_code_makes(tmp_path):
    npz, csv = sample.write_sample(tmp_path)
    assert csv.read_bytes() == (DATA / "sample.csv").read_bytes()
    ours, stored, text = load(npz), load(DATA / "sample.npz"), load(DATA / "sample.csv")
    assert ours.source == stored.source
    for name in FIELDS:
        assert np.array_equal(getattr(ours, name), getattr(stored, name))
        assert np.array_equal(getattr(ours, name), getattr(text, name))
    changed = simulate(sample.SETTINGS.model_copy(update={"seed": sample.SETTINGS.seed + 1}))
    assert not np.array_equal(changed.calq, stored.calq)
    assert sum(path.stat().st_size for path in DATA.glob("sample.*")) < 1 << 20
