"""Requantisers of every mode and accumulators of every sign, against golden.

``golden.npz`` in the working folder has what is driven and what golden says: ``number`` (n,) and
``numbers`` (n, 128) as bits; ``data``, ``weight`` (n, taps) and ``bias`` (n,) as bits, ``sums``
(n, 8). What was compared is left as ``arithmetic`` in the results.
"""

from pathlib import Path

import cocotb
import numpy as np
from cocotb.triggers import Timer

from verification.top.case import pack, record, unpack

SUMS = 8


def golden() -> dict:
    """The arrays of the working folder."""
    with np.load(Path.cwd() / "golden.npz", allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


async def seen(port) -> int:
    """What a port says of what was driven."""
    await Timer(1, "ns")
    return port.value.to_unsigned()


@cocotb.test()
async def every_mode_rounds_and_overflows_as_golden(dut):
    """All numbers there are, through every rounding, overflow, sign and ReLU."""
    table = golden()
    modes = table["numbers"].shape[1]
    found = []
    for number in table["number"]:
        dut.number_i.value = int(number)
        found.append(await seen(dut.number_o))
    words = unpack(found, modes, len(dut.number_o) // modes)
    wrong = np.argwhere(words != table["numbers"])
    assert not len(wrong), f"number {table['number'][wrong[0][0]]}, mode {wrong[0][1]}"
    record("modes", {"numbers": len(words), "modes": modes})


@cocotb.test()
async def accumulators_reach_their_ends(dut):
    """Operands at the ends of their types and others: each sum as wide as it has to be."""
    table = golden()
    width = int(dut.OPERAND.value)
    found = []
    drawn = zip(
        pack(table["data"], width), pack(table["weight"], width), table["bias"], strict=True
    )
    for data, weight, bias in drawn:
        dut.data_i.value, dut.weight_i.value, dut.bias_i.value = data, weight, int(bias)
        found.append(await seen(dut.sum_o))
    bits = len(dut.sum_o) // SUMS
    words = unpack(found, SUMS, bits)
    words -= (words >> bits - 1) << bits
    wrong = np.argwhere(words != table["sums"])
    assert not len(wrong), f"vector {wrong[0][0]}, signs {wrong[0][1]}"
    record("sums", {"lowest": words.min(axis=0).tolist(), "highest": words.max(axis=0).tolist()})
