"""The layers of all variants of a network in one verilated bench."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from asicae.export.top import layers_verilog
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from tests.conformance.exactness.golden import Latents
from tests.conformance.exactness.stimulus import Example
from tests.support.rtl_harness import run_vectors, values, verilate_vectors

SPARE_BITS = 64  # the harness wants vectors of more than that


class Rtl:
    """The Verilog of the layers: every variant sees the same codes and the same weight image.

    ``verilog`` holds modules that are not in rtl/.
    """

    def __init__(self, variants: Sequence[Network], folder: Path, verilog: str = "") -> None:
        self.variants = tuple(variants)
        self.code_bits, self.in_bits, self.out_bits = widths(variants)
        bench = bench_verilog(variants) + verilog
        self.executable = verilate_vectors(folder, bench, self.in_bits, self.out_bits)

    def run(self, example: Example) -> Latents:
        """What the variants answer."""
        rows = [row | example.image << self.code_bits for row in example.rows]
        found = run_vectors(self.executable, rows, self.in_bits, self.out_bits)
        latents, low = [], 0
        for network in self.variants:
            kind = network.latent_type
            own = [values(row >> low, kind.width, network.latents, kind.signed) for row in found]
            latents.append(np.array(own))
            low += network.latents * kind.width
        return latents


def widths(variants: Sequence[Network]) -> tuple[int, int, int]:
    """Bits of the codes, of codes and weight image, and of the outputs of a bench."""
    (codes,) = {N_CELLS * network.input.width for network in variants}
    (weights,) = {network.weight_bits for network in variants}
    latents = sum(network.latents * network.latent_type.width for network in variants)
    return codes, codes + weights, latents + SPARE_BITS


def bench_verilog(variants: Sequence[Network]) -> str:
    """Verilog of the bench."""
    codes, inputs, outputs = widths(variants)
    modules, instances, low = "", "", 0
    for network in variants:
        bits = network.latents * network.latent_type.width
        modules += layers_verilog(network, network.name)
        instances += (
            f"{network.name} u_{network.name} (.codes_i(in_i[{codes - 1}:0]), "
            f".weights_i(in_i[{inputs - 1}:{codes}]), .latent_o(out_o[{low}+:{bits}]));\n"
        )
        low += bits
    instances += f"assign out_o[{low}+:{SPARE_BITS}] = 0;\n"
    ports = f"input clk_i, input [{inputs - 1}:0] in_i, output [{outputs - 1}:0] out_o"
    return f"{modules}\nmodule bench ({ports});\n{instances}endmodule\n"
