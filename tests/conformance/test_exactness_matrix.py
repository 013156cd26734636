"""Golden, RTL, C++, QKeras and unlimited integers give the same latents in every mode.

A class is one shape; its variants are the modes (rounding, overflow, signs, ReLU), all fed with
the same bits. By default a few modes a class are run; with ``--campaign PATH`` all of them are, on
more examples, and PATH records what was compared.
"""

import dataclasses
import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.ops.conv2d import Conv2D
from asicae.network.ops.dense import Dense
from asicae.network.plan import FLOAT32_EXACT_BITS, MAX_ACCUMULATOR_BITS, LayerPlan
from asicae.network.weights import Weights
from tests.campaigns.exactness_record import Campaign
from tests.conformance.exactness.bench import Matrix
from tests.conformance.exactness.golden import codes_of, golden, mismatches, weights_of
from tests.conformance.exactness.rtl import bench_verilog
from tests.conformance.exactness.stimulus import Example, any_example, directed, examples
from tests.conformance.exactness.variants import ALL_MODES, Mode, some_modes, variants
from tests.support.rtl_harness import lint

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
pytest.importorskip("hls4ml", reason="no headers of ac_types and ap_types: asicae[hls]")
from asicae.training.encoder import build_encoder, check_expressible
from asicae.training.lowering import qkeras_against_golden

pytestmark = pytest.mark.build

SEED = 20260101
DRAWN, CAMPAIGN_DRAWN = 8, 40
EXECUTIONS = ("rtl", "emulator", "ac", "ap")
TYPE = FixedPoint.parse


def conv(
    types: str, kernel: tuple[int, int], strides: tuple[int, int], padding: object, filters: int = 1
) -> Conv2D:
    """A convolution; ``types`` are those of weight, bias and output."""
    weight, bias, output = map(TYPE, types.split())
    return Conv2D(
        name="conv", weight=weight, bias=bias, output=output,
        kernel=kernel, strides=strides, padding=padding, filters=filters,
    )  # fmt: skip


def dense(types: str, units: int) -> Dense:
    """A dense layer; ``types`` are those of weight, bias and output."""
    weight, bias, output = map(TYPE, types.split())
    return Dense(name="dense", weight=weight, bias=bias, output=output, units=units)


def network(
    arrangement: str,
    codes: str,
    *layers: Conv2D | Dense,
    live: tuple[int, ...] = tuple(range(N_CELLS)),
    order: tuple[str, ...] | None = None,
) -> Network:
    """A network that sees only the ``live`` cells; its signs, roundings and so on do not matter."""
    names = "abcdef"
    return Network(
        name="shape",
        arrangement=arrangement,
        input=TYPE(codes),
        layers=tuple(
            layer.model_copy(update={"name": f"{layer.name}_{names[place]}"})
            for place, layer in enumerate(layers)
        ),
        masked_cells=tuple(cell for cell in range(N_CELLS) if cell not in live),
        image_order=order,
    )


@pytest.fixture(scope="class")
def matrix(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    campaign: Campaign | None,
) -> Matrix:
    cls: type[ExactnessMatrix] = request.cls
    modes = ALL_MODES if campaign else some_modes(cls.modes, cls.first)
    built = Matrix(tmp_path_factory.mktemp("matrix"), variants(cls.network, modes, mixed=cls.mixed))
    if campaign is not None:
        campaign.classes[cls.__name__] = built.tally
        campaign.settings |= {"seed": SEED, "drawn_examples": CAMPAIGN_DRAWN}
    _run(built, cls.network, CAMPAIGN_DRAWN if campaign else DRAWN)
    return built


def _run(matrix: Matrix, network: Network, drawn: int) -> None:
    """All examples of a class: the directed ones and those that hypothesis draws."""

    def check(example: Example) -> None:
        matrix.check(example)

    for example in directed(network):
        check(example)
    options = settings(
        max_examples=drawn,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
    )
    seed(SEED)(options(given(examples(network))(check)))()


class ExactnessMatrix:
    """What every shape is held to; a subclass is a shape."""

    network: ClassVar[Network]
    modes: ClassVar[int] = 16
    """How many modes are run by default."""
    first: ClassVar[int] = 0
    """Where the choice of these begins."""
    mixed: ClassVar[bool] = False
    may_be_constant: ClassVar[bool] = False
    """Whether there may be variants in which no flip of a weight shows."""
    """Whether the layers of a variant differ in their modes."""
    qkeras: ClassVar[bool] = True
    """Whether QKeras can express some of the variants."""

    def test_all_executions_give_the_words_of_golden(self, matrix: Matrix) -> None:
        tally = matrix.tally
        words = sum(len(e.rows) for e in matrix.examples) * self.network.latents
        assert set(matrix.executions) == set(EXECUTIONS)
        for name in ("reference", *EXECUTIONS):
            assert tally.words[f"golden_vs_{name}"] == words * tally.combinations[name] > 0
        for name in ("rtl", "emulator", "reference"):
            assert tally.combinations[name] == len(matrix.variants)
        assert not +tally.mismatches

    def test_only_what_ap_types_lack_is_left_out(self, matrix: Matrix) -> None:
        odd = Rounding.RND_CONV_ODD
        for variant in matrix.variants:
            lacks = any(plan.output_type.rounding is odd for plan in variant.plans)
            assert variant in matrix.executions["ac"].variants
            assert (variant in matrix.executions["ap"].variants) != lacks

    def test_the_run_is_not_blind(self, matrix: Matrix) -> None:
        """Ties and inexact numbers of either sign, both ends of the range, wraps, zeros."""
        sides = ("above", "below")
        wanted = {
            f"{'inexact' if rounding.truncates else 'tie'} {rounding} {side} zero"
            for rounding in Rounding
            for side in sides
        }
        wanted |= {f"{overflow} {side}" for overflow in Overflow for side in sides}
        wanted |= {"negative output", "ReLU of a negative"}
        assert wanted <= set(matrix.tally.reached)

    @pytest.mark.parametrize("name", EXECUTIONS)
    def test_one_flipped_weight_bit_is_found(self, matrix: Matrix, name: str) -> None:
        execution = matrix.executions[name]
        tried = (any_example(self.network, SEED), *matrix.examples)
        for plan in self.network.plans:
            example, flipped = next(_visible_flips(execution.variants, plan, tried))
            assert mismatches(execution.run(flipped), golden(execution.variants, example))

    @pytest.mark.parametrize("name", EXECUTIONS)
    def test_one_flipped_expected_word_is_found(self, matrix: Matrix, name: str) -> None:
        execution, example = matrix.executions[name], matrix.examples[0]
        expected = golden(execution.variants, example)
        expected[-1][-1, -1] ^= 1
        assert mismatches(execution.run(example), expected) == 1

    def test_qkeras_equals_golden(self, matrix: Matrix) -> None:
        started = time.monotonic()
        expressible = [variant for variant in matrix.variants if _expressible(variant)]
        matrix.tally.combinations["qkeras"] = len(expressible)
        assert bool(expressible) == self.qkeras
        for variant in expressible:
            encoder = build_encoder(variant, 1)
            for example in matrix.examples:
                weights = weights_of(variant, example)
                _load(encoder, variant, weights)
                codes = codes_of(variant, example)
                exactness = qkeras_against_golden(encoder, variant, weights, codes)
                matrix.tally.words["golden_vs_qkeras"] += exactness.words
                matrix.tally.mismatches["golden_vs_qkeras"] += exactness.mismatches
        matrix.tally.seconds += time.monotonic() - started
        assert not +matrix.tally.mismatches

    def test_one_flipped_weight_bit_in_qkeras_is_found(self, matrix: Matrix) -> None:
        found = 0
        for variant in filter(_expressible, matrix.variants):
            flips = _visible_flips((variant,), variant.plans[0], matrix.examples)
            shown = list(itertools.islice(flips, 1))
            assert shown or self.may_be_constant
            for example, flipped in shown:
                encoder = build_encoder(variant, 1)
                _load(encoder, variant, weights_of(variant, flipped))
                weights, codes = weights_of(variant, example), codes_of(variant, example)
                assert qkeras_against_golden(encoder, variant, weights, codes).mismatches
                found += 1
        assert bool(found) == self.qkeras


def _visible_flips(
    variants: Sequence[Network], plan: LayerPlan, tried: Iterable[Example]
) -> Iterator[tuple[Example, Example]]:
    """Examples, each also with the top bit of a weight of the layer flipped.

    Not every weight matters to every event: golden must say that this one shows.
    """
    width = plan.kernel.type.width
    for example, weight in itertools.product(tried, range(plan.kernel.count)):
        top = plan.kernel.offset + width * weight + width - 1
        flipped = dataclasses.replace(example, image=example.image ^ 1 << top)
        if mismatches(golden(variants, flipped), golden(variants, example)):
            yield example, flipped


def _load(encoder: Any, variant: Network, weights: Weights) -> None:
    for plan in variant.plans:
        arrays = [weights.arrays[p.name] * p.type.lsb for p in (plan.kernel, plan.bias)]
        encoder.get_layer(plan.name).set_weights(arrays)


def _expressible(variant: Network) -> bool:
    try:
        check_expressible(variant)
    except BadInput:
        return False
    return True


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
        expressible = filter(_expressible, matrix.variants)
        widths = [plan.accumulator_width for variant in expressible for plan in variant.plans]
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


def test_the_default_choice_has_every_pair_of_modes() -> None:
    pairs = {(mode.rounding, mode.overflow) for mode in some_modes(32, 0)}
    assert len(pairs) == len(Rounding) * len(Overflow)
    for first in range(10):
        chosen = some_modes(8, first)
        assert {mode.rounding for mode in chosen} == set(Rounding)
        for name in (field.name for field in dataclasses.fields(Mode)):
            assert len({getattr(mode, name) for mode in chosen}) > 1
