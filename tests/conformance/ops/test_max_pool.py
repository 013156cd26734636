"""The exactness suite on the largest of windows."""

import pytest

from asicae.network.ops.concatenate import Concatenate
from asicae.network.ops.max_pool import MaxPool
from tests.conformance.exactness.shapes import conv, dense, network
from tests.conformance.exactness.suite import ExactnessMatrix

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
pytest.importorskip("hls4ml", reason="no headers of ac_types and ap_types: asicae[hls]")

pytestmark = pytest.mark.build


class TestMaxPool(ExactnessMatrix):
    """On cells of which some are dead, with windows over the edge, and on a layer beside."""

    network = network(
        "4x4x3",
        "ufixed<5,1>",
        MaxPool(name="pool", pool=(3, 2), strides=(2, 3), padding="same"),
        conv("fixed<4,1> fixed<5,1> fixed<5,2>", (2, 2), (1, 1), "valid").model_copy(
            update={"inputs": ("input",)}
        ),
        MaxPool(name="pool", pool=(2, 3), strides=(1, 2), padding="same"),
        dense("fixed<4,1> fixed<5,2> fixed<4,2>", 2),
        dense("fixed<4,1> fixed<5,2> fixed<4,2>", 1).model_copy(update={"inputs": ("pool_a",)}),
        Concatenate(name="rows", inputs=("dense_d", "dense_e")),
        live=(0, 5, 10, 15, 21, 22, 33, 38, 41),
    )
    modes = 12
    may_be_constant = True
