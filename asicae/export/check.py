"""Holds exported Verilog against the description it was made from."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from asicae.chip.blocks import Block
from asicae.chip.configuration import Configuration
from asicae.chip.design import TOP, Design, Port, design_of
from asicae.export.design_record import FILELIST, recorded
from asicae.export.layers import verilog_parameters
from asicae.export.pyverilog_design import Instance, Module, constant, parse
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.files import read_text
from asicae.network.description import Network


def check_export(
    network: Network, folder: Path, configuration: Configuration | None = None
) -> None:
    """Parse ``folder/rtl`` with Pyverilog and compare asicae_top with ``network``.

    ``configuration`` says how it is built; without it, the record of the export does.

    Compared are: the ports (names, directions, widths), the instances and their modules, every
    parameter, the widths of every connection, and where each layer finds its weights in the image.

    Raises:
        BadInput: a file of the export is missing (see ``listed_files``), or its record is wrong.
        CheckFailed: something does not parse or disagrees with the description.
    """
    built = recorded(folder) if configuration is None else configuration
    check_chip(design_of(network, built), folder, parse(listed_files(folder / "rtl")))


def check_chip(design: Design, folder: Path, modules: Mapping[str, Module]) -> None:
    """Likewise, of a chip of that design among the modules of an export in ``folder``."""
    top = check_top(folder, TOP, design.ports, design.blocks, modules)
    _check_slices(design, top)


def check_top(
    folder: Path,
    name: str,
    ports: Sequence[Port],
    blocks: Mapping[str, Block],
    modules: Mapping[str, Module],
) -> Module:
    """Compare the top of that name in an export with the ports and blocks that it should have.

    ``modules`` are those of the export in ``folder``. Returns the top.

    Raises:
        CheckFailed: something disagrees.
    """
    if name not in modules:
        raise CheckFailed(f"{folder}: no module {name}")
    top = modules[name]
    _check_ports(ports, top)
    _check_parameters(blocks, top, modules)
    for instance in top.instances.values():
        _check_connections(top, instance, modules[instance.module])
    return top


def listed_files(rtl: Path, name: str = FILELIST) -> list[Path]:
    """Verilog files that the list of that name in ``rtl`` names, one a line, in its order.

    Raises:
        BadInput: the list is missing, unreadable or empty, or a line of it is no plain name of a
            Verilog file, or the file is not there.
    """
    listing = rtl / name
    if not listing.is_file():
        raise BadInput(f"{listing}: not found; make the RTL with: asicae export-rtl")
    names = [line.strip() for line in read_text(listing).splitlines() if line.strip()]
    if not names:
        raise BadInput(f"{listing}: names no Verilog file")
    for file in names:
        if Path(file).name != file or not file.endswith(".v"):
            raise BadInput(f"{listing}: {file!r:.80}, allowed are plain names of .v files")
        if not (rtl / file).is_file():
            raise BadInput(f"{listing}: {file}: no such file beside it")
    return [rtl / file for file in names]


def _check_ports(ports: Sequence[Port], top: Module) -> None:
    expected = {port.name: (port.direction, port.width) for port in ports}
    widths = top.port_widths()
    found = {name: (port.direction, widths[name]) for name, port in top.ports.items()}
    _compare(f"{top.name}: port", found, expected)


def _check_parameters(
    blocks: Mapping[str, Block], top: Module, modules: Mapping[str, Module]
) -> None:
    found_modules = {name: instance.module for name, instance in top.instances.items()}
    wanted = {name: block.module for name, block in blocks.items()}
    _compare(f"{top.name}: instance", found_modules, wanted)
    for name, instance in top.instances.items():
        if instance.module not in modules:
            raise CheckFailed(
                f"{top.name}: {name}: module {instance.module!r} is not in the file list"
            )
        known = set(modules[instance.module].parameters)
        given = _given(top, instance)
        for parameter in sorted(set(given) - known):
            raise CheckFailed(
                f"{top.name}: {name}: {instance.module} has no parameter {parameter!r}"
            )
        fixed = _fixed(blocks[name])
        _compare(f"{top.name}: {name}: parameter", {key: given.get(key) for key in fixed}, fixed)


def _fixed(block: Block) -> dict[str, int]:
    """Parameters that the description fixes."""
    derived = {} if block.layer is None else verilog_parameters(block.layer)
    return derived | block.numbers


def _check_connections(top: Module, instance: Instance, module: Module) -> None:
    widths = module.port_widths(_given(top, instance))
    found = {
        port: top.expression_width(node)
        for port, node in instance.connections.items()
        if node is not None
    }
    _compare(f"{top.name}: {instance.name}: connection", found, widths)


def _check_slices(design: Design, top: Module) -> None:
    offsets = {array.name: array.offset for array in design.network.parameters}
    for block in design.data_path:
        if block.layer is None:
            continue
        connections = top.instances[block.instance].connections
        for port, (array,) in block.stored.items():
            node = connections[port]
            if type(node).__name__ != "Partselect" or node.var.name != "weights":
                raise CheckFailed(f"{TOP}: {block.instance}: {port} is no slice of the image")
            offset = constant(node.lsb, {})
            if offset != offsets[array.name]:
                raise CheckFailed(
                    f"{TOP}: {block.instance}: {port} starts at bit {offset} of the image, "
                    f"{array.name} at {offsets[array.name]}"
                )


def _given(top: Module, instance: Instance) -> dict[str, int]:
    scope = top.scope()
    return {name: constant(node, scope) for name, node in instance.parameters.items()}


def _compare(what: str, found: Mapping[str, object], expected: Mapping[str, object]) -> None:
    for name in sorted(set(found) | set(expected)):
        if found.get(name) != expected.get(name):
            raise CheckFailed(
                f"{what} {name!r}: found {found.get(name, 'none')}, "
                f"the description wants {expected.get(name, 'none')}"
            )
