"""The choice of modes that the exactness suite runs by default."""

import dataclasses

from asicae.network.fixed_point import Overflow, Rounding
from tests.conformance.exactness.variants import Mode, some_modes


def test_the_default_choice_has_every_pair_of_modes() -> None:
    pairs = {(mode.rounding, mode.overflow) for mode in some_modes(32, 0)}
    assert len(pairs) == len(Rounding) * len(Overflow)
    for first in range(10):
        chosen = some_modes(8, first)
        assert {mode.rounding for mode in chosen} == set(Rounding)
        for name in (field.name for field in dataclasses.fields(Mode)):
            assert len({getattr(mode, name) for mode in chosen}) > 1
