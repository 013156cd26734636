"""The window of a layer without weights, as Verilog, C++ and ONNX have it."""

from typing import Any

from asicae.export.printed import Constants, Numbers
from asicae.network.ops.pool import Pool
from asicae.network.plan import LayerPlan


def verilog_pool(layer: Pool, plan: LayerPlan) -> Numbers:
    """Its geometry, by parameter, without what lies around the image."""
    rows, columns, channels = plan.input_shape
    return [
        ("IN_ROWS", rows),
        ("IN_COLS", columns),
        ("CHANNELS", channels),
        ("POOL_ROWS", layer.pool[0]),
        ("POOL_COLS", layer.pool[1]),
        ("STRIDE_ROWS", layer.strides[0]),
        ("STRIDE_COLS", layer.strides[1]),
        ("OUT_ROWS", plan.output_shape[0]),
        ("OUT_COLS", plan.output_shape[1]),
    ]


def cpp_pool(layer: Pool, plan: LayerPlan) -> Constants:
    """Its geometry, by constant, without what lies around the image."""
    rows, columns, channels = plan.input_shape
    return [
        ("rows", rows),
        ("columns", columns),
        ("channels", channels),
        ("pool_rows", layer.pool[0]),
        ("pool_columns", layer.pool[1]),
        ("stride_rows", layer.strides[0]),
        ("stride_columns", layer.strides[1]),
        ("output_rows", plan.output_shape[0]),
        ("output_columns", plan.output_shape[1]),
    ]


def onnx_pool(layer: Pool, plan: LayerPlan) -> dict[str, Any]:
    """Attributes of a pooling node."""
    (top, bottom), (left, right) = layer.pads(plan.input_shape)
    return {
        "kernel_shape": layer.pool,
        "strides": layer.strides,
        "pads": (top, left, bottom, right),
    }
