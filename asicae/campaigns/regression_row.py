"""One chip of a mass regression: its verilated RTL against golden, piece by piece of the events."""

import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from asicae.campaigns.regression_chips import RegressionChip
from asicae.campaigns.regression_events import Piece
from asicae.campaigns.silicon_row import digest_in
from asicae.chip import golden
from asicae.chip.design import design_of
from asicae.chip.golden import ChipOutput
from asicae.export.rtl import rtl_files
from asicae.foundation.errors import CheckFailed
from asicae.foundation.files import write_bytes
from asicae.foundation.json_record import JsonRecord
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.named import network_of
from asicae.network.weights import Weights
from asicae.simulation.builds.verilated_bench import simulated_list
from asicae.simulation.engine_comparison import SEED, EngineComparison, planted
from asicae.simulation.engines.chip import Chip
from asicae.simulation.engines.chip_library import chip_library
from asicae.simulation.engines.engine import Charges
from asicae.simulation.regression.mutation import Mutation

ENGINE: Final = "verilated"
EventsOf = Callable[[int], Charges]
"""CALQ of a chunk by its number."""


class Row(JsonRecord):
    """What was found for one chip.

    Attributes:
        chip: its name.
        rtl_sources: the list whose files were verilated.
        rtl_sha256: of the RTL that is exported, as in the record of microarchitectures.
        weights: seeds of its weight sets.
        events: compared.
        words: latents and sums of them.
        mismatches: words that differ.
        build_s: processor time of the build; 0 where it was found in the cache.
        run_s: processor time of the chip.
        wrong: in words, what differs first, or what else became of the chip; empty is good.
        replay: the events up to there.
    """

    chip: str
    rtl_sources: str
    rtl_sha256: str
    weights: tuple[int, ...] = ()
    events: int = 0
    words: int = 0
    mismatches: int = 0
    build_s: float = 0.0
    run_s: float = 0.0
    wrong: str = ""
    replay: Piece | None = None


class Loadable(Protocol):
    """What is compared: a chip that takes one weight set after the other."""

    def load(self, weights: Weights) -> None:
        """Take these from now on; raises CheckFailed where it does not."""

    def stream(self, calq: Charges) -> ChipOutput:
        """Latents and sums of an event each bunch crossing; raises CheckFailed as ``Chip``."""


class Compared:
    """A chip and golden, as far as they are the same."""

    def __init__(self, network: Network, chip: Loadable, events: EventsOf) -> None:
        self._network, self._chip, self._events = network, chip, events
        self._done = EngineComparison(ENGINE, SEED)
        self._loaded: int | None = None
        self._wrong: tuple[str, Piece] | None = None

    def run(self, asked: Sequence[Piece], row: Row, mutate: Mutation | None = None) -> Row:
        """``row`` with what was found, to the end of the first piece in which something differs.

        ``mutate`` plants one error: a bit of the weights of the first piece, or of what is
        expected of it.
        """
        events = 0
        for number, piece in enumerate(asked):
            self._compare(piece, mutate if number == 0 else None)
            events += piece.stop - piece.first
            if self._wrong:
                break
        done, (wrong, replay) = self._done, self._wrong or ("", None)
        update = {
            "weights": tuple(dict.fromkeys(piece.weights for piece in asked)),
            "events": events,
            "words": done.words + done.sums,
            "mismatches": done.mismatches,
            "run_s": round(done.seconds, 2),
        }
        return row.model_copy(update=update | {"wrong": wrong, "replay": replay})

    def _compare(self, piece: Piece, mutate: Mutation | None) -> None:
        encoder = Encoder.random(self._network, piece.weights)
        calq = np.ascontiguousarray(self._events(piece.chunk)[piece.first : piece.stop])
        expected, weights = golden.run(encoder, calq, 1), encoder.weights
        name = f"seed {piece.weights}, chunk {piece.chunk}"
        if mutate:
            weights = planted(self._network, (name, weights), calq, expected, mutate)
        begin = time.process_time()
        try:
            if self._loaded != piece.weights:
                self._chip.load(weights)
                self._loaded = piece.weights
            found = self._chip.stream(calq)
        except CheckFailed as error:
            self._wrong = str(error), piece
            return
        self._done.seconds += time.process_time() - begin
        self._done.add(name, piece.first, expected, found)
        if self._done.mismatches:
            stop = piece.first + _first(expected, found) + 1
            self._wrong = self._done.first, piece.model_copy(update={"stop": stop})


def _first(expected: ChipOutput, found: ChipOutput) -> int:
    """The first event of which a word differs."""
    wrong = (expected.latents != found.latents).any(axis=1) | (expected.sums != found.sums)
    return int(np.flatnonzero(wrong)[0])


def row_of(
    chip: RegressionChip,
    asked: Sequence[Piece],
    events: EventsOf,
    mutate: Mutation | None = None,
) -> Row:
    """Print the Verilog as an export does, build it, and compare.

    Raises:
        MissingTool: Verilator, a C++ compiler, make or perl is absent.
        CheckFailed: it does not build, or has another design hash.
    """
    network = network_of(chip.network)
    with tempfile.TemporaryDirectory(prefix="asicae-regression-") as name:
        rtl = Path(name)
        for file, content in rtl_files(design_of(network, chip.configuration)).items():
            write_bytes(rtl / file, content)
        begin = _children_s()
        library = chip_library(network, rtl, configuration=chip.configuration, in_one=True)
        row = Row(
            chip=chip.name,
            rtl_sources=simulated_list(rtl),
            rtl_sha256=digest_in(rtl),
            build_s=round(_children_s() - begin, 1),
        )
        opened = Chip(network, library, chip.configuration)
        return Compared(network, opened, events).run(asked, row, mutate)


def _children_s() -> float:
    """Processor time of all processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
