"""What stands between the products of a graph: a function of one tensor, value by value.

Quantisers of QKeras are such functions, of some twenty operations each. They are worked out here,
by NumPy in the float32 of the graph; each of these operations is rounded as IEEE 754 says, in
TensorFlow as in NumPy, so that both get the same numbers.
"""

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.validation import short
from asicae.network.importing.frozen.graph import MAX_NODES, Graph, GraphNode

Array = npt.NDArray[Any]
CONSTANT: Final = "Const"
SAME: Final = ("Identity", "StopGradient", "PreventGradient", "Snapshot", "CheckNumerics")
"""Operations that pass their first input on."""
CHOICES: Final = ("Select", "SelectV2")
"""Operations whose first input is of another type: it says which of the others is taken."""
MAX_VALUES: Final = 1 << 22
"""Of one array."""
MAX_TOGETHER: Final = 1 << 25
"""Of all arrays of a function at once; of models they are as many as ``CHUNK`` times operations."""
MAX_PENDING: Final = 4 * MAX_NODES
"""Operations that wait for others."""
UNKNOWN: Final = "an operation that has no integer meaning here"


def _clip(values: Array, low: Array, high: Array) -> Array:
    return np.asarray(np.minimum(np.maximum(values, low), high))


_FUNCTIONS: Final[Mapping[str, tuple[int, Callable[..., Any]]]] = {
    **dict.fromkeys(SAME, (1, lambda x: x)),
    "Abs": (1, np.abs),
    "Add": (2, np.add),
    "AddV2": (2, np.add),
    "Ceil": (1, np.ceil),
    "ClipByValue": (3, _clip),
    "Div": (2, np.divide),
    "Equal": (2, np.equal),
    "Floor": (1, np.floor),
    "Greater": (2, np.greater),
    "GreaterEqual": (2, np.greater_equal),
    "Less": (2, np.less),
    "LessEqual": (2, np.less_equal),
    "LogicalAnd": (2, np.logical_and),
    "LogicalNot": (1, np.logical_not),
    "LogicalOr": (2, np.logical_or),
    "Maximum": (2, np.maximum),
    "Minimum": (2, np.minimum),
    "Mul": (2, np.multiply),
    "Neg": (1, np.negative),
    "OnesLike": (1, np.ones_like),
    "Pow": (2, np.power),
    "RealDiv": (2, np.divide),
    "Relu": (1, lambda x: np.maximum(x, 0)),
    "Rint": (1, np.rint),
    "Round": (1, np.rint),
    **dict.fromkeys(CHOICES, (3, np.where)),
    "Sign": (1, np.sign),
    "Square": (1, np.square),
    "Sub": (2, np.subtract),
    "ZerosLike": (1, np.zeros_like),
}
"""Number of inputs, and what they become."""
FUNCTIONS: Final = (*_FUNCTIONS, "Cast", "Fill")
PRODUCTS: Final = ("Conv2D", "DepthwiseConv2dNative", "MatMul")
ADDITIONS: Final = ("Add", "AddV2")
SUMS: Final = ("BiasAdd", *ADDITIONS)
"""Operations that may add a bias to a product."""
MAX_ROOTS: Final = 16
"""Tensors that one may be made of."""
MAX_TRIED: Final = 8
"""Sums of which one is looked for that all others are behind."""


@dataclass(frozen=True)
class Region:
    """The operations that make one tensor of another.

    Attributes:
        end: the last of them.
        roots: nodes of other kinds that they begin at; none where all is constant.
    """

    graph: Graph
    end: str
    roots: tuple[str, ...]

    @classmethod
    def before(cls, graph: Graph, end: str, stop: str = "") -> "Region":
        """All that ``end`` is made of without a product, a shape or an input of the graph.

        ``stop``: a node that is taken as it is.
        """
        roots: dict[str, None] = {}
        seen, pending = {end}, [end]
        while pending:
            node = graph.node(pending.pop())
            if node.name == stop or node.op not in FUNCTIONS or is_sum(graph, node):
                if node.op != CONSTANT:
                    roots[node.name] = None
                continue
            for name in _inputs(node):
                if name not in seen:
                    seen.add(name)
                    pending.append(name)
        return cls(graph, end, tuple(roots))

    @classmethod
    def of_one_tensor(cls, graph: Graph, end: str) -> "Region":
        """As ``before``, from where several tensors are added up if it begins at several.

        Raises:
            BadInput: it begins at several that are not added up, or at none.
        """
        region = cls.before(graph, end)
        if len(region.roots) < 2:
            return region
        made = region.origins()
        sums = (name for name in made if _joins(graph.node(name), made, frozenset(region.roots)))
        for name in itertools.islice(sums, MAX_TRIED):
            behind = cls.before(graph, end, name)
            if behind.roots == (name,):
                return behind
        return region

    def origins(self) -> dict[str, frozenset[str]]:
        """Those of its roots that each of its nodes is made of.

        Raises:
            BadInput: a node feeds itself, or there are too many roots.
        """
        known: dict[str, frozenset[str]] = {}
        pending = [self.end]
        while pending:
            node = self.graph.node(pending[-1])
            is_root = node.name in self.roots
            inputs = () if is_root or node.op not in FUNCTIONS else _inputs(node)
            missing = [name for name in inputs if name not in known]
            if node.name in known:
                pending.pop()
            elif missing:
                pending += missing
            else:
                own = frozenset((node.name,)) if is_root else frozenset()
                known[node.name] = own.union(*(known[name] for name in inputs))
            if len(pending) > MAX_PENDING:
                raise self.graph.refusal(node, "feeds itself")
            if len(known.get(node.name, ())) > MAX_ROOTS:
                raise self.graph.refusal(
                    node, f"made of more than {MAX_ROOTS} tensors, allowed are {MAX_ROOTS}"
                )
        return known

    @property
    def root(self) -> GraphNode:
        """The one tensor that it is a function of.

        Raises:
            BadInput: there are several, or none.
        """
        node = self.graph.node(self.end)
        if len(self.roots) != 1:
            found = ", ".join(map(short, self.roots[:4])) or "none"
            raise self.graph.refusal(node, f"made of {found}, allowed is one tensor")
        return self.graph.node(self.roots[0])

    def nodes(self) -> list[GraphNode]:
        """All that its values are made of, constants and roots among them."""
        found, seen, pending = [], {self.end}, [self.end]
        while pending:
            node = self.graph.node(pending.pop())
            found.append(node)
            inside = node.op in FUNCTIONS and node.name not in self.roots
            for name in _inputs(node) if inside else ():
                if name not in seen:
                    seen.add(name)
                    pending.append(name)
        return found

    def constants(self) -> list[GraphNode]:
        """Its constants of more than one value."""
        return [
            node
            for node in self.nodes()
            if node.op == CONSTANT and self.graph.constant(node).size > 1
        ]

    def require_own_shapes(self) -> None:
        """Refuse what is filled in another shape than that of a tensor in it: it is not looked at.

        Raises:
            BadInput: there is such a node.
        """
        own = {node.name for node in self.nodes()}
        shapes = [list(self.graph.constant(node).shape) for node in self.constants()]
        for node in self.nodes():
            if node.op != "Fill" or node.name in self.roots:
                continue
            sizes = self.graph.input(node, 0)
            if sizes.op == CONSTANT:
                told = self.graph.constant(sizes).reshape(-1).tolist()
                fits = told in shapes or all(size == 1 for size in told)
            else:
                fits = sizes.op == "Shape" and sizes.inputs[:1] != () and sizes.inputs[0] in own
            if not fits:
                raise self.graph.refusal(node, "filled in another shape than what it is used with")

    def each(self, name: str, values: Array, rank: int) -> Array:
        """What it makes of each of the numbers ``values`` of one node.

        Args:
            name: the node.
            values: numbers that its tensor may have.
            rank: the fewest axes of that tensor; a constant of more would give it another shape.

        Raises:
            BadInput: it does not make one number of each.
        """
        given = np.reshape(values, (-1, *(1,) * (rank - 1)))
        made = self.values({name: given})
        if made.shape != given.shape:
            raise self.graph.refusal(
                self.graph.node(self.end),
                f"makes shape {made.shape} of {given.shape}, allowed is one number of each",
            )
        return made.reshape(-1)

    def values(self, given: Mapping[str, Array]) -> Array:
        """What it makes, where the nodes of ``given`` have these values.

        Raises:
            BadInput: arrays that do not fit, or too many numbers.
        """
        known: dict[str, Array] = dict(given)
        together, pending = 0, [self.end]
        while pending:
            node = self.graph.node(pending[-1])
            missing = [name for name in _inputs(node) if name not in known]
            if node.name in known:
                pending.pop()
            elif node.op == CONSTANT:
                known[node.name] = self.graph.constant(node)
            elif node.op not in FUNCTIONS:
                raise self.graph.refusal(node, UNKNOWN)
            elif len(pending) > MAX_PENDING:
                raise self.graph.refusal(node, "feeds itself")
            elif missing:
                pending += missing
            else:
                made = self._value(node, [known[name] for name in _inputs(node)])
                known[node.name] = made
                together += made.size
                self.graph.work -= made.size
                if together > MAX_TOGETHER or self.graph.work < 0:
                    raise self.graph.refusal(node, "too many numbers are to be worked out")
        return known[self.end]

    def _value(self, node: GraphNode, inputs: list[Array]) -> Array:
        try:
            shape = np.broadcast_shapes(*(values.shape for values in inputs))
            if math.prod(shape) > MAX_VALUES:
                raise self.graph.refusal(node, f"more than {MAX_VALUES} numbers")
            with np.errstate(all="ignore"):
                if node.op == "Cast":
                    return inputs[0].astype(self.graph.type_of(node, "DstT"))
                if node.op == "Fill":
                    return inputs[0]
                made = np.asarray(_FUNCTIONS[node.op][1](*inputs))
            values = inputs[1:] if node.op in CHOICES else inputs
            if len({each.dtype for each in values}) > 1 or made.dtype not in (values[0].dtype, "?"):
                found = ", ".join(str(each.dtype) for each in values)
                raise self.graph.refusal(node, f"values of {found}, allowed is one type")
            return made
        except (ArithmeticError, TypeError, ValueError) as error:
            raise self.graph.refusal(node, f"inputs that do not fit ({error})") from None


def _joins(node: GraphNode, made: Mapping[str, frozenset[str]], every: frozenset[str]) -> bool:
    """Whether a node adds up two tensors that together are made of ``every`` root.

    ``made``: what each node is made of. Quantisers add up what is made of the same roots.
    """
    if node.op not in ADDITIONS or made[node.name] != every or len(node.inputs) != 2:
        return False
    first, second = (made.get(name, frozenset()) for name in node.inputs)
    return bool(first and second) and first != second


def is_sum(graph: Graph, node: GraphNode) -> bool:
    """Whether a node adds a bias, all of constants, to a product."""
    if node.op not in SUMS or graph.input(node, 0).op not in PRODUCTS:
        return False
    seen, pending = set(node.inputs[1:2]), [*node.inputs[1:2]]
    while pending:
        each = graph.node(pending.pop())
        if each.op not in (CONSTANT, *FUNCTIONS):
            return False
        fresh = [name for name in _inputs(each) if name not in seen]
        seen.update(fresh)
        pending += fresh
    return True


def _inputs(node: GraphNode) -> tuple[str, ...]:
    """The inputs that its values are made of: not the shape of what is filled with one number."""
    if node.op == "Fill":
        return node.inputs[1:2]
    if node.op == CONSTANT:
        return ()
    count = _FUNCTIONS[node.op][0] if node.op in _FUNCTIONS else 1
    return node.inputs[:count]
