"""The exactness suite on sums of nodes."""

import pytest

from asicae.network.ops.add import Add
from tests.conformance.exactness.shapes import TYPE, conv, dense, network
from tests.conformance.exactness.suite import ExactnessMatrix

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
pytest.importorskip("hls4ml", reason="no headers of ac_types and ap_types: asicae[hls]")

pytestmark = pytest.mark.build


class TestAdd(ExactnessMatrix):
    """A skip past a layer, of another type than what it joins; then a sum of three rows."""

    network = network(
        "4x4x3",
        "ufixed<5,1>",
        conv("fixed<4,1> fixed<5,1> fixed<5,2>", (2, 2), (2, 2), "valid"),
        conv("fixed<3,1> fixed<4,1> fixed<4,1>", (2, 2), (1, 1), "same"),
        Add(name="skip", inputs=("conv_a", "conv_b"), output=TYPE("fixed<4,2>")),
        dense("fixed<4,1> fixed<5,2> fixed<4,2>", 2),
        dense("fixed<4,1> fixed<5,2> fixed<6,3>", 2).model_copy(update={"inputs": ("input",)}),
        Add(name="rows", inputs=("dense_d", "dense_e"), output=TYPE("fixed<4,2>")),
        live=(0, 5, 10, 15, 21, 22, 33, 38, 41),
    )
    modes = 12
    may_be_constant = True
