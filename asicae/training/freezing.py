"""Scales that QKeras computes from the weights, computed once and written into the model.

``auto_po2``, which a kernel's quantiser has unless told otherwise, looks for a power of two for
each output channel whenever the layer is called. Weights that are trained no more always give the
same scales, so that a model in which they are written down computes the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.files import read_bytes, refuse_existing, write_bytes
from asicae.foundation.validation import short
from asicae.network.importing.architecture import Model, Node
from asicae.network.importing.folding import FOLDED
from asicae.network.importing.layers import READERS, kernel_key
from asicae.network.importing.model_file import MAX_FILE_BYTES, StoredModel, read_model
from asicae.network.importing.quantisers import quantiser_of
from asicae.network.importing.rewriting import rewritten
from asicae.network.importing.specs import Spec, spec_of
from asicae.training.backend import qkeras, tf

BIAS: Final = "bias_quantizer"
BY_DATA: Final = ("auto", "auto_po2")
SCALES: Final = "post_training_scale"
"""Where QKeras itself keeps scales that it is to use again."""
_BOUNDS: Final = {
    "scale_axis": (0, 7),
    "elements_per_scale": (1, 1 << 16),
    "min_po2_exponent": (-40, 40),
    "max_po2_exponent": (-40, 40),
}
"""Of what else QKeras takes for ``auto_po2``."""
_REFUSALS: Final = (AssertionError, IndexError, TypeError, ValueError, tf.errors.OpError)
"""What QKeras raises where these do not fit the weights."""
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Frozen:
    """A quantiser whose scales were written down.

    Attributes:
        layer: its layer.
        key: of the quantiser in the layer.
        scales: smallest and largest.
        weights: quantised to the same numbers before and behind, and by the import.
    """

    layer: str
    key: str
    scales: tuple[float, float]
    weights: int

    def told(self) -> str:
        """For people."""
        low, high = self.scales
        steps = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        return f"{self.layer}: {self.key}: scales {steps}, {self.weights} weights unchanged"


def freeze(path: Path, out: Path, weights: Path | None = None, force: bool = False) -> list[Frozen]:
    """Write ``path`` as ``out``, with the scales of its quantised weights as they are now.

    ``weights`` belongs to a ``.json``, of which only the architecture is written.

    Raises:
        BadInput: as ``read_model``; another ending, ``out`` exists; a scale that is no power of
            two, or a quantiser that has no place for it.
        CheckFailed: a weight is quantised to another number than before.
    """
    if out.suffix != path.suffix:
        raise BadInput(f"{out}: ending {out.suffix!r}, allowed is that of {path}, {path.suffix!r}")
    refuse_existing(out, force)
    stored = read_model(path, weights)
    done = [
        found
        for place, node in _layers(stored.model, ())
        for found in _frozen(stored, place, node, str(path))
    ]
    data = read_bytes(path, MAX_FILE_BYTES)
    write_bytes(out, rewritten(data, path.suffix, stored.architecture, str(path)))
    return done


def _layers(model: Model, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Layers with quantised weights, and the models that they are nested in."""
    for node in model.nodes.values():
        if node.model is not None:
            yield from _layers(node.model, (*path, node.name))
        elif node.kind in READERS and not node.foreign:
            yield path, node


def _frozen(
    stored: StoredModel, path: tuple[str, ...], node: Node, source: str
) -> Iterator[Frozen]:
    keys = (kernel_key(node), BIAS)  # in the order of the arrays
    for key, array in zip(keys, stored.arrays_of(path, node.name).values(), strict=False):
        where = f"{source}: layer {short(node.name)}: {key}"
        spec = spec_of(node.config.get(key), where)
        if spec is None or not _by_data(spec, key):
            continue
        if node.kind in FOLDED:
            plain = node.kind.removesuffix("Batchnorm")
            raise BadInput(
                f"{where}: {node.kind} computes scales of weights that it normalises first, "
                f"allowed is {plain} with the weights of its get_folded_weights()"
            )
        if spec.name != "quantized_bits":
            found = short(spec.name)
            raise BadInput(f"{where}: {found} has no place for scales, allowed is quantized_bits")
        values = np.asarray(array, dtype=np.float32)
        fixed = Spec(spec.name, _with_scales(spec, values, where))
        _prove(fixed, values, where)
        _put(node.config, key, fixed)
        scales = np.array(fixed.values[SCALES])
        low, high = float(scales.min()), float(scales.max())
        yield Frozen(node.name, key, (low, high), values.size)


def _by_data(spec: Spec, key: str) -> bool:
    """Whether the scales are computed: a kernel's without alpha are, too."""
    alpha, kept = spec.values.get("alpha"), spec.values.get(SCALES)
    if alpha is None:
        return key != BIAS and spec.name.startswith(("quantized_bits", "quantized_linear"))
    return alpha in BY_DATA and kept is None


def _with_scales(spec: Spec, values: Floats, where: str) -> dict[str, Any]:
    # Sizes are looked at before QKeras computes with them.
    quantiser_of(Spec(spec.name, {**spec.values, "alpha": 1, SCALES: None}), where)
    for key, (low, high) in _BOUNDS.items():
        value = spec.values.get(key)
        if value is not None and not (type(value) is int and low <= value <= high):
            raise BadInput(f"{where}: {key}={short(value)}, allowed are None, {low} to {high}")
    alpha = spec.values.get("alpha") or "auto_po2"
    given = {**spec.values, "alpha": alpha, "symmetric": True, SCALES: None}
    quantiser = qkeras.quantized_bits(**given)
    try:
        quantiser(values)
    except _REFUSALS as error:
        reason = short(str(error).partition("\n")[0] or type(error).__name__)
        raise BadInput(f"{where}: QKeras finds no scales with {spec}: {reason}") from None
    scales = np.asarray(quantiser.scale, dtype=np.float64)
    return {**given, SCALES: scales.tolist()}


def _prove(fixed: Spec, values: Floats, where: str) -> None:
    """Quantised alike by QKeras before and behind, and by the import."""
    own = quantiser_of(fixed, where, of_kernel=True)
    before = {**fixed.values, SCALES: None}
    exact = own.raw(values) * own.type.lsb
    for given in (before, fixed.values):
        found = np.asarray(qkeras.quantized_bits(**given)(values), dtype=np.float64)
        wrong = np.flatnonzero(np.rint(found / own.type.lsb) != exact / own.type.lsb)
        if wrong.size:
            place = wrong[0]
            raise CheckFailed(
                f"{where}: {values.flat[place]:g} is {found.flat[place]:g} in QKeras and "
                f"{exact.flat[place]:g} with the scales written down"
            )


def _put(config: dict[str, Any], key: str, fixed: Spec) -> None:
    """Into the architecture, in the form that the quantiser has there."""
    old = config[key]
    if isinstance(old, dict) and isinstance(old.get("config"), dict):
        old["config"] = dict(fixed.values)
    else:
        config[key] = {"class_name": fixed.name, "config": dict(fixed.values)}
