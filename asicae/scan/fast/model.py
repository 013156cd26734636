"""The fast model: coefficients by part, and what they make of a chip."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from asicae.chip.configuration import Configuration
from asicae.chip.design import design_of
from asicae.estimation.figures import CLOCK_TREE, Figures, area_figures, energy_figures
from asicae.estimation.library_record import AREA_65NM, ENERGY_65NM
from asicae.estimation.record import EnergyParts, UsedLibrary
from asicae.estimation.scaling import factors
from asicae.export.rtl import named_files
from asicae.foundation.assets import asset_folder
from asicae.foundation.files import sha256
from asicae.foundation.json_record import JsonRecord
from asicae.scan.fast.layers import Features
from asicae.scan.fast.limits import Limits
from asicae.scan.fast.parts import Part, kinds
from asicae.simulation.drawn import DrawnChip

MODEL_FILE: Final = Path(__file__).parent / "fast_model.json"


class BlockFigures(JsonRecord):
    """A block, estimated or predicted.

    Attributes:
        area_um2: of its cells.
        leakage_fj: in a clock.
        clock_fj: of its clock pins in a clock.
        clock_pins: that the clock reaches in a clock.
        data_fj: of changes of data in a clock, glitches among them.
    """

    area_um2: float = 0.0
    leakage_fj: float = 0.0
    clock_fj: float = 0.0
    clock_pins: float = 0.0
    data_fj: float = 0.0


SIZES: Final = ("area_um2", "leakage_fj", "clock_fj", "clock_pins")


class ChipFigures(JsonRecord):
    """A chip, estimated or predicted.

    Attributes:
        blocks: by instance in the top; ``top`` is what lies beside them.
        tree_fj: of the clock tree in a clock.
    """

    blocks: dict[str, BlockFigures]
    tree_fj: float

    @property
    def area_um2(self) -> float:
        """Of all cells."""
        return sum(block.area_um2 for block in self.blocks.values())

    @property
    def dynamic_fj(self) -> float:
        """Energy in a clock without leakage."""
        return self.tree_fj + sum(block.data_fj + block.clock_fj for block in self.blocks.values())


class Coefficients(JsonRecord):
    """What features are multiplied with.

    Attributes:
        size: by kind of part, quantity (``SIZES``) and feature.
        data_fj: by what moves in a part, and feature.
        tree_fj: of the clock tree, by feature.
    """

    size: dict[str, dict[str, Features]]
    data_fj: dict[str, Features]
    tree_fj: Features

    def chip(self, parts: Iterable[Part]) -> ChipFigures:
        """What a chip of such parts comes to."""
        blocks = {part.instance: self.block(part) for part in parts}
        found = ChipFigures(blocks=blocks, tree_fj=0.0)
        tree = product(self.tree_fj, tree_features(found))
        return found.model_copy(update={"tree_fj": tree})

    def block(self, part: Part) -> BlockFigures:
        """What a part comes to."""
        size = {q: product(c, part.size) for q, c in self.size[part.built].items()}
        data = product(self.data_fj.get(part.moved, {}), part.moves)
        return BlockFigures(**size, data_fj=data)


def product(coefficients: Mapping[str, float], features: Mapping[str, float]) -> float:
    """The sum of features times their coefficients; one that has none counts nothing."""
    return sum(value * features[name] for name, value in coefficients.items())


def tree_features(chip: ChipFigures) -> Features:
    """What the energy of a clock tree is linear in: see ``estimation.clock_tree``."""
    pins = sum(block.clock_pins for block in chip.blocks.values())
    return {"pins": pins, "wire": (pins * chip.area_um2) ** 0.5}


class Errors(JsonRecord):
    """How far points were off that the model was not fitted on, as shares of what was estimated.

    Attributes:
        points: that were held out.
        area: median and largest.
        energy: likewise, of the dynamic energy.
    """

    points: int
    area: tuple[float, float]
    energy: tuple[float, float]


class FastModel(JsonRecord):
    """A model with what it was fitted on.

    Attributes:
        library: of the estimates.
        rtl_sha256: of the hand-written RTL that was estimated (``rtl_digest``).
        limits: of the descriptions.
        errors: by way to build (``way_of``).
        coefficients: of the model.
    """

    library: UsedLibrary
    rtl_sha256: str
    limits: Limits
    errors: dict[str, Errors]
    coefficients: Coefficients

    @classmethod
    def stored(cls) -> "FastModel":
        """The one that comes with the kit."""
        return cls.load(MODEL_FILE)

    def outside(self, chip: DrawnChip) -> str | None:
        """Why it says nothing of a chip; None where it does."""
        way = way_of(chip.configuration)
        if way not in self.errors:
            return f"built with {way}, fitted are {'; '.join(self.errors)}"
        known = self.coefficients.size.keys()
        for kind in sorted(kinds(design_of(chip.network, chip.configuration)) - known):
            return f"built with a {kind}, fitted are {'; '.join(sorted(known))}"
        return self.limits.outside(chip.network)

    def figures(self, chip: DrawnChip, parts: Sequence[Part]) -> Figures:
        """Figures of a chip with the keys of ``metrics.json``; bands are wider by its errors."""
        found = self.coefficients.chip(parts)
        labels = {part.instance: part.label for part in parts}
        area, busy, idle = _by_label(found, labels)
        library, errors = self.library, self.errors[way_of(chip.configuration)]
        scaled = factors(library.node_nm, library.voltage_v, library.nand2_um2)
        figures = area_figures(area, library.key, scaled)
        figures |= energy_figures(busy, idle, library.key, scaled)
        for name, (_, largest) in ((AREA_65NM, errors.area), (ENERGY_65NM, errors.energy)):
            for level, factor in (("low", 1 / (1 + largest)), ("high", 1 + largest)):
                key = f"{name}.{level}"
                if key in figures:
                    figures[key] = float(figures[key]) * factor
        return figures


def way_of(configuration: Configuration) -> str:
    """What decides how well a chip is known, in words: its adders and its barrier."""
    return f"{configuration.mac} sums and {'a' if configuration.barrier else 'no'} barrier"


def _by_label(
    chip: ChipFigures, labels: Mapping[str, str]
) -> tuple[dict[str, float], dict[str, EnergyParts], dict[str, EnergyParts]]:
    """Area, energy with data and energy without, by label; of data all counts as switching."""
    area: dict[str, float] = {}
    busy, idle = ({CLOCK_TREE: EnergyParts(clock=chip.tree_fj)} for _ in range(2))
    for instance, block in chip.blocks.items():
        label = labels[instance]
        area[label] = area.get(label, 0.0) + block.area_um2
        rest = EnergyParts(clock=block.clock_fj, leakage=block.leakage_fj)
        for parts, own in ((busy, rest + EnergyParts(switching=block.data_fj)), (idle, rest)):
            parts[label] = parts.get(label, EnergyParts()) + own
    return area, busy, idle


def rtl_digest() -> str:
    """SHA-256 over names and contents of the hand-written RTL of named microarchitectures."""
    folder = asset_folder("rtl")
    digest = hashlib.sha256()
    for path in named_files():
        digest.update(f"{path.relative_to(folder).as_posix()}\n{sha256(path)}\n".encode())
    return digest.hexdigest()
