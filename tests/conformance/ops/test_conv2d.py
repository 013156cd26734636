"""The exactness suite on convolutions, each in front of a dense layer."""

from pathlib import Path

import pytest

from asicae.module.geometry import N_CELLS
from asicae.network.plan import FLOAT32_EXACT_BITS
from tests.conformance.exactness.bench import Matrix
from tests.conformance.exactness.rtl import bench_verilog
from tests.conformance.exactness.shapes import conv, dense, network
from tests.conformance.exactness.suite import ExactnessMatrix, expressible
from tests.conformance.exactness.variants import some_modes, variants
from tests.support.rtl_harness import lint

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
pytest.importorskip("hls4ml", reason="no headers of ac_types and ap_types: asicae[hls]")

pytestmark = pytest.mark.build


class TestSame(ExactnessMatrix):
    """The geometry of the ECON-T; every pair of rounding and overflow by default."""

    network = network(
        "8x8",
        "ufixed<6,1>",
        conv("fixed<5,1> fixed<5,1> fixed<5,2>", (3, 3), (2, 2), "same"),
        dense("fixed<4,1> fixed<6,2> fixed<5,2>", 2),
        live=(0, 1, 5, 7, 8, 9, 13, 15, 16, 18, 22, 23, 26, 30, 31, 32, 35, 39, 42, 47),
    )
    modes = 32


class TestValid(ExactnessMatrix):
    """No padding, strides that leave pixels out, all cells, accumulators of exactly 24 bits."""

    network = network(
        "8x8",
        "ufixed<10,1>",
        conv("fixed<10,2> fixed<9,1> fixed<8,3>", (3, 3), (3, 3), "valid", filters=2),
        dense("fixed<8,1> fixed<9,2> fixed<7,3>", 2),
    )
    first = 1

    def test_qkeras_is_held_to_its_widest_accumulators(self, matrix: Matrix) -> None:
        chosen = filter(expressible, matrix.variants)
        widths = [plan.accumulator_width for variant in chosen for plan in variant.plans]
        assert max(widths) == FLOAT32_EXACT_BITS


class TestBottomRight(ExactnessMatrix):
    """Zeros below and to the right only, a window that is not square."""

    network = network(
        "8x8",
        "ufixed<5,1>",
        conv("fixed<4,1> fixed<6,1> fixed<4,2>", (3, 2), (2, 3), ((0, 1), (0, 1))),
        dense("fixed<5,1> fixed<4,2> fixed<6,3>", 2),
    )
    first = 2


class TestAsymmetric(ExactnessMatrix):
    """Other zeros on each of the four sides."""

    network = network(
        "8x8",
        "ufixed<5,1>",
        conv("fixed<5,1> fixed<4,1> fixed<6,2>", (4, 5), (3, 3), ((2, 0), (1, 3))),
        dense("fixed<4,1> fixed<5,2> fixed<4,2>", 2),
        live=(0, 1, 3, 6, 7, 8, 10, 14, 17, 20, 24, 25, 29, 31, 33, 36, 40, 43, 44, 47),
    )
    first = 3


class TestThreeChannels(ExactnessMatrix):
    """One channel a rhombus, a window larger than the image, stride 1."""

    network = network(
        "4x4x3",
        "ufixed<6,1>",
        conv("fixed<4,1> fixed<5,1> fixed<5,2>", (5, 5), (1, 1), "same"),
        dense("fixed<4,1> fixed<4,1> fixed<5,3>", 1),
        live=(0, 15, 21, 38, 41),
    )
    first = 4


class TestTwoConvolutions(ExactnessMatrix):
    """A 1x1 convolution before a 2x2 one; arrays out of order in the weight image."""

    network = network(
        "4x4x3",
        "ufixed<5,1>",
        conv("fixed<4,1> fixed<5,1> fixed<5,1>", (1, 1), (1, 1), "valid", filters=2),
        conv("fixed<5,1> fixed<4,1> fixed<5,2>", (2, 2), (2, 2), "same"),
        dense("fixed<4,1> fixed<5,2> fixed<4,2>", 2),
        live=tuple(range(0, N_CELLS, 2)),
        order=(
            "dense_c.bias", "conv_b.kernel", "conv_a.bias",
            "conv_a.kernel", "dense_c.kernel", "conv_b.bias",
        ),
    )  # fmt: skip
    first = 5
    may_be_constant = True


class TestRow(ExactnessMatrix):
    """The cells in a row, a window and steps of more than 16."""

    network = network(
        "flat",
        "ufixed<4,1>",
        conv("fixed<6,1> fixed<5,1> fixed<5,2>", (1, 20), (1, 17), "same"),
        dense("fixed<5,1> fixed<6,2> fixed<5,2>", 2),
        live=tuple(range(0, N_CELLS, 3)),
    )
    first = 6


class TestWideConvolutions(ExactnessMatrix):
    """Types of up to 16 bits and another mode in each layer, several channels, zeros anywhere."""

    network = network(
        "4x4x3",
        "ufixed<12,1>",
        conv("fixed<16,2> fixed<14,3> fixed<15,4>", (3, 2), (2, 3), ((2, 0), (1, 3)), filters=2),
        conv("fixed<11,1> fixed<16,5> fixed<13,6>", (2, 3), (2, 1), ((0, 1), (2, 0)), filters=3),
        dense("fixed<16,3> fixed<12,4> fixed<16,8>", 2),
        live=tuple(range(1, N_CELLS, 3)),
    )
    mixed = True
    first = 9
    qkeras = False  # too wide

    def test_widths_and_modes_differ_from_layer_to_layer(self, matrix: Matrix) -> None:
        for variant in matrix.variants:
            outputs = [plan.output_type for plan in variant.plans]
            assert len({(kind.rounding, kind.overflow) for kind in outputs}) == len(outputs)
            assert len({kind.width for kind in outputs}) == len(outputs)
            assert max(plan.accumulator_width for plan in variant.plans) > FLOAT32_EXACT_BITS


class TestOneBit(ExactnessMatrix):
    """Types of one bit: 0 and 1, or 0 and -1; some variants have nothing but zeros."""

    network = network(
        "4x4x3",
        "ufixed<1,1>",
        conv("fixed<1,1> fixed<1,0> fixed<1,1>", (2, 2), (2, 2), "valid"),
        dense("fixed<6,1> fixed<1,-4> fixed<3,1>", 2),
        live=tuple(range(0, N_CELLS, 3)),
    )
    first = 8
    may_be_constant = True

    def test_no_variant_gives_a_warning(self, tmp_path: Path) -> None:
        """An accumulator may be narrower than an operand: where that is always zero."""
        modes = some_modes(self.modes, self.first)
        assert lint(tmp_path, bench_verilog(variants(self.network, modes, mixed=False))) == ""
