"""Two chips of one description in one library, with the places of all their flip-flops."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asicae.chip.design import Design
from asicae.simulation.engines.chip_driver import ROOT, chip_text, verilated, with_headers
from asicae.simulation.engines.chip_library import driven_library

HEADER: Final = Path(__file__).with_name("twin_functions.hpp")
TRAFFIC: Final = tuple(HEADER.with_name(f"{name}.hpp") for name in ("traffic", "random"))
"""What a host says meanwhile."""
KINDS: Final = HEADER.with_name("kinds.hpp")
"""What becomes of a disturbance."""
INCLUDED: Final = (
    *(HEADER.with_name(f"{name}.hpp") for name in ("twin", "twin_values")),
    *TRAFFIC,
    KINDS,
)


@dataclass(frozen=True)
class Register:
    """Flip-flops that hold one word, once or three times.

    Attributes:
        place: of the register in the top.
        block: instance in the top that it lies in.
        module: that declares the variables.
        copies: the variables, by their places in the top; one or three.
        width: bits of each.
        told: whether copies that disagree have to be reported.
        report: bits of the word that tell of upsets, and so differ after one.
    """

    place: str
    block: str
    module: str
    copies: tuple[str, ...]
    width: int
    told: bool = True
    report: tuple[int, ...] = ()

    @property
    def flip_flops(self) -> int:
        """In all copies."""
        return self.width * len(self.copies)


def twin_library(
    design: Design,
    registers: Sequence[Register],
    rtl_folder: Path | None = None,
    cache: Path | None = None,
    quick: bool = False,
) -> Path:
    """Shared library; see ``twin_functions.hpp``, and ``driven_library`` for the rest.

    Raises:
        MissingTool, BadInput: as ``driven_library``.
        CheckFailed: Verilator or the compiler refuses the sources, as where there is no such place.
    """
    places = [copy for register in registers for copy in register.copies]
    visible = dict.fromkeys(
        (r.module, copy.rpartition(".")[2]) for r in registers for copy in r.copies
    )
    files = with_headers(chip_text(design), HEADER)
    included = {path.name: path.read_text(encoding="utf-8") for path in INCLUDED}
    texts = files | included | {"vectors.hpp": _vectors(places)}
    return driven_library(design, texts, visible, rtl_folder, cache, quick)


def _vectors(places: Sequence[str]) -> str:
    """C++ that lists the variables of all flip-flops in their order."""
    lines = [
        f"constexpr int kVectors = {len(places)};",
        f"inline void vectors({ROOT}& root, Vector* found) {{",
        *(
            f"  found[{index}] = vector_of(root.{verilated(place)});"
            for index, place in enumerate(places)
        ),
        "}",
    ]
    return "\n".join([*lines, ""])
