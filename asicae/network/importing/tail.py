"""Latents cut to fewer bits behind their quantiser, as published encoders do it: the keep mask.

``floor(x * 2^k) / 2^k`` clears the bits below 2^-k, of negative values as well, and a minimum
behind it bounds nothing that is left. The chip does the same with its keep mask.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.fixed_point import FixedPoint

LAYER: Final = "TFOpLambda"
"""How Keras 2 writes an operation of TensorFlow that stands in a graph."""
MULTIPLY, FLOOR, DIVIDE, MINIMUM = "math.multiply", "math.floor", "math.truediv", "math.minimum"
FUNCTIONS: Final = (MULTIPLY, FLOOR, DIVIDE, "math.divide", MINIMUM)
ARGUMENTS: Final = ("y", "name")
"""What such an operation is called with: a number, and a name, which does nothing."""
_ORDER: Final = (MULTIPLY, FLOOR, DIVIDE, MINIMUM)
MAX_SHIFT: Final = 64


@dataclass
class Tail:
    """The operations so far; the first three come together, a minimum may follow.

    Attributes:
        kind: of the latents.
        shift: latents are cut to multiples of 2^-shift.
        done: how many of multiply, floor, divide, minimum there were.
    """

    kind: FixedPoint
    shift: int = 0
    done: int = 0

    def add(self, function: str, arguments: Mapping[str, Any], where: str) -> None:
        """Take one operation, on one tensor and with one number.

        Raises:
            BadInput: another one than comes next, or a number that changes more than bits.
        """
        name = DIVIDE if function == "math.divide" else function
        expected = _ORDER[self.done] if self.done < len(_ORDER) else "none"
        if name != expected:
            raise BadInput(
                f"{where}: {function}, allowed here is {expected} (of the tail that cuts latents: "
                "multiply, floor, divide, minimum)"
            )
        steps: dict[str, Callable[[], None]] = {
            MULTIPLY: lambda: self._multiply(arguments.get("y"), where),
            FLOOR: lambda: None,
            DIVIDE: lambda: self._divide(arguments.get("y"), where),
            MINIMUM: lambda: self._minimum(arguments.get("y"), where),
        }
        steps[name]()
        self.done += 1

    def keep(self, where: str) -> int:
        """The bits that are left of a latent, as an unsigned number.

        Raises:
            BadInput: multiplied and not divided.
        """
        if self.done < len(_ORDER) - 1:
            raise BadInput(f"{where}: the latents end before {_ORDER[self.done]}")
        width = self.kind.width
        return (1 << width) - (1 << max(0, self.kind.fraction - self.shift))

    def _multiply(self, factor: Any, where: str) -> None:
        shift = _shift(factor, where)
        lowest = self.kind.fraction - self.kind.width + 1
        if shift < lowest:
            raise BadInput(
                f"{where}: by {short(factor)} leaves no bit of {self.kind}, allowed are powers of "
                f"two from {2.0**lowest:g}"
            )
        self.shift = shift

    def _divide(self, divisor: Any, where: str) -> None:
        if _shift(divisor, where) != self.shift:
            raise BadInput(
                f"{where}: by {short(divisor)}, allowed is what was multiplied by, "
                f"{2.0**self.shift:g}"
            )

    def _minimum(self, bound: Any, where: str) -> None:
        cleared = max(0, self.kind.fraction - self.shift)
        largest = (self.kind.raw_max >> cleared << cleared) * 2.0**-self.kind.fraction
        if not _is_number(bound) or bound < largest:
            raise BadInput(
                f"{where}: with {short(bound)}, allowed are numbers from {largest:g}, the largest "
                "latent, on: the chip bounds none"
            )


def is_cut(kind: str, config: Mapping[str, Any]) -> bool:
    """Whether a layer of this class and configuration is an operation of such a tail."""
    return kind == LAYER and config.get("function") in FUNCTIONS


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shift(value: Any, where: str) -> int:
    """The exponent of a power of two."""
    if _is_number(value):
        for shift in range(-MAX_SHIFT, MAX_SHIFT):
            if value == 2.0**shift:
                return shift
    raise BadInput(f"{where}: by {short(value)}, allowed is one number that is a power of two")
