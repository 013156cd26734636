"""The exactness suite on slopes below zero."""

import pytest

from asicae.network.ops.leaky_relu import LeakyRelu
from tests.conformance.exactness.shapes import TYPE, conv, dense, network
from tests.conformance.exactness.suite import ExactnessMatrix

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
pytest.importorskip("hls4ml", reason="no headers of ac_types and ap_types: asicae[hls]")

pytestmark = pytest.mark.build


class TestLeakyRelu(ExactnessMatrix):
    """A slope that drops bits, and one into a finer type that keeps them all."""

    network = network(
        "4x4x3",
        "ufixed<5,1>",
        conv("fixed<4,1> fixed<5,1> fixed<6,2>", (2, 2), (2, 2), "valid"),
        LeakyRelu(name="leak_a", negative_slope=0.25, output=TYPE("fixed<4,2>")),
        dense("fixed<4,1> fixed<5,2> fixed<5,2>", 3),
        LeakyRelu(name="leak_b", negative_slope=0.5, output=TYPE("fixed<6,2>")),
        live=(0, 5, 10, 15, 21, 22, 33, 38, 41),
    )
    modes = 12
    may_be_constant = True
