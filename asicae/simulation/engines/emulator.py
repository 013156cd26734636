"""The C++ emulator as an engine: compiled at first use, kept in the cache of builds."""

from collections.abc import Sequence
from pathlib import Path

from asicae.export.emulator import HEADER, emulator_header
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.simulation.builds.cpp import FAST
from asicae.simulation.engines.compiled import CompiledEncoder, compile_encoder


class Emulator(CompiledEncoder):
    """``asicae_encoder.hpp`` of a network; weights are to be loaded before it encodes.

    ``options`` are those of the compiler, ``cache`` is where the library is kept.

    Raises:
        MissingTool: no C++ compiler.
    """

    def __init__(
        self, network: Network, options: Sequence[str] = FAST, cache: Path | None = None
    ) -> None:
        files = {HEADER: emulator_header(network)}
        title = f"the C++ emulator of {network.name}"
        library = compile_encoder(
            network, "Encoder", HEADER, files, options, title=title, cache=cache
        )
        super().__init__(network, library)


def emulator(
    network: Network,
    weights: Weights,
    options: Sequence[str] = FAST,
    cache: Path | None = None,
) -> Emulator:
    """The emulator of ``network`` with ``weights`` loaded; arguments and errors as `Emulator`."""
    made = Emulator(network, options, cache)
    made.load(weights)
    return made
