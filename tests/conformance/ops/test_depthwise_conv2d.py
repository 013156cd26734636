"""The exactness suite on convolutions of each channel by itself."""

import pytest

from asicae.network.ops.depthwise_conv2d import DepthwiseConv2D
from tests.conformance.exactness.shapes import TYPE, dense, network
from tests.conformance.exactness.suite import ExactnessMatrix

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
pytest.importorskip("hls4ml", reason="no headers of ac_types and ap_types: asicae[hls]")

pytestmark = pytest.mark.build


class TestDepthwise(ExactnessMatrix):
    """Two filters a channel on cells of which some are dead, then zeros on other sides."""

    network = network(
        "4x4x3",
        "ufixed<5,1>",
        DepthwiseConv2D(
            name="first", weight=TYPE("fixed<4,1>"), bias=TYPE("fixed<5,1>"),
            output=TYPE("fixed<5,2>"), multiplier=2, kernel=(3, 2), strides=(2, 2),
        ),
        DepthwiseConv2D(
            name="second", weight=TYPE("fixed<3,1>"), bias=TYPE("fixed<4,1>"),
            output=TYPE("fixed<4,2>"), kernel=(2, 2), strides=(1, 2), padding=((1, 0), (0, 1)),
        ),
        dense("fixed<4,1> fixed<5,2> fixed<4,2>", 2),
        live=(0, 5, 10, 15, 21, 22, 33, 38, 41),
    )  # fmt: skip
    modes = 12
    qkeras = False
    may_be_constant = True
