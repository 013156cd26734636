"""The bank of latches, mapped: latches are copies where they are declared, bytes are written, and
an upset of every one of them is corrected, with the netlist afterwards as it would be without.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from asicae.chip.triplication import LATCH, LATCH_CLOCKS
from asicae.estimation import libraries
from asicae.estimation.evaluation import (
    clocked_rows,
    evaluate,
    next_states,
    pack,
    reset_states,
    storage_cells,
    unpack,
)
from asicae.estimation.logic import ALL_ONES, Bits
from asicae.estimation.netlist import Flat, Flattener
from asicae.estimation.structure import Structure, check_storage
from asicae.estimation.synthesis import Synthesis, synthesise
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import CheckFailed
from tests.estimation.toys import write_design

LIBRARY = libraries.load()
FILES = (
    *("tmr_copy", "voter", "tmr_register", "clock_gate"),
    *("latch/tmr_latch_byte", "latch/latch_bank_logic", "latch/latch_weight_bank"),
)
BITS, PACE = 20, 3
BYTES = 3
REFRESH = (BYTES << PACE) + LATCH_CLOCKS
CHIP = f"""
module chip (input clk_i, input rst_ni, input write_i, input [14:0] write_byte_i,
             input [7:0] write_data_i, output [7:0] read_data_o,
             output [{BITS - 1}:0] image_o, output error_o);
  latch_weight_bank #(.BITS({BITS}), .PACE({PACE})) u_bank (.clk_i(clk_i),
    .rst_ni({{3{{rst_ni}}}}), .write_i({{3{{write_i}}}}), .write_byte_i({{3{{write_byte_i}}}}),
    .write_data_i({{3{{write_data_i}}}}), .read_byte_i(15'd0), .read_data_o(read_data_o),
    .image_o(image_o), .error_o(error_o));
endmodule
"""
CHANGES = {
    "another module": ("module tmr_latch_byte", "module held", r"module held has a latch .* \(DL"),
    "two copies": (
        "if (open_i[2]) begin\n          state_q = d_i;\n        end",
        "state_q = g_copy_b.state_q;",
        r"flip-flops and latches in the netlist, expected .* copies of .*did not survive",
    ),
}


def mapped(folder: Path, old: str = "", new: str = "") -> Synthesis:
    texts = {Path(n).name: (asset_folder("rtl") / f"{n}.v").read_text() for n in FILES}
    if old:
        assert old in texts["tmr_latch_byte"]
        texts["tmr_latch_byte"] = texts["tmr_latch_byte"].replace(old, new)
    if "module held" in texts["tmr_latch_byte"]:
        texts["held"] = texts.pop("tmr_latch_byte")
        bank = texts["latch_weight_bank"]
        texts["latch_weight_bank"] = bank.replace("tmr_latch_byte #(", "held #(")
    rtl = write_design(folder / "rtl", **texts, chip=CHIP)
    return synthesise(rtl, LIBRARY, "chip", cache=folder / "cache")


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    return mapped(tmp_path_factory.mktemp("bank"))


@pytest.fixture(scope="module")
def flat(design: Synthesis) -> Flat:
    return Flattener(design, LIBRARY).flatten("chip")


def latch_cells(flat: Flat) -> list[tuple[str, int]]:
    """Type and place in its states of every latch that opens with the clock."""
    return [
        (kind, row)
        for kind in storage_cells(flat)
        if (held := LIBRARY.cell(kind).storage) is not None and held.kind == LATCH.cell
        for row in range(len(clocked_rows(flat, kind)))
    ]


def test_latches_are_counted_as_copies(design: Synthesis, flat: Flat) -> None:
    bits = design.registers[design.children("chip")["u_bank"]]
    assert len(latch_cells(flat)) == 3 * BITS
    assert check_storage(Structure(design, LIBRARY), {}) == 3 * (bits - BITS)


@pytest.mark.parametrize("name", CHANGES)
def test_latches_where_none_are_declared_are_refused(name: str, tmp_path: Path) -> None:
    old, new, message = CHANGES[name]
    with pytest.raises(CheckFailed, match=message):
        check_storage(Structure(mapped(tmp_path, old, new), LIBRARY), {})


def bus(write: npt.ArrayLike, place: npt.ArrayLike, byte: npt.ArrayLike) -> dict[str, Bits]:
    """Inputs, an event a clock."""
    fields = {"write_i": (write, 1), "write_byte_i": (place, 15), "write_data_i": (byte, 8)}
    found = {n: pack(np.atleast_1d(v)[:, None], width) for n, (v, width) in fields.items()}
    return found | {"rst_ni": np.full((1, 1), ALL_ONES)}


def test_bytes_are_written_and_the_rest_is_held(flat: Flat) -> None:
    generator, events = np.random.default_rng(5), 256
    write = np.arange(events) % LATCH_CLOCKS == 7
    place, byte = generator.integers(0, BYTES + 1, events), generator.integers(0, 256, events)
    values = evaluate(flat, bus(write, place, byte), events, passes=events)
    image = unpack(values[flat.ports["image_o"]], BITS, events)[:, 0]
    assert not values[flat.ports["error_o"]].any()
    contents = 0
    for event in np.flatnonzero(write):
        shift = 8 * int(place[event])
        contents = (contents & ~(0xFF << shift) | int(byte[event]) << shift) % (1 << BITS)
        if event + LATCH_CLOCKS < events:
            assert image[event + LATCH_CLOCKS] == contents
    assert contents


def test_an_upset_of_every_latch_is_corrected_and_told_once(flat: Flat) -> None:
    """In lane k the k-th latch is hit; what follows is compared with a netlist that was not."""
    states = reset_states(flat)
    for event in range(6 * LATCH_CLOCKS):
        inputs = bus(event % LATCH_CLOCKS == 7, event // LATCH_CLOCKS % BYTES, 77 * event % 256)
        _, states = next_states(flat, states, inputs)
    latches = latch_cells(flat)
    words = -(-len(latches) // 64)
    calm = {kind: np.repeat(rows, words, axis=1) for kind, rows in states.items()}
    hit = {kind: rows.copy() for kind, rows in calm.items()}
    for lane, (kind, row) in enumerate(latches):
        hit[kind][row, lane // 64] ^= np.uint64(1) << np.uint64(lane % 64)
    told, still = np.zeros(len(latches), int), bus(0, 0, 0)
    image = flat.ports["image_o"]
    for _ in range(REFRESH):
        expected, calm = next_states(flat, calm, still)
        values, hit = next_states(flat, hit, still)
        assert (values[image] == expected[image]).all()
        errors = np.ascontiguousarray(values[flat.ports["error_o"][0]].astype("<u8"))
        told += np.unpackbits(errors.view(np.uint8), bitorder="little")[: len(latches)]
    assert all((hit[kind] == rows).all() for kind, rows in calm.items())
    assert (told == 1).all()
    assert image.size == BITS
