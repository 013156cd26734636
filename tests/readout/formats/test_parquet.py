"""Parquet files of others."""

import pyarrow as pa
import pyarrow.parquet as pq

from asicae.readout.reading import load
from tests.readout.golden_files import CALQ, assert_golden


def test_parquet_of_others_is_read_in_simulation_order(tmp_path):
    columns = {"SimEnergyTotal": [2.5, 2.5], "layer": [9, 9], "waferu": [3, 3], "waferv": [-2, -2]}
    columns |= {"HD_LD": [0, 0], "ModType": pa.array(["FM", "FM"]).dictionary_encode()}
    columns |= {f"CALQ_{i}": [float(CALQ[i]), float(CALQ[i] + 1)] for i in range(48)}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    got = load(tmp_path / "a.parquet")
    assert_golden(got)
    assert got.wafer_type.tolist() == [1, 1] and not got.high_density.any()
