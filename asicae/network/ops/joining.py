"""Layers of several inputs."""

from asicae.network.ops.base import MAX_INPUTS, Layer, Shapes


class Joining(Layer):
    """A kind of layer that sees more than one node."""

    @property
    def by_place(self) -> bool:
        """Whether all nodes have the same rows and columns."""
        return True

    def require_inputs(self, inputs: Shapes) -> None:
        """Make sure that the layer can take inputs of those shapes.

        Raises:
            ValueError: names the layer, what was found and what is allowed.
        """
        where = f"layer {self.name!r}: "
        if len(inputs) < 2:
            raise ValueError(f"{where}{len(inputs)} input, allowed are 2 to {MAX_INPUTS}")
        if self.by_place and len({shape[:-1] for shape in inputs}) > 1:
            found = " and ".join("x".join(map(str, shape)) for shape in inputs)
            raise ValueError(f"{where}inputs of {found}, allowed is one number of rows and columns")
