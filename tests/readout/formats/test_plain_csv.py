"""CSV without a header: golden files."""

import pytest

from asicae.foundation.errors import BadInput
from asicae.readout.options import (
    Options,
)
from asicae.readout.reading import load
from tests.readout.golden_files import CALQ, PLACE, assert_golden, plain_csv


def test_plain_csv_and_its_first_row(tmp_path):
    path = plain_csv(tmp_path / "a.csv")
    got = load(path, options=Options(place=PLACE))
    assert_golden(got)
    assert got.eta.tolist() == [1.75, 1.75] and got.layer.tolist() == [9, 9]
    with pytest.raises(BadInput, match=r"does not say which module.*--module LAYER,U,V,TYPE"):
        load(path)
    only_cells = tmp_path / "b.csv"
    only_cells.write_text("\n".join(",".join(f"{v}.0" for v in CALQ + row) for row in range(3)))
    assert_golden(load(only_cells, options=Options(place=PLACE)), 3)
