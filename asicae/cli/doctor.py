"""``asicae doctor``: what is installed of all that the kit can use."""

import shutil
from collections.abc import Callable, Iterator

from asicae.foundation.errors import BadInput, MissingTool
from asicae.foundation.extras import EXTRAS, install_command, installed_version

DEBIAN_TOOLS = {
    "cmake": "cmake",
    "iverilog": "iverilog",
    "sta": "opensta",
    "chromium": "chromium",
    "graywolf": "graywolf",
    "qrouter": "qrouter",
}


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
    yield from _engines()
    for program, package in DEBIAN_TOOLS.items():
        found = shutil.which(program)
        yield program, found or f"absent (optional); install it with: apt-get install {package}"
    yield from _libraries()


def _libraries() -> Iterator[tuple[str, str]]:
    """Cells to map to, for ``estimate --liberty`` and settings."""
    from asicae.estimation.library_places import empty_kit, found_libraries

    for place in found_libraries():
        yield "cell library", f"{place.name}: {place}"
    if (root := empty_kit()) is not None:
        yield "cell library", f"none in $PDK_ROOT ({root})"


def _engines() -> Iterator[tuple[str, str]]:
    """What compiles and executes the chip."""
    from asicae.simulation.engines.table import needs

    packages = {package for names in EXTRAS.values() for package in names}
    for name, look in needs().items():
        if name not in packages:
            yield name, _found(look)


def _found(look: Callable[[], str]) -> str:
    try:
        return look().splitlines()[0]
    except MissingTool as reason:
        return f"absent; install it with: {reason.install}"
    except BadInput as reason:
        return f"absent: {reason}"


def _package(name: str, extra: str) -> str:
    return installed_version(name) or f"absent; install it with: {install_command(extra)}"
