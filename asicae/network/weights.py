"""What is reloaded through I2C: the parameters and the keep mask of the latents."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asicae.foundation.archives import npz_bytes, read_npz
from asicae.foundation.errors import BadInput
from asicae.foundation.files import write_bytes
from asicae.foundation.validation import short
from asicae.network.description import Network

KEEP = "keep"


@dataclass(frozen=True)
class Weights:
    """One weight set for one network.

    ``arrays`` holds raw integers by parameter name (``"conv.kernel"``), each in the shape and the
    range of its parameter: kernels (rows, columns, channels, filters) or (inputs, units), biases
    (filters,) or (units,). ``keep`` (latents,) holds one bit mask a latent, from 0 to all ones of
    its width: a latent leaves the chip as ``latent & keep``.
    """

    arrays: dict[str, npt.NDArray[np.int32]]
    keep: npt.NDArray[np.uint16] = field(repr=False)

    @classmethod
    def checked(
        cls,
        network: Network,
        arrays: dict[str, npt.NDArray[np.int32]],
        keep: npt.NDArray[np.uint16] | None = None,
        source: str = "weights",
    ) -> "Weights":
        """Weights that fit ``network``; ``keep`` defaults to all ones.

        Raises:
            BadInput: an array is missing, unknown, of another shape or outside its type.
        """
        names = [parameter.name for parameter in network.parameters]
        if sorted(names) != sorted(arrays):
            raise BadInput(f"{source}: arrays {sorted(arrays)}, network {network.name} has {names}")
        for parameter in network.parameters:
            array = arrays[parameter.name]
            _check_shape(network, parameter.name, array.shape, source)
            low, high = parameter.type.raw_min, parameter.type.raw_max
            outside = array[(array < low) | (array > high)]
            if outside.size:
                raise BadInput(
                    f"{source}: {parameter.name} holds {outside[0]}, "
                    f"{parameter.type} allows {low} to {high}"
                )
        return cls(
            {name: np.ascontiguousarray(arrays[name], dtype=np.int32) for name in names},
            _checked_keep(network, keep, source),
        )

    @classmethod
    def random(cls, network: Network, seed: int) -> "Weights":
        """Weights drawn evenly from the whole range of their types; the mask keeps everything."""
        generator = np.random.default_rng(seed)
        arrays = {
            parameter.name: generator.integers(
                parameter.type.raw_min,
                parameter.type.raw_max,
                size=parameter.shape,
                dtype=np.int32,
                endpoint=True,
            )
            for parameter in network.parameters
        }
        return cls.checked(network, arrays)

    @classmethod
    def load(cls, path: Path, network: Network) -> "Weights":
        """Read a weight set written by ``save``.

        Raises:
            BadInput: unreadable, or it does not fit ``network``.
        """
        expected = {p.name: ("iu", len(p.shape)) for p in network.parameters}
        # A few bytes can unpack to gigabytes: the shapes are compared before they do.
        arrays = read_npz(
            path,
            {**expected, KEEP: ("iu", 1)},
            lambda name, shape: _check_shape(network, name, shape, str(path)),
        )
        keep = arrays.pop(KEEP)
        return cls.checked(network, arrays, keep, str(path))

    def save(self, path: Path) -> Path:
        """Write the weight set as NPZ; see ``to_bytes``."""
        return write_bytes(path, self.to_bytes())

    def to_bytes(self) -> bytes:
        """The weight set as NPZ (no pickle, same weights give the same bytes)."""
        return npz_bytes({**self.arrays, KEEP: self.keep})


def _check_shape(network: Network, name: str, shape: tuple[int, ...], source: str) -> None:
    shapes = {KEEP: (network.latents,)} | {p.name: p.shape for p in network.parameters}
    if shape != shapes[name]:
        raise BadInput(
            f"{source}: {name} has shape {short(shape)}, network {network.name} has {shapes[name]}"
        )


def _checked_keep(
    network: Network, keep: npt.NDArray[np.uint16] | None, source: str
) -> npt.NDArray[np.uint16]:
    full = (1 << network.latent_type.width) - 1
    if keep is None:
        return np.full(network.latents, full, dtype=np.uint16)
    _check_shape(network, KEEP, keep.shape, source)
    outside = keep[(keep < 0) | (keep > full)]
    if outside.size:
        raise BadInput(f"{source}: keep holds {outside[0]}, allowed are 0 to {full}")
    return np.ascontiguousarray(keep, dtype=np.uint16)
