"""The window of a kind of layer, as the C++ has it."""

from asicae.export.printed import Constants
from asicae.network.ops.window import Windowed
from asicae.network.plan import LayerPlan


def cpp_window(layer: Windowed, plan: LayerPlan) -> Constants:
    """Its geometry, by constant."""
    window = layer.window(plan.input_shape)
    return [
        ("rows", window.image[0]),
        ("columns", window.image[1]),
        ("channels", window.image[2]),
        ("kernel_rows", window.kernel[0]),
        ("kernel_columns", window.kernel[1]),
        ("stride_rows", window.strides[0]),
        ("stride_columns", window.strides[1]),
        ("pad_top", window.pads[0][0]),
        ("pad_left", window.pads[1][0]),
        ("output_rows", window.outputs[0]),
        ("output_columns", window.outputs[1]),
        ("filters", window.filters),
    ]
