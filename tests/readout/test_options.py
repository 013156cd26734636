"""Choices in words, and what is wrong with them."""

import pytest

from asicae.foundation.errors import BadInput
from asicae.readout.options import (
    Options,
    branches_from,
    calibration_from,
    mux_from,
    place_from,
)
from asicae.readout.selection import selection_from


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: selection_from("5,x"), "layers '5,x': found 'x', allowed are numbers 1..200"),
        (lambda: selection_from("0"), "layers '0'"),
        (lambda: selection_from("9-5"), "found '9-5'"),
        (lambda: selection_from(wafers=["3"]), "wafer: found '3', allowed are 2 integers"),
        (lambda: selection_from(wafer_types="3"), "allowed are numbers 0..2"),
        (lambda: selection_from(density="MD"), "density 'MD': allowed are HD and LD"),
        (lambda: selection_from(min_signal_fraction=2.0), "signal fraction 2: allowed is 0..1"),
        (lambda: place_from("9,3,-2"), "module: found '9,3,-2', allowed are 4 integers"),
        (lambda: place_from("9,3,-2,3"), "wafer_type is 3, allowed is 0..2"),
        (lambda: branches_from(["layer"]), "branch 'layer': allowed is KEY=NAME"),
        (lambda: Options(branches={"x": "y"}), "branch of 'x': allowed are layer, "),
        (lambda: Options(order="mux"), "cell order 'mux' is unknown"),
        (lambda: Options(calibration=4096), "calibration 4096: allowed is 0..4095"),
        (lambda: Options(calibration=(1, 2)), "calibration: found 2 entries, allowed are 48"),
        (lambda: Options(mux=(1, 2)), "mux: found 2 entries"),
    ],
)
def test_bad_choices_are_one_line(make, words):
    with pytest.raises(BadInput) as error:
        make()
    assert words in str(error.value) and "\n" not in str(error.value)


def test_files_of_multiplexer_settings_and_calibration_factors(tmp_path):
    path = tmp_path / "mux.csv"
    path.write_text("a header\n" + ",".join(map(str, range(47, -1, -1))) + "\n\n")
    assert mux_from(path) == tuple(range(47, -1, -1))
    path.write_text(",".join(["48"] * 48))
    with pytest.raises(BadInput, match=r"mux\.csv: found 48 for cell 0, allowed is 0\.\.47"):
        mux_from(path)
    assert calibration_from("4095") == 4095
    path.write_text(",".join(map(str, range(48))))
    assert calibration_from(str(path)) == tuple(range(48))
    path.write_text(",".join(["4096"] * 48))
    with pytest.raises(BadInput, match=r"mux\.csv: found 4096 for cell 0, allowed is 0\.\.4095"):
        calibration_from(str(path))
    with pytest.raises(BadInput, match="cannot be read"):
        mux_from(tmp_path / "absent")
