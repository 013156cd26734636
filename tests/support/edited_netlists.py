"""A chip that is soon mapped, and faults of a synthesiser that spoil its redundancy."""

from typing import Any

from asicae.estimation.mapping import base_name
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint
from asicae.network.ops.dense import Dense

kind = FixedPoint.parse
TINY = Network(
    name="tiny",
    arrangement="flat",
    input=kind("ufixed<3,1>"),
    layers=(
        Dense(
            name="head",
            units=2,
            weight=kind("fixed<2,1>"),
            bias=kind("fixed<2,1>"),
            output=kind("ufixed<4,2>"),
            relu=True,
        ),
    ),
)
"""So small that slow control and normaliser are most of it."""
Modules = dict[str, Any]
WORD, FILE = ("weight_bank", "g_word[0].u_word"), ("register_file", "")
"""Where the faults are: a module, or the one of an instance in it."""


def held_in(modules: Modules, place: tuple[str, str]) -> Modules:
    """The body of the module at a place such as ``WORD``."""
    holder, inside = place
    body: Modules = next(body for name, body in modules.items() if base_name(name) == holder)
    found: Modules = modules[body["cells"][inside]["type"]] if inside else body
    return found


def joined(body: Modules, old: list[Any], new: list[Any]) -> None:
    """Whoever sees the nets ``old`` sees ``new`` instead."""
    instead = dict(zip(old, new, strict=True))
    for cell in body["cells"].values():
        for port, bits in cell["connections"].items():
            cell["connections"][port] = [instead.get(bit, bit) for bit in bits]
    for port in body["ports"].values():
        port["bits"] = [instead.get(bit, bit) for bit in port["bits"]]


def merged_copies(word: Modules) -> None:
    lost = word["cells"].pop("u_copy_c")["connections"]["q_o"]
    joined(word, lost, word["cells"]["u_copy_b"]["connections"]["q_o"])


def no_voter(word: Modules) -> None:
    pins = word["cells"].pop("u_voter_b")["connections"]
    joined(word, pins["q_o"], pins["b_i"])


def merged_voters(word: Modules) -> None:
    pins = word["cells"].pop("u_voter_b")["connections"]
    joined(word, pins["q_o"], word["cells"]["u_voter_a"]["connections"]["q_o"])


def merged_logic(file: Modules) -> None:
    pins = file["cells"].pop("g_copy[2].u_logic")["connections"]
    kept = file["cells"]["g_copy[1].u_logic"]["connections"]
    for port in ("state_o", "keep_o"):
        joined(file, pins[port], kept[port])


def no_report(file: Modules) -> None:
    joined(file, file["cells"]["u_state"]["connections"]["error_o"], ["0"])
