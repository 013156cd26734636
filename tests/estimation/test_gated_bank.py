"""The gated weight bank, mapped: it writes and holds, and costs nothing but its gates at rest."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from asicae.estimation import libraries
from asicae.estimation.activity import measure
from asicae.estimation.energy import Conditions, Energy, energy
from asicae.estimation.evaluation import evaluate, pack, unpack
from asicae.estimation.netlist import Flat, Flattener
from asicae.estimation.structure import Structure, check_storage
from asicae.estimation.synthesis import Synthesis, synthesise
from asicae.estimation.technology import Technology
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import CheckFailed
from tests.estimation.toys import write_design

LIBRARY = libraries.load()
WITHOUT_GATES = replace(
    LIBRARY,
    sha256=f"{LIBRARY.sha256} without clock gates",
    cells={name: cell for name, cell in LIBRARY.cells.items() if cell.clock_gate is None},
)
CONDITIONS = Conditions.of(LIBRARY)
FILES = (
    *("tmr_copy", "voter", "tmr_register"),
    *("clock_gate", "tmr_gated_word", "gated_weight_bank"),
)
BITS = 40
EVENTS = 200


def texts() -> dict[str, str]:
    return {name: (asset_folder("rtl") / f"{name}.v").read_text() for name in FILES}


def mapped(folder: Path, library: Technology, sources: dict[str, str] | None = None) -> Synthesis:
    """A bank of two words."""
    chip = f"""
module chip (input clk_i, input rst_ni, input write_i, input [14:0] write_byte_i,
             input [7:0] write_data_i, output [7:0] read_data_o,
             output [{BITS - 1}:0] image_o, output error_o);
  gated_weight_bank #(.BITS({BITS})) u_bank (.clk_i(clk_i), .rst_ni({{3{{rst_ni}}}}),
    .write_i({{3{{write_i}}}}), .write_byte_i({{3{{write_byte_i}}}}),
    .write_data_i({{3{{write_data_i}}}}), .read_byte_i(15'd0),
    .read_data_o(read_data_o),
    .image_o(image_o), .error_o(error_o));
endmodule
"""
    rtl = write_design(folder / "rtl", **(sources or texts()), chip=chip)
    return synthesise(rtl, library, "chip", cache=folder / "cache")


def flattened(design: Synthesis, library: Technology) -> Flat:
    return Flattener(design, library).flatten("chip")


def written(
    flat: Flat, write: npt.NDArray[np.int64], place: npt.NDArray[np.int64], byte: npt.ArrayLike = 0
) -> tuple[npt.NDArray[np.int64], Energy]:
    """Contents event by event, and the energy."""
    inputs = {
        "write_i": pack(write[:, None], 1),
        "write_byte_i": pack(place[:, None], 15),
        "write_data_i": pack(np.broadcast_to(byte, EVENTS)[:, None], 8),
        "rst_ni": pack(np.ones((EVENTS, 1), int), 1),
    }
    values = evaluate(flat, inputs, EVENTS)
    assert not values[flat.ports["error_o"]].any()
    later = measure(values[:, 1:], EVENTS - 64)  # what reset did is over
    spent = energy(flat, later, CONDITIONS)
    return unpack(values[flat.ports["image_o"]], BITS, EVENTS)[:, 0], spent


@pytest.mark.parametrize("library", [LIBRARY, WITHOUT_GATES], ids=["clock gate", "latch"])
def test_bytes_are_written_and_the_rest_is_held(tmp_path: Path, library: Technology) -> None:
    design = mapped(tmp_path, library)
    cells = [cell["type"] for body in design.modules.values() for cell in body["cells"].values()]
    assert any("CLKGATE" in name for name in cells) == (library is LIBRARY)
    assert check_storage(Structure(design, library), {}) == 3 * (BITS + 1)
    generator = np.random.default_rng(5)
    # A write in every twentieth event; the evaluation needs a pass for each.
    write, place = np.zeros(EVENTS, int), generator.integers(0, BITS // 8, EVENTS)
    byte = generator.integers(0, 256, EVENTS)
    write[10:170:20] = 1
    contents, expected = 0, []
    for event in range(EVENTS):
        expected.append(contents)
        if write[event]:
            shift = 8 * int(place[event])
            contents = contents & ~(0xFF << shift) | int(byte[event]) << shift
    found, _ = written(flattened(design, library), write, place, byte)
    assert found.tolist() == expected


def test_a_bank_at_rest_costs_its_clock_gates(tmp_path: Path) -> None:
    flat = flattened(mapped(tmp_path, LIBRARY), LIBRARY)
    still = np.zeros(EVENTS, int)
    idle = written(flat, still, still)[1].clock.sum()
    running = written(flat, still + 1, still)[1].clock.sum()
    # fJ, of three clock gates and the three flip-flops that know of the reset: a clock pin of 3 fF
    # each, and as much again inside.
    assert 6 * 5 < idle < 6 * 15
    assert running > 3 * BITS * 5


def test_a_gate_that_is_lost_is_noticed(tmp_path: Path) -> None:
    """Under another name the latch lies in a module where nobody declared it."""
    sources = texts()
    sources["held"] = sources.pop("clock_gate").replace("module clock_gate", "module held")
    bank = sources["gated_weight_bank"]
    sources["gated_weight_bank"] = bank.replace("clock_gate u_", "held u_")
    design = mapped(tmp_path, LIBRARY, sources)
    with pytest.raises(CheckFailed, match=r"u_bank .*module held has a latch .* \(DL"):
        check_storage(Structure(design, LIBRARY), {})
