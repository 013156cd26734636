"""``asicae doctor``: what is installed of all that the kit can use."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial

from asicae.foundation.errors import BadInput
from asicae.foundation.extras import EXTRAS, install_command, installed_version

DEBIAN_TOOLS = {"cmake": "cmake", "iverilog": "iverilog", "sta": "opensta", "chromium": "chromium"}


def doctor() -> None:
    """Which tools and extras are here, and how to get those that are not."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="asicae doctor", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name, found in findings():
        table.add_row(name.replace("_", " "), escape(found))
    Console().print(table)


def findings() -> Iterator[tuple[str, str]]:
    """(name, version or the command that installs it) for every extra and every tool."""
    for extra, packages in EXTRAS.items():
        for package in packages:
            yield package, _package(package, extra)
    yield from _build_tools()
    for program, package in DEBIAN_TOOLS.items():
        found = shutil.which(program)
        yield program, found or f"absent (optional); install it with: apt-get install {package}"


def _build_tools() -> Iterator[tuple[str, str]]:
    """What compiles the C++ and the simulations, and the headers of HLS types."""
    from asicae.export.hls import ALL_TYPES
    from asicae.simulation.builds.toolchain import compiler
    from asicae.simulation.builds.verilator import BUILD_TOOLS
    from asicae.simulation.engines.hls import header_folder

    yield "C++ compiler", _found(lambda: compiler().version.splitlines()[0])
    for tool in BUILD_TOOLS:
        yield tool, shutil.which(tool) or f"absent; install it with: apt-get install {tool}"
    for types in ALL_TYPES:
        yield f"{types}_types", _found(partial(header_folder, types))


def _found(look: Callable[[], object]) -> str:
    try:
        return str(look())
    except BadInput as reason:
        return f"absent: {reason}"


def _package(name: str, extra: str) -> str:
    return installed_version(name) or f"absent; install it with: {install_command(extra)}"
