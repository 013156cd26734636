"""Hybrid Choice in a run: trained, fitted as a comparison does, and decoded from its files."""

from pathlib import Path

import numpy as np
import pytest

from asicae.campaigns.damaged_runs import sealed_again
from asicae.comparison.choice import choose
from asicae.comparison.decode_options import DecodeOptions
from asicae.concentrator.algorithms.hybrid_choice import NEVER_BUSY
from asicae.concentrator.algorithms.table import ALGORITHMS
from asicae.concentrator.charge_maps import BUSY_DECODER
from asicae.concentrator.encoding import encode_files
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.readout.conversion import save
from asicae.runs.decoding import decode_file
from asicae.runs.hybrids import load_hybrid, network_file, weights_file
from asicae.runs.job import Job
from asicae.runs.readouts import load_part
from asicae.runs.settings import RunSettings
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from asicae.training.settings import HybridSettings
from tests.support.stand_in_run import use_stand_ins

LINKS = 2


@pytest.fixture(scope="module")
def mine(shared_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The readouts of the short run, and a network that was trained on them for one pass."""
    earlier = Job.open(shared_run / "run")
    asked = HybridSettings(links=(LINKS,), epochs=2, learning_rate=2e-2)
    settings = earlier.settings.model_copy(update={"hybrid": asked})
    job = Job.create(tmp_path_factory.mktemp("hybrid") / "run", settings)
    job.run(("hybrid",))
    return job


@pytest.mark.training
def test_on_events_to_choose_on_it_is_no_farther_than_adaptive_choice(mine: Job) -> None:
    hybrid, events = load_hybrid(mine.path, LINKS), load_part(mine.path, "validation")
    options = DecodeOptions(load_part(mine.path, "train"))
    many = ALGORITHMS[hybrid.quiet.algorithm].candidates(LINKS, events.calq)
    quiet = choose({hybrid.quiet: many}, options, events)[hybrid.quiet]
    chosen = hybrid.chosen(quiet, options, events)
    tried = {each.settings["busy_hits"]: each.emd for each in chosen.tried}
    alone = next(e.emd for e in quiet.tried if e.decode == quiet.decode)
    assert chosen.decode == quiet.decode + BUSY_DECODER and tried[NEVER_BUSY] == alone
    assert tried[chosen.settings.busy_hits] == min(tried.values()) <= alone
    assert len(set(tried.values())) > 10
    # What is sent of a quiet crossing is a frame of Adaptive Choice, but for the header.
    frames, charges = hybrid.sent_and_decoded(chosen, options, events)
    assert frames.mean_bits == 64 and charges.shape == events.calq.shape


@pytest.mark.training
def test_frames_are_decoded_as_they_were_compared(mine: Job, tmp_path: Path) -> None:
    hybrid, events = load_hybrid(mine.path, LINKS), load_part(mine.path, "test")
    options = DecodeOptions(load_part(mine.path, "train"))
    network = Network.load(mine.path / network_file(LINKS))
    test, weights = mine.path / "readouts" / "test.npz", mine.path / weights_file(LINKS)
    frames, out = tmp_path / "frames.npz", tmp_path / "charges.npz"
    values = {"alg_type": "hybrid_choice", "links": LINKS, "busy_hits": 8}
    done = encode_files(test, frames, values, network, weights)
    name = f"near_4{BUSY_DECODER}"
    assert decode_file(frames, out, name, mine.path) == name
    with np.load(out) as arrays:
        found = dict(arrays)
    settings = done.settings
    way = options.of_cells()["near_4"]
    fields = ALGORITHMS["hybrid_choice"].fields_type(
        **{n.removeprefix("field_"): found[n] for n in found if n.startswith("field_")}
    )
    known = ALGORITHMS["hybrid_choice"].transmitted(fields, settings)
    expected = hybrid.decoded(fields, known, events, way)
    assert np.array_equal(found["charges"], expected)
    busy, sent = found["field_busy"], found["sent"]
    assert np.array_equal(busy, np.count_nonzero(events.calq, axis=1) >= 8) and busy.any()
    np.testing.assert_allclose(expected[sent], found["sent_charges"][sent], rtol=1e-12)
    quiet = way(known, events)
    assert np.array_equal(expected[~busy], quiet[~busy])
    assert not np.allclose(expected[busy], quiet[busy])
    with pytest.raises(BadInput, match=r"--spread near_4: hybrid_choice has none, drop\+decoder"):
        decode_file(frames, tmp_path / "other.npz", "near_4", mine.path)
    other = Weights.random(network, 1).save(tmp_path / "weights.npz")
    encode_files(test, tmp_path / "foreign.npz", values, network, other)
    with pytest.raises(BadInput, match=r"made with a weight set .* that is none of"):
        decode_file(tmp_path / "foreign.npz", tmp_path / "out.npz", name, mine.path)


def test_latents_of_another_number_of_links_are_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stand_ins(monkeypatch)
    asked = RunSettings(network="small", links=(1, 2), hybrid=HybridSettings(links=(1, 2)))
    job, network = Job.create(tmp_path / "run", asked), Network.preset("hybrid-1")
    job.run(("hybrid",))
    run = job.path
    weights = Weights.random(network, 1).save(run / weights_file(1))
    sealed_again(run, weights_file(1))
    readouts = save(simulate(SourceSettings(events=20, seed=3), progress=False), tmp_path / "r.npz")
    # Both networks have eight latents of nine bits: only the hash of the weights tells.
    values = {"alg_type": "hybrid_choice", "links": 2, "busy_hits": 8}
    frames = tmp_path / "frames.npz"
    encode_files(readouts, frames, values, network, weights)
    with pytest.raises(BadInput, match=r"that is none of .*/run for 2 links \(2links\.npz\)"):
        decode_file(frames, tmp_path / "out.npz", f"near_4{BUSY_DECODER}", run)


def test_settings_without_one_are_stored_as_before_there_was_one() -> None:
    assert "hybrid" not in RunSettings().model_dump(mode="json")
    asked = RunSettings(hybrid=HybridSettings(links=(2,)))
    stored = asked.model_dump(mode="json")
    assert RunSettings.model_validate(stored) == asked != RunSettings()
