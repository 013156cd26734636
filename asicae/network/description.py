"""The description of an encoder: what is frozen in silicon.

A ``Network`` is data. Accumulator widths, weight image, register map, RTL parameters and benches
are all derived from it.
"""

import hashlib
import json
import re
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from pydantic import (
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    StrictInt,
    field_validator,
    model_serializer,
    model_validator,
)

from asicae.foundation.errors import BadInput
from asicae.foundation.files import read_json, read_toml, write_text
from asicae.foundation.validation import Exact, short, validated
from asicae.module.geometry import ARRANGEMENTS, N_CELLS, Arrangement
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.graph import INPUT, ordered, without_defaults
from asicae.network.limits import MAX_IMAGE_BYTES, MAX_KEEP_BYTES
from asicae.network.ops.base import Layer
from asicae.network.ops.table import AnyLayer
from asicae.network.plan import (
    MAX_ACCUMULATOR_BITS,
    LayerPlan,
    Operand,
    Parameter,
    WeightedPlan,
    plan_of,
)

SCHEMA_VERSIONS: Final = (1, 2)
"""1: a chain of convolutions and dense layers; 2: layers name their inputs, and other kinds."""
VERSION_KEY: Final = "schema_version"
PRESET_FOLDER = Path(__file__).parent / "presets"
PRESETS = tuple(sorted(path.stem for path in PRESET_FOLDER.glob("*.toml")))
PARTS: Final = ("hybrid-1", "hybrid-2")
"""Presets that are no chip alone: Hybrid Choice has more around its network."""
NORMALISED_FRACTION = 27
"""Fractional bits of a normalised charge: the sum of 48 charges of 22 bits has 28."""
SILICON_INPUT = FixedPoint(8, 1, signed=False, rounding=Rounding.TRN, overflow=Overflow.SAT)
"""Codes of the ECON-T's converter."""
MAX_CONNECTIONS = 1 << 21
"""Of all layers; with weights inputs times outputs: golden holds them as matrices, RTL as parallel
hardware."""
MAX_LAYERS = 16
_NETWORK_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")


class Network(Exact):
    """Layers on one arrangement of the 48 trigger cells; the last of them gives the latents.

    ``input`` is the type to which a normalised charge, CALQ / 2**floor(log2(sum)), is brought.
    ``masked_cells`` (AE order) are never seen: their codes count as zero and no hardware is built
    for them, as in partial modules. ``image_order`` names all arrays, such as "conv.kernel", in
    their order in the weight image; without it they follow the layers, kernel before bias.

    A description is written with the oldest ``schema_version`` that has all that it needs.
    """

    name: str
    arrangement: str
    input: FixedPoint
    layers: tuple[AnyLayer, ...]
    masked_cells: tuple[StrictInt, ...] = ()
    image_order: tuple[str, ...] | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _of_its_schema(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(values, dict) or VERSION_KEY not in values:
            return handler(values)
        version = values[VERSION_KEY]
        if type(version) is not int or version not in SCHEMA_VERSIONS:
            known = ", ".join(map(str, SCHEMA_VERSIONS))
            raise ValueError(f"{VERSION_KEY} is {short(version)}, this asicae reads {known}")
        network = handler({key: value for key, value in values.items() if key != VERSION_KEY})
        if version < network.schema_version:
            newer = next(layer for layer in network.layers if layer.schema_version > version)
            what = "inputs" if newer.inputs is not None else f"kind {newer.kind}"
            raise ValueError(
                f"{VERSION_KEY} is {version}, which has no {what} of layer {newer.name!r}; "
                f"allowed is {network.schema_version}"
            )
        return network

    @model_serializer(mode="wrap")
    def _with_its_schema(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {VERSION_KEY: self.schema_version, **handler(self)}

    @field_validator("name")
    @classmethod
    def _safe_name(cls, name: str) -> str:
        if not _NETWORK_NAME.fullmatch(name):
            raise ValueError(f"{short(name)} is no network name; allowed: a-z, 0-9, - and _")
        return name

    @field_validator("arrangement")
    @classmethod
    def _known_arrangement(cls, arrangement: str) -> str:
        if arrangement not in ARRANGEMENTS:
            raise ValueError(f"{short(arrangement)} is unknown; allowed: {', '.join(ARRANGEMENTS)}")
        return arrangement

    @field_validator("input")
    @classmethod
    def _makeable_input(cls, kind: FixedPoint) -> FixedPoint:
        if kind.fraction > NORMALISED_FRACTION:
            raise ValueError(
                f"{kind} has {kind.fraction} fractional bits, a normalised charge has "
                f"{NORMALISED_FRACTION}"
            )
        return kind

    @field_validator("layers", mode="before")
    @classmethod
    def _some_layers(cls, layers: Any) -> Any:
        # Before the layers themselves are looked at, which takes long for a million of them.
        if isinstance(layers, list | tuple) and len(layers) > MAX_LAYERS:
            raise ValueError(f"{len(layers)} layers, allowed are {MAX_LAYERS}")
        return layers

    @field_validator("layers")
    @classmethod
    def _named_inputs(cls, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
        return without_defaults(layers)

    @field_validator("masked_cells")
    @classmethod
    def _some_cells(cls, cells: tuple[int, ...]) -> tuple[int, ...]:
        if list(cells) != sorted(set(cells)) or not all(0 <= cell < N_CELLS for cell in cells):
            raise ValueError(f"allowed are rising cell numbers from 0 to {N_CELLS - 1}")
        return cells

    @model_validator(mode="after")
    def _consistent(self) -> "Network":
        if not self.layers or len(self.plans[-1].output_shape) != 1:
            raise ValueError("the last layer must be dense: its units are the latents")
        # Sizes first: what follows from every tap takes long for a network that is too large.
        if self.image_bytes > MAX_IMAGE_BYTES:
            raise ValueError(
                f"weight image of {self.image_bytes} bytes, allowed are {MAX_IMAGE_BYTES}"
            )
        keep_bits = self.latents * self.latent_type.width
        if keep_bits > 8 * MAX_KEEP_BYTES:
            raise ValueError(
                f"{keep_bits} bits of latents, the keep mask has room for {8 * MAX_KEEP_BYTES}"
            )
        for plan in self.plans:
            _check_taps(plan)
        return self

    @property
    def identifier(self) -> str:
        """The name as a Verilog and C identifier."""
        return self.name.replace("-", "_")

    @property
    def cells(self) -> Arrangement:
        """The arrangement of trigger cells in the input image."""
        return ARRANGEMENTS[self.arrangement]

    @property
    def live_inputs(self) -> npt.NDArray[np.bool_]:
        """Which flat pixels of the input image carry a trigger cell that is not masked."""
        live = np.zeros(int(np.prod(self.cells.shape)), dtype=bool)
        live[self.cells.pixels] = True
        live[self.cells.pixels[list(self.masked_cells)]] = False
        return live

    def image(self, codes: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The input image (events, height, width, channels) of codes (events, 48) in AE order."""
        seen = np.array(codes)
        seen[:, list(self.masked_cells)] = 0
        return self.cells.image(seen)

    @property
    def schema_version(self) -> int:
        """The oldest schema that can say it."""
        return max((layer.schema_version for layer in self.layers), default=SCHEMA_VERSIONS[0])

    @cached_property
    def plans(self) -> tuple[LayerPlan, ...]:
        """The layers in their places, with everything derived, each behind those that it sees."""
        plans: list[LayerPlan] = []
        connections, live = 0, tuple(map(bool, self.live_inputs))
        known = {INPUT: Operand(INPUT, self.cells.shape, self.input, self.input.raw_min, live)}
        for layer, inputs in ordered(self.layers):
            plan = plan_of(layer, tuple(known[name] for name in inputs))
            connections += _connections(plan, connections)
            plans.append(plan)
            known[plan.name] = plan.output
        return _placed(plans, self.image_order)

    @cached_property
    def weighted(self) -> tuple[WeightedPlan, ...]:
        """Those of the layers that have weights."""
        return tuple(plan for plan in self.plans if isinstance(plan, WeightedPlan))

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its layers."""
        return frozenset(layer.kind for layer in self.layers)

    @property
    def is_chain(self) -> bool:
        """Whether each layer sees the one in front of it, and nothing else."""
        ahead = (INPUT, *(plan.name for plan in self.plans))
        seen = [[operand.name for operand in plan.operands] for plan in self.plans]
        return seen == [[name] for name in ahead[:-1]]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The arrays of the weight image, in image order."""
        arrays = (array for plan in self.weighted for array in (plan.kernel, plan.bias))
        return tuple(sorted(arrays, key=lambda array: array.offset))

    @property
    def weight_bits(self) -> int:
        """Bits of the weight image."""
        return sum(parameter.bits for parameter in self.parameters)

    @property
    def image_bytes(self) -> int:
        """Bytes of the weight image; spare bits of the last byte are zero."""
        return -(-self.weight_bits // 8)

    @property
    def latents(self) -> int:
        """Number of latents."""
        return self.plans[-1].channels

    @property
    def latent_type(self) -> FixedPoint:
        """Type of a latent."""
        return self.plans[-1].output_type

    @property
    def macs(self) -> int:
        """Multiply-accumulates per inference that can be non-zero."""
        return sum(plan.macs for plan in self.plans)

    @property
    def design_hash(self) -> int:
        """32 bits of the SHA-256 of the description; the chip carries it in a register."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")

    def save(self, path: Path) -> Path:
        """Write the description as JSON."""
        return write_text(path, self.model_dump_json(indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Network":
        """Read a description, JSON or (by its ending) TOML.

        Raises:
            BadInput: missing or broken file, another schema version, anything inconsistent.
        """
        written_by_hand = path.suffix == ".toml"
        content = read_toml(path) if written_by_hand else read_json(path)
        if not isinstance(content, dict):
            raise BadInput(f"{path}: found {type(content).__name__}, expected a description object")
        unsaid = {} if written_by_hand else {VERSION_KEY: None}
        return validated(cls, unsaid | content, str(path))

    @classmethod
    def preset(cls, name: str) -> "Network":
        """A preset by name.

        Raises:
            BadInput: no such preset.
        """
        if name not in PRESETS:
            raise BadInput(f"preset {name!r} is unknown; allowed: {', '.join(PRESETS)}")
        path = PRESET_FOLDER / f"{name}.toml"
        return validated(cls, read_toml(path), str(path))


def _placed(plans: list[LayerPlan], order: tuple[str, ...] | None) -> tuple[LayerPlan, ...]:
    """The plans with their arrays laid out in the weight image."""
    weighted = [plan for plan in plans if isinstance(plan, WeightedPlan)]
    arrays = {array.name: array for plan in weighted for array in (plan.kernel, plan.bias)}
    names = tuple(arrays) if order is None else order
    if sorted(names) != sorted(arrays):
        raise ValueError(f"image_order {short(list(names))} must name each of {list(arrays)} once")
    offset = 0
    for name in names:
        arrays[name] = replace(arrays[name], offset=offset)
        offset += arrays[name].bits
    return tuple(
        replace(plan, kernel=arrays[plan.kernel.name], bias=arrays[plan.bias.name])
        if isinstance(plan, WeightedPlan)
        else plan
        for plan in plans
    )


def _connections(plan: LayerPlan, before: int) -> int:
    """Connections of a layer; ``before`` are those of the layers in front of it.

    Raises:
        ValueError: names the layer, what was found and what is allowed.
    """
    where = f"layer {plan.name!r}"
    if min(plan.output_shape) < 1:
        raise ValueError(f"{where}: output shape {plan.output_shape} is empty")
    connections = plan.connections
    if before + connections > MAX_CONNECTIONS:
        raise ValueError(
            f"{where}: with it {before + connections} connections, allowed are {MAX_CONNECTIONS}"
        )
    return connections


def _check_taps(plan: LayerPlan) -> None:
    """Refuse a layer that sees nothing, or whose sums golden could not hold.

    Raises:
        ValueError: names the layer, what was found and what is allowed.
    """
    where = f"layer {plan.name!r}"
    if not plan.tap_counts.any():
        raise ValueError(f"{where}: no output sees a live input")
    if plan.accumulator_width > MAX_ACCUMULATOR_BITS:
        raise ValueError(
            f"{where}: accumulator of {plan.accumulator_width} bits, "
            f"allowed are {MAX_ACCUMULATOR_BITS}"
        )
