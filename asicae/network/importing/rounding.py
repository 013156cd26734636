"""Quantisers and ReLUs of a model, as rounding, overflow and ReLU of the layers before them."""

from dataclasses import dataclass, replace
from typing import Any

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short
from asicae.network.fixed_point import FixedPoint, Overflow
from asicae.network.importing import fields
from asicae.network.importing.architecture import Node
from asicae.network.importing.codes import Codes
from asicae.network.importing.quantisers import Quantiser, quantiser_of
from asicae.network.importing.read_layer import Origin, ReadLayer, SlopedLayer, Tensor
from asicae.network.importing.specs import is_quantiser, spec_of


@dataclass(frozen=True)
class Rounding:
    """What activations do to the layers so far.

    Attributes:
        source: names the file in messages.
        notes: what a user should know.
    """

    source: str
    notes: list[str]

    def activate(self, node: Node, value: Any, tensor: Tensor) -> None:
        """The activation ``value`` of a layer, or the quantiser that it is, on a tensor.

        Raises:
            BadInput: another function, or a quantiser that cannot be part of the layers before.
        """
        where = f"{self.source}: layer {short(node.name)}: activation"
        if isinstance(value, Quantiser):
            self._quantise(node, value, tensor)
            return
        spec = spec_of(value, where)
        if spec is None or spec.name == "linear":
            return
        if spec.name == "relu":
            self.rectify(node, tensor)
        elif is_quantiser(spec):
            self._quantise(node, quantiser_of(spec, where), tensor)
        else:
            raise BadInput(
                f"{where} {short(spec.name)}, allowed are linear, relu, quantisers of QKeras"
            )

    def sloped(self, node: Node, value: Any) -> Quantiser | None:
        """The quantiser that the activation ``value`` is, if it has a slope below zero.

        Raises:
            BadInput: see ``activate``.
        """
        if isinstance(value, Quantiser):
            return None
        where = f"{self.source}: layer {short(node.name)}: activation"
        spec = spec_of(value, where)
        if spec is None or not is_quantiser(spec):
            return None
        found = quantiser_of(spec, where, of_sums=True)
        return found if found.slope else None

    def plain_relu(self, node: Node, tensor: Tensor | None) -> None:
        """A layer that is a ReLU; without a tensor, one with a slope, which only its options are
        looked at.

        Raises:
            BadInput: it has a threshold or an upper end.
        """
        fields.require(self.source, node, "max_value", None)
        fields.require(self.source, node, "threshold", None, 0, 0.0)
        if tensor is not None:
            self.rectify(node, tensor)

    def rectify(self, node: Node, tensor: Tensor) -> None:
        """ReLU and rounding with saturation change places freely: zero is a code.

        What wraps does so before the ReLU, if it stands before it.
        """
        for owner in tensor.origin.owners:
            self._put(node, tensor, owner, owner.output, True)

    def _quantise(self, node: Node, quantiser: Quantiser, tensor: Tensor) -> None:
        if quantiser.activation_refusal:
            raise BadInput(
                f"{self.source}: layer {short(node.name)}: activation {quantiser.text}: "
                f"{quantiser.activation_refusal}"
            )
        kind = quantiser.type
        wraps = kind.overflow is Overflow.WRAP
        # What saturates at zero is a ReLU.
        relu = quantiser.relu or not (kind.signed or wraps)
        for owner in tensor.origin.owners:
            own = kind
            if wraps and owner.relu and owner.output is None and isinstance(owner, ReadLayer):
                # The hardware would wrap before its ReLU; where nothing wraps, that is the same.
                owner.wrapped = kind
                own = replace(kind, overflow=Overflow.SAT)
            output = self._again(node, owner.output, own, owner.relu)
            self._put(node, tensor, owner, output, relu or owner.relu)

    def _put(
        self, node: Node, tensor: Tensor, owner: Origin, output: FixedPoint | None, relu: bool
    ) -> None:
        rectifies = relu and not owner.relu and (output is None or output.signed)
        if tensor.shared and (output != owner.output or rectifies):
            raise fields.refusal(
                self.source,
                node,
                "changes values that other layers take without it, allowed is a quantiser before "
                "the ways part",
            )
        if isinstance(owner, SlopedLayer) and relu:
            if output is None or output.signed:
                slope = short(owner.step.node.name)
                raise fields.refusal(self.source, node, f"a ReLU behind the slope of {slope}")
            relu = False  # a type without sign has nothing below zero
        owner.output, owner.relu = output, relu
        if isinstance(owner, Codes):
            self._rectify_codes(node, owner)

    def _rectify_codes(self, node: Node, codes: Codes) -> None:
        kind = codes.output
        try:
            if codes.rectified():
                self._note(node, f"a ReLU on {kind}: the input is {codes.output}")
        except ValueError as error:
            raise fields.refusal(self.source, node, f"a ReLU on {kind}: {error}") from None

    def _again(
        self, node: Node, before: FixedPoint | None, kind: FixedPoint, relu: bool
    ) -> FixedPoint:
        """The type after a quantiser; one behind another must change no value, but may be a ReLU.

        ``relu``: whether the values before it are those of a ReLU.
        """
        if before is None:
            return kind
        low, high = before.limits
        saturates = not kind.signed and kind.overflow is not Overflow.WRAP
        if relu or saturates:  # at zero: a ReLU, and no other change
            low = 0
        shift = kind.fraction - before.fraction
        inside = shift >= 0 and kind.limits[0] <= low << shift and high << shift <= kind.limits[1]
        if not inside:
            raise fields.refusal(
                self.source,
                node,
                f"values of {before} are quantised again, to {kind}; allowed is once",
            )
        rectifies = before.limits[0] < low and not relu
        does = "is a ReLU of" if rectifies else "changes no value of"
        self._note(node, f"{kind} {does} {before}")
        return before

    def _note(self, node: Node, text: str) -> None:
        note = f"layer {short(node.name)}: {text}"
        if note not in self.notes:
            self.notes.append(note)
