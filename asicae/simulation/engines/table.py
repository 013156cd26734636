"""The engines by name, and one call for all of them: same inputs, same outputs, bit for bit."""

from pathlib import Path
from typing import Final

import numpy.typing as npt

from asicae.chip.golden import ChipOutput
from asicae.foundation.errors import BadInput
from asicae.network.encoder import Encoder
from asicae.simulation.engines.ac import AcTypes
from asicae.simulation.engines.ap import ApTypes
from asicae.simulation.engines.emulator import Emulator
from asicae.simulation.engines.engine import Engine, Look, OpenEngine
from asicae.simulation.engines.golden import Golden
from asicae.simulation.engines.qonnx import Qonnx
from asicae.simulation.engines.verilated import Verilated

ENGINES: Final[dict[str, Engine]] = {
    engine.name: engine
    for engine in (Golden(), Emulator(), Verilated(), AcTypes(), ApTypes(), Qonnx())
}


def engine_named(name: str) -> Engine:
    """A row of the table.

    Raises:
        BadInput: another name.
    """
    if name not in ENGINES:
        raise BadInput(f"engine: found {name!r}, allowed are {', '.join(ENGINES)}")
    return ENGINES[name]


def compared_engines() -> dict[str, Engine]:
    """Those that can be compared with golden."""
    return {name: engine for name, engine in ENGINES.items() if engine.compared}


def needs() -> dict[str, Look]:
    """What all engines together need, by name; see ``Engine.needs``."""
    return {name: look for engine in ENGINES.values() for name, look in engine.needs().items()}


def open_engine(
    encoder: Encoder, engine: str | Engine, rtl_folder: Path | None = None
) -> OpenEngine:
    """An engine by name, or one that stands in no table; see ``Engine.open`` for ``rtl_folder``.

    Raises:
        BadInput: another name; and what ``Engine.open`` raises.
    """
    chosen = engine_named(engine) if isinstance(engine, str) else engine
    return chosen.open(encoder, rtl_folder)


def run(
    encoder: Encoder,
    calq: npt.ArrayLike,
    engine: str = "numpy",
    threads: int | None = None,
) -> ChipOutput:
    """Encode CALQ (events, 48) in AE order with an engine of this name.

    ``threads`` defaults to all cores.

    Raises:
        BadInput: CALQ of another shape or outside 22 bits, fewer than one thread, or another name;
            and what ``Engine.open`` and ``OpenEngine.encode`` raise.
    """
    return open_engine(encoder, engine).encode(calq, threads)
