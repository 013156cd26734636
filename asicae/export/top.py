"""Generated Verilog: asicae_top, or its layers alone, from templates that hold no logic."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.blocks import (
    Block,
    Sized,
    code_words,
    kept_words,
    layer_words,
    pixel_words,
)
from asicae.chip.design import TOP, Design
from asicae.chip.layer_blocks import layers, seen_words
from asicae.chip.phased import PhasedLayer
from asicae.chip.triplication import BANKS
from asicae.export.layers import verilog_literals
from asicae.export.templates import render
from asicae.export.wiring import widened_runs, wiring_runs
from asicae.network.description import Network
from asicae.network.graph import INPUT
from asicae.network.plan import LayerPlan, Parameter, WeightedPlan


def top_verilog(design: Design) -> str:
    """Verilog text of asicae_top; equal designs give equal bytes."""
    chain = _phased(design) if design.phases > 1 else _layers(design.network, design.data_path)
    return render(
        f"{TOP}.v.j2",
        **chain,
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
        **_layers(network, layers(network)),
        module_name=module_name,
        code_bits=codes.bits,
        latent_bits=kept.bits,
    )


def _layers(network: Network, data_path: Sequence[Block]) -> dict[str, Any]:
    """What ``layers.v.j2`` wants of the layers, and of the barriers between them."""
    blocks = {block.layer.name: block for block in data_path if block.layer is not None}
    barriers = {
        block.layer.name: before
        for before, block in pairwise(data_path)
        if block.layer is not None and before.module == "barrier"
    }
    known, found = {INPUT: pixel_words(network)}, []
    for plan in network.plans:
        operands = [known[operand.name] for operand in plan.operands]
        seen = seen_words(plan, operands)
        known[plan.name] = output = layer_words(plan)
        made: dict[str, Any] = {"output": output.name, "output_bits": output.bits, "barrier": None}
        made["wide"] = [
            {"name": wide.name, "bits": wide.bits, "runs": widened_runs(plan, place, words)}
            for place, (words, wide) in enumerate(zip(operands, seen, strict=True))
            if wide is not words
        ]
        if plan.wiring is None:
            made |= _layer(blocks[plan.name], plan, barriers.get(plan.name))
        made["runs"] = [] if plan.wiring is None else wiring_runs(plan, seen)
        leaves_out = plan.wiring is not None and None in plan.wiring
        made["dead"] = [words.name for words in seen] if leaves_out else []
        found.append(made)
    return {**_pixels(network), "layers": found}


def _pixels(network: Network) -> dict[str, Any]:
    return {
        "network": network,
        "code_width": network.input.width,
        "pixel_bits": pixel_words(network).bits,
        "pixel_runs": pixel_runs(network),
    }


def _phased(design: Design) -> dict[str, Any]:
    """What ``encoders/phased.v.j2`` wants."""
    source, found, before = pixel_words(design.network).name, [], None
    for plan in design.network.weighted:
        found.append(_phased_layer(design, PhasedLayer(plan, design.phases, before), source))
        source, before = layer_words(plan).name, plan
    return {**_pixels(design.network), "layers": found}


def _phased_layer(design: Design, made: PhasedLayer, source: str) -> dict[str, Any]:
    """A layer in parts; its wires have its own name and what they carry, ``wires`` their bits."""
    plan, name = made.plan, layer_words(made.plan).name
    adders, chosen = design.blocks[f"u_{name}"], design.blocks[made.select].outputs
    constants = design.blocks.get(made.constants)
    whole = layer_words(plan).bits
    wires = {f"{name}_part": sum(words.bits for words in made.parts), f"{name}_whole": whole}
    if made.is_window:
        wires[f"{name}_windows"] = made.windows.bits
    else:
        wires |= {f"{name}_next_{port[:-2]}": words.bits for port, (words,) in chosen.items()}
        if constants is not None:
            wires[f"{name}_next_constants"] = constants.outputs["acc_o"][0].bits
        wires |= {f"{name}_{p}": adders.inputs[f"{p}_i"][0].bits for p in ("kernel", "bias")}
    if plan is not design.network.weighted[-1]:
        wires[name] = whole
    return {
        "name": name,
        "instance": adders.instance,
        "module": adders.module,
        "parameters": _layer_parameters(adders, plan),
        "select": made.select,
        "constants": constants and constants.instance,
        "weight_rank": made.weight_rank,
        "bias_rank": made.bias_rank,
        "stages": made.stages,
        "rank": made.rank,
        "input": source,
        "is_window": made.is_window,
        "kernel": _slice(plan.kernel),
        "bias": _slice(plan.bias),
        "wires": wires,
    }


def _slice(array: Parameter) -> str:
    return f"weights[{array.offset + array.bits - 1}:{array.offset}]"


def _layer_parameters(block: Block, plan: LayerPlan) -> list[tuple[str, str]]:
    """Those that follow from the layer, with what the block has instead or beside."""
    own = {name: literal(value) for name, value in block.parameters.items()}
    return list((dict(verilog_literals(plan)) | own).items())


def _parameter_text(block: Block) -> str:
    """The parameters of an instance, one a line."""
    values = block.parameters.items()
    return ",\n".join(f"      .{name}({literal(value)})" for name, value in values)


def literal(value: int | Sized) -> str:
    """A number as Verilog has it, with its width where it has one."""
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
    seen = block.inputs["data_i"]
    # Of a concatenation in Verilog the first part has the highest bits.
    unheld = seen[0].name if len(seen) == 1 else f"{{{', '.join(w.name for w in seen[::-1])}}}"
    return {
        "module": block.module,
        "instance": block.instance,
        "parameters": _layer_parameters(block, plan),
        "input": unheld if barrier is None else f"held_{unheld}",
        "input_bits": sum(words.bits for words in seen),
        "unheld": unheld,
        "barrier": barrier and barrier.instance,
        "arrays": {
            port: _slice(array)
            for port, array in (("kernel_i", plan.kernel), ("bias_i", plan.bias))
        }
        if isinstance(plan, WeightedPlan)
        else {},
    }
