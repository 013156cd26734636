"""Generated Verilog: asicae_top, or its layers alone, from templates that hold no logic."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.registers import register_map
from asicae.export.templates import render
from asicae.module.codes import CALQ_BITS
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.layers import Conv2D
from asicae.network.plan import LayerPlan

TOP = "asicae_top"
SUM_BITS = 9  # 5E4M
ROUNDING_NUMBER = {mode: number for number, mode in enumerate(Rounding)}
OVERFLOW_NUMBER = {mode: number for number, mode in enumerate(Overflow)}
"""How the RTL counts the modes: in the order of the enumerations; written out in requantise.v."""


def top_verilog(network: Network) -> str:
    """Verilog text of asicae_top for ``network``; equal networks give equal bytes."""
    return render(
        "asicae_top.v.j2",
        **_chain(network),
        device_address=DEVICE_ADDRESS,
        calq_width=CALQ_BITS,
        calq_bits=N_CELLS * CALQ_BITS,
        sum_width=SUM_BITS,
        normaliser=normaliser_parameters(network),
        latent_width=network.latent_type.width,
        register_file=register_file_parameters(network),
    )


def layers_verilog(network: Network, module_name: str) -> str:
    """Verilog text of the layers of ``network`` alone, as asicae_top has them, for benches.

    The module has no clock. Ports: ``codes_i``, 48 codes of the input type in AE order, cell k at
    [k * width +: width]; ``weights_i``, the weight image; ``latent_o``, latent i at
    [i * width +: width], before the keep mask. ``module_name`` must be a Verilog identifier.
    """
    return render("layers_only.v.j2", **_chain(network), module_name=module_name)


def _chain(network: Network) -> dict[str, Any]:
    """What ``layers.v.j2`` wants."""
    code_width = network.input.width
    return {
        "network": network,
        "code_width": code_width,
        "code_bits": N_CELLS * code_width,
        "pixel_bits": network.live_inputs.size * code_width,
        "pixel_runs": pixel_runs(network),
        "latent_bits": network.latents * network.latent_type.width,
        "layers": _layers(network),
    }


@dataclass
class PixelRun:
    """``count`` neighbouring pixels that show neighbouring cells, or no cell at all (None)."""

    pixel: int
    cell: int | None
    count: int = 1


def pixel_runs(network: Network) -> list[PixelRun]:
    """The arrangement as slices: every pixel once, in order."""
    cells: list[int | None] = [None] * network.live_inputs.size
    for cell, pixel in enumerate(network.cells.pixels):
        cells[int(pixel)] = cell
    runs: list[PixelRun] = []
    for place, shown in enumerate(cells):
        last = runs[-1] if runs else None
        following = last.cell + last.count if last and last.cell is not None else None
        if last is not None and shown == following:
            last.count += 1
        else:
            runs.append(PixelRun(place, shown))
    return runs


def register_file_parameters(network: Network) -> list[tuple[str, str]]:
    """Parameters of the register_file instance, as (name, Verilog literal)."""
    registers = register_map(network)

    def address(name: str) -> str:
        return f"16'h{registers[name].address:04X}"

    return [
        ("KEEP_BITS", str(network.latents * network.latent_type.width)),
        ("KEEP_ADDRESS", address("KEEP")),
        ("WEIGHT_BYTES", str(network.image_bytes)),
        ("WEIGHT_ADDRESS", address("WEIGHTS")),
        ("TMR_ERRORS_ADDRESS", address("TMR_ERRORS")),
        ("IDENTITY_ADDRESS", address("IDENTITY")),
        ("IDENTITY", f"32'h{registers['IDENTITY'].reset:08X}"),
        ("DESIGN_HASH_ADDRESS", address("DESIGN_HASH")),
        ("DESIGN_HASH", f"32'h{network.design_hash:08X}"),
        ("CONTROL_ADDRESS", address("CONTROL")),
        ("STATUS_ADDRESS", address("STATUS")),
        ("CRC_ADDRESS", address("CRC")),
        ("OTHER_ERRORS", "3"),
    ]


def normaliser_parameters(network: Network) -> dict[str, int]:
    """Parameters of the normaliser instance: 48 charges and the type of the codes."""
    kind = network.input
    return {
        "CELLS": N_CELLS,
        "CALQ_WIDTH": CALQ_BITS,
        "CODE_WIDTH": kind.width,
        "CODE_SIGNED": int(kind.signed),
        "CODE_FRACTION": kind.fraction,
        "ROUNDING": ROUNDING_NUMBER[kind.rounding],
        "OVERFLOW": OVERFLOW_NUMBER[kind.overflow],
    }


def layer_parameters(plan: LayerPlan) -> dict[str, int]:
    """Parameters of the instance of one layer; bit i of LIVE is flat input i."""
    kind = plan.output_type
    arithmetic: list[tuple[str, int]] = [
        *_operand("INPUT", plan.input_type),
        *_operand("WEIGHT", plan.kernel.type),
        *_operand("BIAS", plan.bias.type),
        ("PRODUCT_SHIFT", plan.product_shift),
        ("BIAS_SHIFT", plan.bias_shift),
        ("ACC_WIDTH", plan.accumulator_width),
        ("SHIFT", plan.shift),
        ("OUT_WIDTH", kind.width),
        ("OUT_SIGNED", int(kind.signed)),
        ("ROUNDING", ROUNDING_NUMBER[kind.rounding]),
        ("OVERFLOW", OVERFLOW_NUMBER[kind.overflow]),
        ("RELU", int(plan.relu)),
    ]
    live = sum(1 << index for index, alive in enumerate(plan.live) if alive)
    return dict([*_shape(plan), *arithmetic, ("LIVE", live)])


def _layer_literals(plan: LayerPlan) -> list[tuple[str, str]]:
    numbers = layer_parameters(plan)
    live, inputs = numbers.pop("LIVE"), len(plan.live)
    # A literal of all inputs of a wide layer would not fit on a line; only images have dead ones.
    mask = f"{{{inputs}{{1'b1}}}}" if all(plan.live) else f"{inputs}'h{live:0{-(-inputs // 4)}X}"
    return [*((name, str(value)) for name, value in numbers.items()), ("LIVE", mask)]


def _operand(name: str, kind: FixedPoint) -> list[tuple[str, int]]:
    return [(f"{name}_WIDTH", kind.width), (f"{name}_SIGNED", int(kind.signed))]


def _shape(plan: LayerPlan) -> list[tuple[str, int]]:
    layer = plan.layer
    if not isinstance(layer, Conv2D):
        return [("INPUTS", len(plan.live)), ("UNITS", plan.channels)]
    rows, columns, channels = plan.input_shape
    return [
        ("IN_ROWS", rows),
        ("IN_COLS", columns),
        ("IN_CHANNELS", channels),
        ("KERNEL_ROWS", layer.kernel[0]),
        ("KERNEL_COLS", layer.kernel[1]),
        ("FILTERS", layer.filters),
        ("STRIDE_ROWS", layer.strides[0]),
        ("STRIDE_COLS", layer.strides[1]),
        ("PAD_TOP", plan.padding[0][0]),
        ("PAD_LEFT", plan.padding[1][0]),
        ("OUT_ROWS", plan.output_shape[0]),
        ("OUT_COLS", plan.output_shape[1]),
    ]


def _layers(network: Network) -> list[dict[str, Any]]:
    layers = []
    source = "pixels"
    for plan in network.plans:
        # The prefix keeps a layer called "rank1" apart from the instances of the template.
        output = f"layer_{plan.name}"
        layers.append(
            {
                "module": plan.kind,
                "instance": f"u_layer_{plan.name}",
                "parameters": _layer_literals(plan),
                "input": source,
                "output": output,
                "output_bits": int(np.prod(plan.output_shape)) * plan.output_type.width,
                "kernel_offset": plan.kernel.offset,
                "kernel_bits": plan.kernel.bits,
                "bias_offset": plan.bias.offset,
                "bias_bits": plan.bias.bits,
            }
        )
        source = output
    return layers
