"""Networks of the exactness suite as their tests write them down."""

from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint
from asicae.network.ops.base import Layer
from asicae.network.ops.conv2d import Conv2D
from asicae.network.ops.dense import Dense

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
    *layers: Layer,
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
