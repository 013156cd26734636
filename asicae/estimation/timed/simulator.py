"""Changes of every net, glitches among them: the compiled simulator and its call."""

import ctypes
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from asicae.estimation.logic import Bits
from asicae.estimation.timed.gates import TICKS_PER_NS, Gates
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.threads import worker_count
from asicae.simulation.builds.cpp import FAST, SHARED, compile_cpp

SOURCE = Path(__file__).with_name("simulator.cpp")
Pulses = Literal["inertial", "sampled"]
_PULSES: dict[Pulses, int] = {"inertial": 0, "sampled": 1}
_SMALLEST_WHEEL = 64


@dataclass(frozen=True)
class Changes:
    """What happened in some clocks: ``counts`` (batches, nets), each over ``clocks`` of them.

    ``latest_ns`` is the latest change after its clock edge.
    """

    clocks: tuple[int, ...]
    counts: npt.NDArray[np.uint32]
    latest_ns: float

    @property
    def total(self) -> npt.NDArray[np.int64]:
        """Changes of each net in all clocks."""
        found: npt.NDArray[np.int64] = self.counts.sum(axis=0, dtype=np.int64)
        return found


class _Netlist(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int32) for name in ("nets", "gates", "sources", "wheel")),
        *(
            (name, ctypes.c_void_p)
            for name in (
                *("output", "level", "inputs", "truth_start", "truth", "delay_start", "delay"),
                *("pin_net", "pin_start", "listener_start", "listener"),
                *("source_rise", "source_fall"),
            )
        ),
    ]


class _Clocks(ctypes.Structure):
    _fields_ = [
        ("values", ctypes.c_void_p),
        *((name, ctypes.c_int64) for name in ("words", "first", "count")),
    ]


class _Outcome(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in ("events", "latest", "wrong_net", "wrong_clock")]


def simulate(
    gates: Gates,
    values: Bits,
    first: int,
    clocks: int,
    *,
    batches: int = 1,
    pulses: Pulses = "inertial",
    threads: int | None = None,
) -> Changes:
    """Simulate ``clocks`` clocks from clock ``first`` on, in batches of about equal length.

    ``values``: packed (nets, words), what every net must be at the end of every clock, from which
    the sources are driven; the clock before each batch is its settled start. ``pulses``: a change
    that is taken back before it arrived never happens (``inertial``), or outputs take at each
    scheduled moment what their function is then (``sampled``, as Icarus Verilog does).

    Raises:
        BadInput: no settled clock before the first, or fewer clocks than batches.
        CheckFailed: a net ended a clock with another value.
        MissingTool: no C++ compiler.
    """
    if first < 1 or batches < 1 or clocks < batches:
        raise BadInput(
            f"timed simulation: {clocks} clocks from clock {first} on in {batches} batches; needed "
            "are a clock before the first, and one a batch"
        )
    netlist, kept = _netlist(gates)
    packed = np.ascontiguousarray(values, np.uint64)
    edges = np.linspace(first, first + clocks, batches + 1).astype(int)
    counts = np.zeros((batches, gates.nets), np.uint32)
    run = _library().asicae_simulate

    def batch(index: int) -> _Outcome:
        span = _Clocks(
            packed.ctypes.data, packed.shape[1], edges[index], edges[index + 1] - edges[index]
        )
        outcome = _Outcome()
        failed = run(
            ctypes.byref(netlist),
            ctypes.byref(span),
            _PULSES[pulses],
            counts[index].ctypes.data_as(ctypes.c_void_p),
            ctypes.byref(outcome),
        )
        if failed:
            raise MemoryError
        return outcome

    with ThreadPoolExecutor(min(worker_count(threads), batches)) as pool:  # ctypes lets them run
        outcomes = list(pool.map(batch, range(batches)))
    del kept
    for outcome in outcomes:
        if outcome.wrong_net >= 0:
            raise CheckFailed(
                f"timed simulation: net {outcome.wrong_net} ends clock {outcome.wrong_clock} with "
                "another value than the netlist without delays"
            )
    latest = max(outcome.latest for outcome in outcomes) / TICKS_PER_NS
    return Changes(tuple(np.diff(edges).tolist()), counts, latest)


def _netlist(gates: Gates) -> tuple[_Netlist, list[npt.NDArray[Any]]]:
    """The C++ view of the gates, and the arrays that it points into."""
    count = len(gates.output)
    longest = max(int(gates.delay.max(initial=0)), _SMALLEST_WHEEL)
    order, start = _listeners(gates)
    gate = np.repeat(np.arange(count, dtype=np.int32), gates.inputs)
    pin = np.arange(len(gate), dtype=np.int64) - gates.pin_start[gate]
    arrays: list[npt.NDArray[Any]] = [
        *(gates.output, gates.level, gates.inputs, gates.truth_start, gates.truth),
        *(gates.delay_start, gates.delay, gates.pin_net, gates.pin_start),
        *(start, (gate[order] << 4 | pin[order]).astype(np.int32)),
        *(gates.source_rise, gates.source_fall),
    ]
    arrays = [np.ascontiguousarray(array) for array in arrays]
    pointers = [array.ctypes.data for array in arrays]
    return _Netlist(gates.nets, count, gates.sources, 1 << longest.bit_length(), *pointers), arrays


def _listeners(gates: Gates) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Inputs ordered by their nets, and where each net's begin; those that stand still are last."""
    moves = np.zeros(gates.nets, bool)
    moves[gates.output] = True
    nets = np.where(moves[gates.pin_net], gates.pin_net, gates.nets)
    order = np.argsort(nets, kind="stable")
    start = np.searchsorted(nets[order], np.arange(gates.nets + 1))
    return order, start.astype(np.int64)


@cache
def _library() -> ctypes.CDLL:
    files = {SOURCE.name: SOURCE.read_text(encoding="utf-8")}
    path = compile_cpp(files, "timed.so", (*FAST, *SHARED), title="the timed gate simulator")
    library = ctypes.CDLL(str(path))
    library.asicae_simulate.argtypes = [
        *(ctypes.c_void_p, ctypes.c_void_p),
        *(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p),
    ]
    library.asicae_simulate.restype = ctypes.c_int
    return library
