"""Holds exported Verilog against the description it was made from."""

from collections.abc import Mapping
from pathlib import Path

from asicae.export.pyverilog_design import Instance, Module, constant, parse
from asicae.export.top import (
    SUM_BITS,
    TOP,
    layer_parameters,
    normaliser_parameters,
    register_file_parameters,
)
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.files import read_text
from asicae.module.codes import CALQ_BITS
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network

FILELIST = "filelist.f"


def check_export(network: Network, folder: Path) -> None:
    """Parse ``folder/rtl`` with Pyverilog and compare asicae_top with ``network``.

    Compared are: the ports (names, directions, widths), the instances and their modules, every
    parameter, the widths of every connection, and where each layer finds its weights in the image.

    Raises:
        BadInput: a file of the export is missing (see ``listed_files``).
        CheckFailed: something does not parse or disagrees with the description.
    """
    modules = parse(listed_files(folder / "rtl"))
    if TOP not in modules:
        raise CheckFailed(f"{folder}: no module {TOP}")
    top = modules[TOP]
    _check_ports(network, top)
    _check_parameters(network, top, modules)
    for instance in top.instances.values():
        _check_connections(top, instance, modules[instance.module])
    _check_slices(network, top)


def listed_files(rtl: Path) -> list[Path]:
    """Verilog files that ``rtl/filelist.f`` names, one a line, in its order.

    Raises:
        BadInput: the list is missing, unreadable or empty, or a line of it is no plain name of a
            Verilog file, or the file is not there.
    """
    listing = rtl / FILELIST
    if not listing.is_file():
        raise BadInput(f"{listing}: not found; make the RTL with: asicae export-rtl")
    names = [line.strip() for line in read_text(listing).splitlines() if line.strip()]
    if not names:
        raise BadInput(f"{listing}: names no Verilog file")
    for name in names:
        if Path(name).name != name or not name.endswith(".v"):
            raise BadInput(f"{listing}: {name!r:.80}, allowed are plain names of .v files")
        if not (rtl / name).is_file():
            raise BadInput(f"{listing}: {name}: no such file beside it")
    return [rtl / name for name in names]


def expected_ports(network: Network) -> dict[str, tuple[str, int]]:
    """Ports of asicae_top as the description wants them: name to (direction, bits)."""
    return {
        "clk_i": ("input", 1),
        "rst_ni": ("input", 1),
        "scl_i": ("input", 1),
        "sda_i": ("input", 1),
        "sda_oe_o": ("output", 1),
        "valid_i": ("input", 1),
        "calq_i": ("input", N_CELLS * CALQ_BITS),
        "valid_o": ("output", 1),
        "latent_o": ("output", network.latents * network.latent_type.width),
        "sum_o": ("output", SUM_BITS),
        "tmr_error_o": ("output", 1),
    }


def expected_parameters(network: Network) -> dict[str, tuple[str, dict[str, int]]]:
    """Instances of asicae_top: name to (module, parameter values that the description fixes)."""
    codes = N_CELLS * network.input.width
    latents = network.latents * network.latent_type.width
    instances: dict[str, tuple[str, dict[str, int]]] = {
        "u_i2c_target": ("i2c_target", {}),
        "u_register_file": ("register_file", _numbers(register_file_parameters(network))),
        "u_weight_bank": ("weight_bank", {"BITS": network.weight_bits}),
        "u_normaliser": ("normaliser", normaliser_parameters(network)),
        "u_rank1": ("pipeline_rank", {"WIDTH": codes + SUM_BITS, "CLEAR": 0}),
        "u_latent_packer": (
            "latent_packer",
            {"LATENTS": network.latents, "WIDTH": network.latent_type.width},
        ),
        "u_rank2": ("pipeline_rank", {"WIDTH": latents + SUM_BITS, "CLEAR": 1}),
    }
    for plan in network.plans:
        instances[f"u_layer_{plan.name}"] = (plan.kind, layer_parameters(plan))
    return instances


def _numbers(parameters: list[tuple[str, str]]) -> dict[str, int]:
    return {
        name: int(text.split("'h")[1], 16) if "'h" in text else int(text)
        for name, text in parameters
    }


def _check_ports(network: Network, top: Module) -> None:
    widths = top.port_widths()
    found = {name: (port.direction, widths[name]) for name, port in top.ports.items()}
    _compare(f"{TOP}: port", found, expected_ports(network))


def _check_parameters(network: Network, top: Module, modules: Mapping[str, Module]) -> None:
    expected = expected_parameters(network)
    found_modules = {name: instance.module for name, instance in top.instances.items()}
    _compare(
        f"{TOP}: instance", found_modules, {name: module for name, (module, _) in expected.items()}
    )
    for name, instance in top.instances.items():
        if instance.module not in modules:
            raise CheckFailed(f"{TOP}: {name}: module {instance.module!r} is not in the file list")
        known = set(modules[instance.module].parameters)
        given = _given(top, instance)
        for parameter in sorted(set(given) - known):
            raise CheckFailed(f"{TOP}: {name}: {instance.module} has no parameter {parameter!r}")
        fixed = expected[name][1]
        _compare(f"{TOP}: {name}: parameter", {key: given.get(key) for key in fixed}, fixed)


def _check_connections(top: Module, instance: Instance, module: Module) -> None:
    widths = module.port_widths(_given(top, instance))
    found = {
        port: top.expression_width(node)
        for port, node in instance.connections.items()
        if node is not None
    }
    _compare(f"{TOP}: {instance.name}: connection", found, widths)


def _check_slices(network: Network, top: Module) -> None:
    for plan in network.plans:
        connections = top.instances[f"u_layer_{plan.name}"].connections
        for port, array in (("kernel_i", plan.kernel), ("bias_i", plan.bias)):
            node = connections[port]
            if type(node).__name__ != "Partselect" or node.var.name != "weights":
                raise CheckFailed(f"{TOP}: u_layer_{plan.name}: {port} is no slice of the image")
            offset = constant(node.lsb, {})
            if offset != array.offset:
                raise CheckFailed(
                    f"{TOP}: u_layer_{plan.name}: {port} starts at bit {offset} of the image, "
                    f"{array.name} at {array.offset}"
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
