"""Settings of the source: from words, a file, the command line, and what is refused."""

import numpy as np
import pytest
from typer.testing import CliRunner

from asicae.cli.main import app
from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_toml
from asicae.readout.reading import load
from asicae.source.settings import SourceSettings, mix_from, pileup_from, settings_from
from asicae.source.simulate import simulate


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"events": 0}, "setting: events: found 0, input should be greater than or equal to 1"),
        ({"seed": -1}, "setting: seed: found -1"),
        (
            {"mixture": "both"},
            "setting: mixture: found 'both', input should be 'signal' or 'pileup'",
        ),
        ({"pileup": ()}, "pileup is"),
        ({"pileup": (401,) * 1000}, "allowed is one or more of 0..400"),
        ({"mixture": "pileup", "pileup": (0,)}, "pileup is 0 in a mixture without signal"),
        ({"electrons": 0, "photons": 0, "pions": 0}, "jets are all 0, allowed"),
        ({"pt_min_gev": 50, "pt_max_gev": 20}, "pt_max_gev is 20, allowed is pt_min_gev 50"),
        ({"layers": (2,)}, r"layers holds \[2\], allowed"),
        ({"threshold_mip_t": float("nan")}, "setting: threshold_mip_t"),
        ({"colour": 1}, "setting: colour: found 1"),
        ({"dead_cells": (3, 48)}, r"dead_cells is \[3, 48\], allowed are different ones of 0..47"),
        ({"dead_cells": (3, 3) * 1000}, "allowed are different ones"),
        ({"dead_share": 1.0}, "setting: dead_share"),
        ({"saturation_fc": 50.0}, "setting: saturation_fc"),
    ],
)
def test_bad_settings_are_refused_in_one_line(values, message):
    with pytest.raises(BadInput, match=message) as error:
        settings_from(values)
    assert "\n" not in str(error.value)


def test_settings_from_words_and_from_a_file(tmp_path):
    assert mix_from("jets=2, photons=0.5") == {
        "electrons": 0, "photons": 0.5, "pions": 0, "neutral_pions": 0, "jets": 2,
    }  # fmt: skip
    assert pileup_from("0, 140,200") == (0, 140, 200)
    for text in ("muons=1", "jets", "jets=-1", "jets=nan", "jets=x", ""):
        with pytest.raises(BadInput, match="allowed is KIND=SHARE with one of electrons, photons"):
            mix_from(text)
    with pytest.raises(BadInput, match="mix: found 'jets' twice in 'jets=1,jets=2', allowed is on"):
        mix_from("jets=1,jets=2")
    for text in ("a", "1.5", "-3", "", "140,", "9" * 5000):
        with pytest.raises(BadInput, match="allowed are whole numbers"):
            pileup_from(text)
    path = tmp_path / "s.toml"
    path.write_text("jets = 1.0\npartial = true\nlayers = [5, 7]\n")
    settings = settings_from(read_toml(path))
    assert settings.jets == 1.0 and settings.partial and settings.layers == (5, 7)


def test_the_command_line_simulates_what_the_settings_say(tmp_path):
    path, toml = tmp_path / "jets.npz", tmp_path / "s.toml"
    toml.write_text("noise_scale = 2.0\nevents = 9\n")
    words = (
        f"data simulate -o {path} -s {toml} --events 200 --seed 4 --mix jets=1 --pileup 0,200"
        " --partial --dead-share 0.1 --threads 1"
    )
    result = CliRunner().invoke(app, words.split())
    assert result.exit_code == 0, result.output
    ours = simulate(
        SourceSettings(
            events=200, seed=4, electrons=0, photons=0, pions=0, jets=1, pileup=(0, 200),
            partial=True, dead_share=0.1, noise_scale=2.0,
        )
    )  # fmt: skip
    assert np.array_equal(ours.calq, load(path).calq) and len(ours) == 200
