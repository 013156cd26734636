"""The exactness suite on dense layers alone."""

import pytest

from asicae.module.geometry import N_CELLS
from asicae.network.plan import MAX_ACCUMULATOR_BITS
from tests.conformance.exactness.bench import Matrix
from tests.conformance.exactness.shapes import dense, network
from tests.conformance.exactness.suite import ExactnessMatrix

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
pytest.importorskip("hls4ml", reason="no headers of ac_types and ap_types: asicae[hls]")

pytestmark = pytest.mark.build


class TestDenseDense(ExactnessMatrix):
    """Only dense layers, with accumulators up to 53 bits and another mode in each layer."""

    network = network(
        "flat",
        "ufixed<16,0>",
        dense("fixed<16,16> fixed<16,-16> fixed<16,18>", 3),
        dense("fixed<10,4> fixed<12,10> fixed<13,24>", 2),
        live=tuple(range(3, N_CELLS, 4)),
        order=("dense_b.kernel", "dense_a.bias", "dense_b.bias", "dense_a.kernel"),
    )
    mixed = True
    first = 7
    qkeras = False  # too wide

    def test_golden_is_held_to_its_widest_accumulators(self, matrix: Matrix) -> None:
        widths = [plan.accumulator_width for variant in matrix.variants for plan in variant.plans]
        assert max(widths) == MAX_ACCUMULATOR_BITS
