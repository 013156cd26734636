"""Networks drawn at random: layers, types, modes, masked cells and the order of the image."""

from hypothesis import strategies as st

from asicae.module.geometry import ARRANGEMENTS
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.ops.conv2d import Conv2D
from asicae.network.ops.dense import Dense


@st.composite
def networks(draw: st.DrawFn) -> Network:
    def kind(signed: bool | None = None) -> FixedPoint:
        return FixedPoint(
            draw(st.integers(2, 9)),
            draw(st.integers(0, 3)),
            draw(st.booleans()) if signed is None else signed,
            draw(st.sampled_from(Rounding)),
            draw(st.sampled_from(Overflow)),
        )

    conv = Conv2D(
        name="conv",
        filters=draw(st.integers(1, 3)),
        kernel=(draw(st.integers(1, 4)), draw(st.integers(1, 4))),
        strides=(draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        padding=draw(st.sampled_from(["same", "valid", ((0, 1), (0, 1)), ((2, 0), (1, 3))])),
        weight=kind(),
        bias=kind(),
        output=kind(),
        relu=draw(st.booleans()),
    )
    dense = Dense(
        name="head", units=3, weight=kind(True), bias=kind(True), output=kind(), relu=False
    )
    arrangement = draw(st.sampled_from(sorted(ARRANGEMENTS)))
    layers = (dense,) if arrangement == "flat" else (conv, dense)
    arrays = [f"{layer.name}.{array}" for layer in layers for array in ("kernel", "bias")]
    return Network(
        name="drawn",
        arrangement=arrangement,
        input=kind(),
        layers=layers,
        masked_cells=tuple(sorted(draw(st.sets(st.integers(0, 47), max_size=9)))),
        image_order=tuple(draw(st.permutations(arrays))),
    )
