"""The mean of each window."""

from typing import Literal

from pydantic import field_validator

from asicae.network.ops.base import Rounded
from asicae.network.ops.pool import Pool


class AveragePool(Pool, Rounded):
    """The mean of all numbers in the window, brought into a type of its own.

    Windows lie inside the image ("valid" in TensorFlow), and have so many numbers that their mean
    is a shift of their sum.
    """

    kind: Literal["average_pool"] = "average_pool"

    @field_validator("pool")
    @classmethod
    def _halves(cls, pool: tuple[int, int]) -> tuple[int, int]:
        count = pool[0] * pool[1]
        if count & (count - 1):
            raise ValueError(
                f"a mean of {count} numbers is not exact in binary; allowed are powers of two"
            )
        return pool

    @property
    def halvings(self) -> int:
        """How often a sum is halved."""
        return (self.pool[0] * self.pool[1]).bit_length() - 1
