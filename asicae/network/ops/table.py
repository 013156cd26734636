"""All kinds of layers, and how a description names one."""

from functools import cache
from typing import Annotated, Any, Union

from pydantic import Field, PlainValidator, SerializeAsAny, TypeAdapter

from asicae.network.ops.add import Add
from asicae.network.ops.average_pool import AveragePool
from asicae.network.ops.base import Layer
from asicae.network.ops.concatenate import Concatenate
from asicae.network.ops.conv2d import Conv2D
from asicae.network.ops.dense import Dense
from asicae.network.ops.depthwise_conv2d import DepthwiseConv2D
from asicae.network.ops.leaky_relu import LeakyRelu
from asicae.network.ops.max_pool import MaxPool

OPS: dict[str, type[Layer]] = {
    "conv2d": Conv2D,
    "dense": Dense,
    "concatenate": Concatenate,
    "add": Add,
    "max_pool": MaxPool,
    "average_pool": AveragePool,
    "depthwise_conv2d": DepthwiseConv2D,
    "leaky_relu": LeakyRelu,
}
"""The class of every kind; whoever treats kinds differently has a table with the same keys."""


def _layer(content: Any) -> Layer:
    """A layer of the kind that ``content`` names; errors name the key as those of pydantic do."""
    layer: Layer = _union(tuple(OPS.values())).validate_python(content, strict=True)
    return layer


@cache
def _union(kinds: tuple[type[Layer], ...]) -> TypeAdapter[Any]:
    # Made of the table when it is asked for, so that a row may be added at run time.
    union: Any = Annotated[Union[kinds], Field(discriminator="kind")]  # noqa: UP007
    return TypeAdapter(union)


AnyLayer = Annotated[SerializeAsAny[Layer], PlainValidator(_layer)]
"""A layer of any kind, in a pydantic model."""
