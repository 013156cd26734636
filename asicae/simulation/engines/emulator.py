"""The C++ emulator as an engine: compiled at first use, kept in the cache of builds."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from asicae.export.emulator import HEADER, emulator_header
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.simulation.builds.cpp import FAST
from asicae.simulation.builds.toolchain import COMPILER
from asicae.simulation.engines.compiled import CompiledEncoder, compile_encoder
from asicae.simulation.engines.engine import Engine, Look


class EmulatorModel(CompiledEncoder):
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
    encoder: Encoder,
    options: Sequence[str] = FAST,
    cache: Path | None = None,
) -> EmulatorModel:
    """The emulator of ``network`` with ``weights`` loaded; all else as `EmulatorModel`."""
    network, weights = encoder.network, encoder.weights
    made = EmulatorModel(network, options, cache)
    made.load(weights)
    return made


class Emulator(Engine):
    """The exported C++; holds every network."""

    name = "emulator"
    share = 1.0

    def open(self, encoder: Encoder, rtl_folder: Path | None = None) -> EmulatorModel:
        """See ``Engine.open``."""
        return emulator(encoder)

    def needs(self) -> Mapping[str, Look]:
        """A C++ compiler."""
        return COMPILER
