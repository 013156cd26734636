"""The exactness suite on nodes that stand side by side."""

import pytest

from asicae.network.ops.concatenate import Concatenate
from tests.conformance.exactness.shapes import conv, dense, network
from tests.conformance.exactness.suite import ExactnessMatrix

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
pytest.importorskip("hls4ml", reason="no headers of ac_types and ap_types: asicae[hls]")

pytestmark = pytest.mark.build


class TestConcatenate(ExactnessMatrix):
    """Images of other types and channels, and rows of which one sees the cells; latents of all,
    flattened; listed in another order than they can be computed in.
    """

    network = network(
        "4x4x3",
        "ufixed<5,1>",
        conv("fixed<4,1> fixed<5,1> fixed<5,2>", (2, 2), (2, 2), "valid"),
        Concatenate(name="images", inputs=("conv_a", "conv_c")),
        conv("fixed<3,1> fixed<4,1> fixed<4,1>", (2, 2), (2, 2), "valid", filters=2).model_copy(
            update={"inputs": ("input",)}
        ),
        dense("fixed<4,1> fixed<5,2> fixed<4,2>", 2).model_copy(update={"inputs": ("images_b",)}),
        dense("fixed<4,1> fixed<5,2> fixed<6,3>", 1).model_copy(update={"inputs": ("input",)}),
        Concatenate(name="rows", inputs=("conv_c", "dense_d", "conv_a", "dense_e"), flatten=True),
        live=(0, 5, 10, 15, 21, 22, 33, 38, 41),
    )
    modes = 12
    may_be_constant = True
