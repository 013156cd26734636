"""The exactness suite on means of windows."""

import pytest

from asicae.network.ops.average_pool import AveragePool
from tests.conformance.exactness.shapes import TYPE, conv, dense, network
from tests.conformance.exactness.suite import ExactnessMatrix

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
pytest.importorskip("hls4ml", reason="no headers of ac_types and ap_types: asicae[hls]")

pytestmark = pytest.mark.build


class TestAveragePool(ExactnessMatrix):
    """Means of 2 and of 4 in windows that overlap, one on the other."""

    network = network(
        "4x4x3",
        "ufixed<5,1>",
        conv("fixed<4,1> fixed<5,1> fixed<5,2>", (1, 1), (1, 1), "valid", filters=2),
        AveragePool(name="mean", pool=(2, 2), strides=(1, 2), output=TYPE("fixed<4,2>")),
        AveragePool(name="mean", pool=(2, 1), strides=(1, 1), output=TYPE("fixed<3,1>")),
        dense("fixed<4,1> fixed<5,2> fixed<4,2>", 2),
        live=(0, 5, 10, 15, 21, 22, 33, 38, 41),
    )
    modes = 12
    may_be_constant = True
