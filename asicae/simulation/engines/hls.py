"""The HLS templates, executed by the user's ac_types or ap_types: what both engines share."""

import importlib.util
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from asicae.export.hls import CHIP, LIBRARIES, HlsTypes, check_types, chip_files
from asicae.foundation.errors import BadInput, MissingTool
from asicae.foundation.extras import install_command
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.simulation.builds.cpp import folder_hash
from asicae.simulation.builds.toolchain import COMPILER, compiler
from asicae.simulation.engines.compiled import CompiledEncoder, compile_encoder
from asicae.simulation.engines.engine import Engine, Look

INSTALL = install_command("hls")
OPTIONS = ("-O2",)


def header_variable(types: HlsTypes) -> str:
    """Environment variable that names the folder of a library's headers."""
    return f"ASICAE_{types.upper()}_TYPES"


def header_folder(types: HlsTypes, folder: Path | None = None) -> Path:
    """Folder of the headers of ac_types or ap_types.

    ``folder``, else ``$ASICAE_AC_TYPES`` or ``$ASICAE_AP_TYPES``, else those that an installed
    hls4ml carries; hls4ml itself is not imported.

    Raises:
        BadInput: the folder that was named has no such header.
        MissingTool: none was named and hls4ml is not installed.
    """
    variable, header = header_variable(types), LIBRARIES[types].header
    named = folder or (Path(os.environ[variable]) if os.environ.get(variable) else None)
    if named is not None:
        if not (named / header).is_file():
            raise BadInput(f"{named}: no {header} there; name the folder of the {types}_types")
        return named
    package = importlib.util.find_spec("hls4ml")
    for place in (package.submodule_search_locations or ()) if package else ():
        found = Path(place) / LIBRARIES[types].in_hls4ml
        if (found / header).is_file():
            return found
    raise MissingTool(f"{header} of {types}_types", f"{INSTALL} (or set {variable})")


class HlsModel(CompiledEncoder):
    """The chip of a network as the HLS templates describe it; weights are to be loaded first.

    ``headers`` is as in ``header_folder``, ``options`` are the compiler's, ``cache`` is where the
    library is kept.

    Raises:
        MissingTool: no C++ compiler, no headers.
        NotExpressible: the library lacks a rounding of ``network``.
    """

    def __init__(
        self,
        network: Network,
        types: HlsTypes,
        headers: Path | None = None,
        options: Sequence[str] = OPTIONS,
        cache: Path | None = None,
    ) -> None:
        check_types(network, types)
        system = [header_folder(types, headers)]
        own = (*type_options(types), *options)
        files = chip_files(network)
        title = f"the HLS templates of {network.name} with {types}_types"
        library = compile_encoder(
            network, "Model", CHIP, files, own, title=title, system=system, cache=cache
        )
        super().__init__(network, library)


def hls_model(encoder: Encoder, types: HlsTypes) -> HlsModel:
    """The HLS templates of ``network`` with ``weights`` loaded; errors as `HlsModel`."""
    network, weights = encoder.network, encoder.weights
    made = HlsModel(network, types)
    made.load(weights)
    return made


def type_options(types: HlsTypes) -> tuple[str, ...]:
    """Compiler options that choose the library."""
    library = LIBRARIES[types]
    return (library.option, *compiler().gcc_only(*library.gcc_options))


class HlsEngine(Engine):
    """The HLS templates with one library of types."""

    types: ClassVar[HlsTypes]

    def open(self, encoder: Encoder, rtl_folder: Path | None = None) -> HlsModel:
        """See ``Engine.open``; a library may lack a rounding of ``network``."""
        return hls_model(encoder, self.types)

    def needs(self) -> Mapping[str, Look]:
        """A C++ compiler and the headers of the library."""
        return {**COMPILER, f"{self.types}_types": lambda: str(header_folder(self.types))}

    def built_with(self) -> str:
        """The headers by what is in them, wherever they lie, and the compiler."""
        headers = folder_hash(header_folder(self.types))
        return f"headers {headers}, {compiler().version}"
