"""Hybrid Choice in silicon: around the chip of its network, what sends cells in the frames.

The chip is that of any network of the kit, with its registers and weights behind I2C, and a port
that hides the cells that a busy frame sends. Beside it the charges of the chosen cells are coded
twice, as of a quiet and as of a busy crossing; when the latents come, they find their place in the
frame. The Verilog of the blocks is in ``rtl/adaptive_choice`` and ``rtl/hybrid_choice``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from asicae.chip.addresses import DEVICE_ADDRESS
from asicae.chip.blocks import (
    Block,
    Sized,
    Words,
    charge_words,
    normaliser_to,
)
from asicae.chip.configuration import Configuration
from asicae.chip.design import TOP as CHIP
from asicae.chip.design import Design, Port, design_of
from asicae.chip.microarchitectures import NAIVE
from asicae.concentrator.algorithms.adaptive_choice import HEADER_BITS, AdaptiveChoiceSettings
from asicae.concentrator.algorithms.hybrid_choice import HybridChoiceSettings
from asicae.concentrator.bits import WORD_BITS
from asicae.concentrator.silicon.charge_code import ChargeCode
from asicae.concentrator.silicon.event_blocks import (
    CELL_COUNT,
    RELATIVE,
    by_threshold,
    chosen_words,
    counter_words,
    event_rank,
)
from asicae.concentrator.silicon.tables import source_table
from asicae.foundation.errors import BadInput
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network

TOP: Final = "asicae_hybrid_choice"
LATENCY: Final = 2
"""In bunch crossings, of the chip of a network and of what is around it."""
CHIP_INSTANCE: Final = "u_chip"
QUIET, BUSY = "quiet", "busy"
"""In front of the names of what is there twice."""
MODE: Final = Words("mode", 1)
"""Whether a crossing is busy."""


@dataclass(frozen=True)
class HybridDesign:
    """The encoder of Hybrid Choice with some settings and a network.

    Attributes:
        settings: of the algorithm.
        chip: of the network.
        data_path: blocks in the order of the data, the chip among them.
    """

    settings: HybridChoiceSettings
    chip: Design
    data_path: tuple[Block, ...]

    @property
    def ports(self) -> tuple[Port, ...]:
        """Ports of the top in their order: those of the chip, with a counter, and a frame in the
        place of latents and sum; a frame's first bit is the highest.
        """
        frame = Words("frame", WORD_BITS * self.settings.frame_words)
        counter = Port("counter_i", "input", counter_words())
        instead: dict[str, tuple[Port, ...]] = {
            "calq_i": (counter, self.chip.port("calq_i")),
            "hidden_i": (),
            "latent_o": (Port("frame_o", "output", frame),),
            "sum_o": (),
        }
        return tuple(own for port in self.chip.ports for own in instead.get(port.name, (port,)))

    @property
    def blocks(self) -> dict[str, Block]:
        """All instances in the top, by name."""
        return {block.instance: block for block in self.data_path}

    @property
    def ranks(self) -> tuple[Block, ...]:
        """The registers beside the chip."""
        return tuple(block for block in self.data_path if block.registered)

    @property
    def latency_bx(self) -> int:
        """Bunch crossings from the clock edge that samples an event to the one at which the
        receiver samples its frame.
        """
        return len(self.ranks)


def hybrid_design(
    settings: HybridChoiceSettings, network: Network, configuration: Configuration = NAIVE
) -> HybridDesign:
    """The encoder with these settings, its network built as ``configuration`` says.

    Raises:
        BadInput: a network with other latents than the settings, or that takes longer than the
            rest, or as ``design_of``.
    """
    chip = design_of(network, configuration, hides=True)
    _require_fit(settings, chip)
    sums, busy = normaliser_to(RELATIVE), settings.busy
    quiet_cells = _prefixed(QUIET, by_threshold(settings.most_cells))
    busy_cells = _prefixed(BUSY, by_threshold(busy.most_cells))
    (codes,), (total,) = sums.outputs["code_o"], sums.outputs["sum_o"]
    chosen = tuple(_named(name, chosen_words()) for name in (QUIET, BUSY))
    first = event_rank(1, (*chosen, codes, total, MODE, counter_words()), clear=False)
    quiet_held, busy_held, codes_held, total_held, mode, counter = first.outputs["data_o"]
    quiet_code, quiet_words = _coded(QUIET, settings, quiet_held, codes_held)
    busy_code, busy_words = _coded(BUSY, busy, busy_held, codes_held)
    header, body = Words("header", HEADER_BITS), Words("body", sum(w.bits for w in quiet_words))
    second = _last_rank((body, total_held, header))
    data_path = (
        sums,
        *quiet_cells,
        *busy_cells,
        _hits(settings),
        first,
        _chip(chip, chosen[1]),
        *quiet_code,
        *busy_code,
        Block(
            "u_mode_header",
            "mode_header",
            inputs={"busy_i": (mode,), "counter_i": (counter,)},
            outputs={"header_o": (header,)},
        ),
        Block(
            "u_frame_choice",
            "frame_choice",
            {"QUIET": body.bits, "BUSY": sum(words.bits for words in busy_words)},
            inputs={"busy_i": (mode,), "quiet_i": quiet_words, "front_i": busy_words},
            outputs={"chosen_o": (body,)},
        ),
        second,
        *_output(settings, chip, second.outputs["data_o"]),
    )
    return HybridDesign(settings, chip, data_path)


def _require_fit(settings: HybridChoiceSettings, chip: Design) -> None:
    network = chip.network
    found = network.latents, network.latent_type.width
    allowed = settings.latents, settings.latent_width
    if found != allowed:
        raise BadInput(
            f"network {network.name}: has {found[0]} latents of {found[1]} bits, those of the "
            f"settings are {allowed[0]} of {allowed[1]}"
        )
    if chip.latency_bx != LATENCY:
        raise BadInput(
            f"network {network.name}: its latents take {chip.latency_bx} bunch crossings, allowed "
            f"are {LATENCY}"
        )


def _last_rank(words: tuple[Words, ...]) -> Block:
    """The frame without latents."""
    front = Words("front", sum(part.bits for part in words))
    return replace(event_rank(LATENCY, words, clear=False), outputs={"data_o": (front,)})


def _hits(settings: HybridChoiceSettings) -> Block:
    """Whether a crossing is busy."""
    charges = charge_words()
    return Block(
        "u_hits_reach",
        "hits_reach",
        {
            "CELLS": N_CELLS,
            "WIDTH": charges.width,
            "COUNT_WIDTH": CELL_COUNT,
            "LEAST": settings.busy_hits,
        },
        inputs={"calq_i": (charges,)},
        outputs={"reached_o": (MODE,)},
    )


def _chip(chip: Design, hidden: Words) -> Block:
    """Latents of the cells that a busy frame does not send; those of a quiet one go nowhere."""
    return Block(
        CHIP_INSTANCE,
        CHIP,
        {"DEVICE_ADDRESS": Sized(DEVICE_ADDRESS, 7), "MSB_FIRST": 1},
        inputs={"calq_i": (charge_words(),), "hidden_i": (hidden,)},
        outputs={
            "latent_o": (_latent_words(chip),),
            "sum_o": (replace(chip.port("sum_o").words, name="unused_sum"),),
        },
    )


def _latent_words(chip: Design) -> Words:
    return replace(chip.port("latent_o").words, name="latents")


def _coded(
    prefix: str, settings: AdaptiveChoiceSettings, chosen: Words, relative: Words
) -> tuple[tuple[Block, ...], tuple[Words, ...]]:
    """Blocks that code the charges of chosen cells, and what stands behind the sum."""
    code = ChargeCode(settings, chosen, relative)
    blocks = _prefixed(prefix, (*code.cells(), *code.charges()))
    return blocks, tuple(_named(prefix, words) for words in (code.room, code.rank))


def _output(
    settings: HybridChoiceSettings, chip: Design, front: tuple[Words, ...]
) -> tuple[Block, ...]:
    """The latents in their place, and the frame."""
    word, latents = settings.latent_word, _latent_words(chip)
    tail, bits = Words("tail", word.room), sum(words.bits for words in front)
    return (
        Block(
            "u_latent_tail",
            "latent_tail",
            {
                "BITS": latents.bits,
                "ROOM": word.room,
                "PLACE_WIDTH": latents.bits.bit_length(),
                "SOURCES": source_table(word),
            },
            inputs={"latent_i": (latents,)},
            outputs={"tail_o": (tail,)},
        ),
        Block(
            "u_frame_output",
            "frame_output",
            {"BITS": bits, "TAIL": tail.bits},
            inputs={"front_i": front, "tail_i": (tail,)},
            outputs={"frame_o": (Words("frame", bits),)},
            active={"valid_i": 1},
        ),
    )


def _named(prefix: str, words: Words) -> Words:
    return replace(words, name=f"{prefix}_{words.name}")


def _prefixed(prefix: str, blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The blocks with a prefix in their names and in those of all that they give."""
    listed = tuple(blocks)
    given = {words for block in listed for port in block.outputs.values() for words in port}

    def own(ports: dict[str, tuple[Words, ...]]) -> dict[str, tuple[Words, ...]]:
        return {
            name: tuple(_named(prefix, w) if w in given else w for w in words)
            for name, words in ports.items()
        }

    return tuple(
        replace(
            block,
            instance=f"u_{prefix}_{block.instance.removeprefix('u_')}",
            inputs=own(dict(block.inputs)),
            outputs=own(dict(block.outputs)),
        )
        for block in listed
    )
