"""The largest number of each window."""

from typing import ClassVar, Literal

from asicae.network.ops.base import Shape
from asicae.network.ops.pool import Pool
from asicae.network.ops.window import Pads, pads_of


class MaxPool(Pool):
    """The largest of what lies in the window, as in TensorFlow: what ``padding`` puts around the
    image is never it. It rounds nothing, and its outputs are of the type of its inputs.
    """

    takes_largest: ClassVar[bool] = True

    kind: Literal["max_pool"] = "max_pool"
    padding: Literal["same", "valid"] = "valid"

    def pads(self, image: Shape) -> Pads:
        """As TensorFlow places the window."""
        return pads_of(self.padding, image, self.pool, self.strides)
