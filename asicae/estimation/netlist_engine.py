"""The mapped netlist as an engine: what a synthesiser made of the RTL, 64 events a machine word.

The data path is evaluated as it is joined in the chip, from the pins to the last rank, with an
event a clock, or a phase of it where layers are computed in phases: no word in between is known
beforehand.  Weights, keep mask and ENABLE stand at the ports of its blocks, as the registers hold
them.
"""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from asicae.chip.blocks import CLOCK, Words, charge_words, kept_words, sum_words
from asicae.chip.design import TOP, Design, design_of
from asicae.chip.golden import ChipOutput
from asicae.chip.microarchitectures import NAIVE
from asicae.chip.phased import phase_words
from asicae.estimation.blocks import crossing_clock, standing
from asicae.estimation.data_path import DataPath, data_path, name_of
from asicae.estimation.evaluation import each, evaluate, pack, unpack
from asicae.estimation.libraries import load
from asicae.estimation.logic import Bits
from asicae.estimation.netlist import Flattener
from asicae.estimation.phased import phase_rows
from asicae.estimation.synthesis import synthesise
from asicae.export.design_record import recorded
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import CheckFailed
from asicae.network.encoder import Encoder
from asicae.simulation.engines.engine import Charges, Engine, OpenEngine

MAX_VALUES: Final = 1 << 25
"""Machine words of net values that are kept at once, 256 MB."""


class Netlist(OpenEngine):
    """A data path with one weight set, ready for any number of events."""

    def __init__(self, design: Design, path: DataPath, encoder: Encoder) -> None:
        self.design, self.path = design, path
        held = {
            name_of(block, port): bits
            for block in design.data_path
            for port, bits in standing(block, encoder.weights).items()
        }
        self.charges = self._ports((charge_words(),))
        self.phases = self._ports((phase_words(design.phases),))
        self.held = {name: held[name] for name in path.entering if name in held}
        open_ports = set(path.entering) - set(self.held) - {*self.charges, *self.phases}
        if open_ports or not self.charges:
            raise CheckFailed(f"the netlist: nothing drives {min(open_ports, default='the chip')}")

    def _ports(self, words: tuple[Words, ...]) -> list[str]:
        """Those that only these words enter from outside."""
        entering = self.path.entering.items()
        return [name for name, (block, port) in entering if block.inputs.get(port) == words]

    def encode_checked(self, calq: Charges, workers: int) -> ChipOutput:
        """``encode`` of checked charges, on one thread.

        Raises:
            CheckFailed: the netlist is no pipeline (see ``evaluate``).
        """
        words = max(1, MAX_VALUES // self.path.flat.nets)
        most = max(1, 64 * words // self.design.phases - self.design.latency_bx)
        parts = [self._streamed(calq[k : k + most]) for k in range(0, len(calq), most)]
        latents, sums = zip(*((part.latents, part.sums) for part in parts), strict=True)
        return ChipOutput(np.concatenate(latents), np.concatenate(sums))

    def _streamed(self, calq: Charges) -> ChipOutput:
        """Events one a clock, and clocks behind them until the last has come through."""
        late, phases = self.design.latency_bx, self.design.phases
        charges = np.concatenate([calq, np.zeros((late, calq.shape[1]), calq.dtype)])
        packed = each(pack(charges, charge_words().width), phases)
        clocks = len(charges) * phases
        inputs = self.held | dict.fromkeys(self.charges, packed[:, : -(-clocks // 64)])
        if phases > 1:
            told = pack(phase_rows(phases, len(charges)), 1)
            inputs |= dict.fromkeys(self.phases, told) | {CLOCK: crossing_clock(clocks, phases)}
        values = evaluate(self.path.flat, inputs, clocks)
        latents, sums = self._words(values, clocks)
        return ChipOutput(latents[::phases][late:], sums[::phases][late:])

    def _words(self, values: Bits, events: int) -> tuple[np.ndarray, np.ndarray]:
        """Latents (events, n) and sums (events,) as the last rank shows them."""
        (last,) = self.design.data_path[-1:]
        found = {}
        for port, parts in last.outputs.items():
            nets, start = self.path.flat.ports[name_of(last, port)], 0
            for words in parts:
                bits = values[nets[start : start + words.bits]]
                found[words.name] = unpack(bits, words.width, events).astype(np.uint16)
                start += words.bits
        return found[kept_words(self.design.network).name], found[sum_words().name][:, 0]


class MappedNetlist(Engine):
    """The chip mapped to a library; holds every network."""

    name = "netlist"
    threaded = False

    def __init__(self, liberty: Sequence[Path] = ()) -> None:
        self.liberty = liberty
        self.mapped: dict[tuple[Path | None, int], DataPath] = {}

    def open(self, encoder: Encoder, rtl_folder: Path | None = None) -> Netlist:
        """See ``Engine.open``.  Of an export the files of ``filelist.f`` are mapped, once.

        Raises:
            BadInput, CheckFailed, MissingTool: as ``load`` and ``synthesise``.
        """
        configuration = NAIVE if rtl_folder is None else recorded(rtl_folder)
        design = design_of(encoder.network, configuration)
        chip = rtl_folder, encoder.network.design_hash
        if chip not in self.mapped:
            technology = load(self.liberty)
            with _exported(encoder, rtl_folder) as rtl:
                flattener = Flattener(synthesise(rtl, technology, TOP), technology)
            self.mapped[chip] = data_path(flattener, design)
        return Netlist(design, self.mapped[chip], encoder)


@contextlib.contextmanager
def _exported(encoder: Encoder, rtl_folder: Path | None) -> Iterator[Path]:
    if rtl_folder is not None:
        yield rtl_folder
        return
    with tempfile.TemporaryDirectory(prefix="asicae-netlist-") as name:
        export_rtl(encoder.network, Path(name))
        yield Path(name)
