"""Golden, RTL, C++, QKeras and unlimited integers give the same latents in every mode.

A subclass of ``ExactnessMatrix`` is one shape; its variants are the modes (rounding, overflow,
signs, ReLU), all fed with the same bits. By default a few modes a class are run; with ``--campaign
PATH`` all of them are, on more examples, and PATH records what was compared.
"""

import dataclasses
import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import Overflow, Rounding
from asicae.network.plan import WeightedPlan
from asicae.network.weights import Weights
from tests.conformance.exactness.bench import Matrix
from tests.conformance.exactness.campaign import SEED, Campaign
from tests.conformance.exactness.golden import codes_of, golden, mismatches, weights_of
from tests.conformance.exactness.stimulus import Example, any_example, directed, examples
from tests.conformance.exactness.variants import ALL_MODES, some_modes, variants

DRAWN, CAMPAIGN_DRAWN = 8, 40
EXECUTIONS = ("rtl", "emulator", "ac", "ap")


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
    """Whether the layers of a variant differ in their modes."""
    may_be_constant: ClassVar[bool] = False
    """Whether there may be variants in which no flip of a weight shows."""
    qkeras: ClassVar[bool] = True
    """Whether QKeras can express some of the variants."""
    verilog: ClassVar[str] = ""
    """Verilog modules that the kit lacks."""

    @pytest.fixture(scope="class")
    def matrix(
        self,
        request: pytest.FixtureRequest,
        tmp_path_factory: pytest.TempPathFactory,
        campaign: Campaign | None,
    ) -> Matrix:
        """All variants and executions of the class, after all examples."""
        cls: type[ExactnessMatrix] = request.cls
        modes = ALL_MODES if campaign else some_modes(cls.modes, cls.first)
        made = variants(cls.network, modes, mixed=cls.mixed)
        built = Matrix(tmp_path_factory.mktemp("matrix"), made, cls.verilog)
        if campaign is not None:
            campaign.classes[cls.__name__] = built.tally
            campaign.settings["drawn_examples"] = CAMPAIGN_DRAWN
        _run(built, cls.network, CAMPAIGN_DRAWN if campaign else DRAWN)
        return built

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
        for plan in self.network.weighted:
            example, flipped = next(_visible_flips(execution.variants, plan, tried))
            assert mismatches(execution.run(flipped), golden(execution.variants, example))

    @pytest.mark.parametrize("name", EXECUTIONS)
    def test_one_flipped_expected_word_is_found(self, matrix: Matrix, name: str) -> None:
        execution, example = matrix.executions[name], matrix.examples[0]
        expected = golden(execution.variants, example)
        expected[-1][-1, -1] ^= 1
        assert mismatches(execution.run(example), expected) == 1

    def test_qkeras_equals_golden(self, matrix: Matrix) -> None:
        from asicae.training.encoder import build_encoder
        from asicae.training.lowering import qkeras_against_golden

        started = time.monotonic()
        chosen = [variant for variant in matrix.variants if expressible(variant)]
        matrix.tally.combinations["qkeras"] = len(chosen)
        assert bool(chosen) == self.qkeras
        for variant in chosen:
            encoder = build_encoder(variant, 1)
            for example in matrix.examples:
                weights = weights_of(variant, example)
                _load(encoder, variant, weights)
                codes = codes_of(variant, example)
                exactness = qkeras_against_golden(encoder, Encoder(variant, weights), codes)
                matrix.tally.words["golden_vs_qkeras"] += exactness.words
                matrix.tally.mismatches["golden_vs_qkeras"] += exactness.mismatches
        matrix.tally.seconds += time.monotonic() - started
        assert not +matrix.tally.mismatches

    def test_one_flipped_weight_bit_in_qkeras_is_found(self, matrix: Matrix) -> None:
        from asicae.training.encoder import build_encoder
        from asicae.training.lowering import qkeras_against_golden

        found = 0
        for variant in filter(expressible, matrix.variants):
            flips = _visible_flips((variant,), variant.weighted[0], matrix.examples)
            shown = list(itertools.islice(flips, 1))
            assert shown or self.may_be_constant
            for example, flipped in shown:
                encoder = build_encoder(variant, 1)
                _load(encoder, variant, weights_of(variant, flipped))
                weights, codes = weights_of(variant, example), codes_of(variant, example)
                assert qkeras_against_golden(encoder, Encoder(variant, weights), codes).mismatches
                found += 1
        assert bool(found) == self.qkeras


def _visible_flips(
    variants: Sequence[Network], plan: WeightedPlan, tried: Iterable[Example]
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
    for plan in variant.weighted:
        arrays = [weights.arrays[p.name] * p.type.lsb for p in (plan.kernel, plan.bias)]
        encoder.get_layer(plan.name).set_weights(arrays)


def expressible(variant: Network) -> bool:
    """Whether QKeras can compute a variant."""
    from asicae.training.encoder import check_expressible

    try:
        check_expressible(variant)
    except BadInput:
        return False
    return True
