"""Generated Verilog: asicae_top, or its layers alone, from templates that hold no logic."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.blocks import (
    Block,
    Sized,
    code_words,
    kept_words,
    layers,
)
from asicae.chip.design import TOP, Design
from asicae.chip.triplication import BANKS
from asicae.export.layers import verilog_literals
from asicae.export.templates import render
from asicae.network.description import Network
from asicae.network.plan import LayerPlan


def top_verilog(design: Design) -> str:
    """Verilog text of asicae_top; equal designs give equal bytes."""
    return render(
        f"{TOP}.v.j2",
        **_chain(design.network, design.data_path),
        design=design,
        device_address=DEVICE_ADDRESS,
        banks=BANKS[: design.configuration.weight_sets],
        parameters={name: _parameter_text(block) for name, block in design.blocks.items()},
    )


def layers_verilog(network: Network, module_name: str) -> str:
    """Verilog text of the layers of ``network`` alone, as asicae_top has them, for benches.

    The module has no clock. Ports: ``codes_i``, 48 codes of the input type in AE order, cell k at
    [k * width +: width]; ``weights_i``, the weight image; ``latent_o``, latent i at
    [i * width +: width], before the keep mask. ``module_name`` must be a Verilog identifier.
    """
    codes, kept = code_words(network), kept_words(network)
    return render(
        "layers_only.v.j2",
        **_chain(network, layers(network)),
        module_name=module_name,
        code_bits=codes.bits,
        latent_bits=kept.bits,
    )


def _chain(network: Network, data_path: Sequence[Block]) -> dict[str, Any]:
    """What ``layers.v.j2`` wants of the layers, and of the barriers between them."""
    blocks = [block for block in data_path if block.layer is not None or block.module == "barrier"]
    return {
        "network": network,
        "code_width": network.input.width,
        "pixel_bits": blocks[0].inputs["data_i"][0].bits,
        "pixel_runs": pixel_runs(network),
        "layers": [
            _layer(block, block.layer, before if before.module == "barrier" else None)
            for before, block in zip(blocks[:1] + blocks, blocks, strict=False)
            if block.layer is not None
        ],
    }


def _parameter_text(block: Block) -> str:
    """The parameters of an instance, one a line."""
    values = block.parameters.items()
    return ",\n".join(f"      .{name}({_literal(value)})" for name, value in values)


def _literal(value: int | Sized) -> str:
    if isinstance(value, int):
        return str(value)
    return f"{value.width}'h{value.value:0{value.width // 4}X}"


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


def _layer(block: Block, plan: LayerPlan, barrier: Block | None) -> dict[str, Any]:
    """A layer, with the barrier that its inputs pass, if one does."""
    (source,), (output,) = block.inputs["data_i"], block.outputs["data_o"]
    return {
        "module": block.module,
        "instance": block.instance,
        "parameters": [
            *verilog_literals(plan),
            *((name, _literal(value)) for name, value in block.parameters.items()),
        ],
        "input": source.name if barrier is None else f"held_{source.name}",
        "input_bits": source.bits,
        "unheld": source.name,
        "barrier": barrier and barrier.instance,
        "output": output.name,
        "output_bits": output.bits,
        "kernel_offset": plan.kernel.offset,
        "kernel_bits": plan.kernel.bits,
        "bias_offset": plan.bias.offset,
        "bias_bits": plan.bias.bits,
    }
