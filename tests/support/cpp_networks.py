"""Networks, weights and events that the C++ executions are held to: every mode, wide and odd."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings

from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint
from asicae.network.ops.conv2d import Conv2D
from asicae.network.ops.dense import Dense
from asicae.network.weights import Weights
from asicae.simulation.directed_events import corner_events
from tests.conformance.exactness.variants import some_modes, variants
from tests.support.drawn_networks import networks as drawn_networks

ECON_T = Network.preset("econ-t")
TYPE = FixedPoint.parse


def events(number: int, count: int = 37) -> np.ndarray:
    """Directed events and drawn ones of any size; not a multiple of the lanes."""
    generator = np.random.default_rng(number)
    sizes = generator.uniform(0, 22, (count, 1)) * generator.uniform(0.2, 1, (count, N_CELLS))
    drawn = (2**sizes).astype(np.int32) - 1
    sparse = drawn * (generator.random(drawn.shape) < generator.random((count, 1)))
    return np.concatenate([sparse, corner_events()]).astype(np.int32)


def weights_of(network: Network, number: int) -> Weights:
    """Drawn weights with a keep mask that drops bits."""
    keep = np.random.default_rng(number).integers(
        0, 1 << network.latent_type.width, network.latents
    )
    return replace(Weights.random(network, number), keep=keep.astype(np.uint16))


def wide_network() -> Network:
    """Accumulators of 53 bits in front of narrow ones, shifts beyond 64 bits."""
    layers = (
        Dense(
            name="wide", units=9, weight=TYPE("fixed<16,16>"), bias=TYPE("fixed<16,-16>"),
            output=TYPE("fixed<16,-2,RND_CONV_ODD,WRAP>"), relu=False,
        ),
        Dense(
            name="far", units=2, weight=TYPE("ufixed<16,-16>"), bias=TYPE("fixed<1,0>"),
            output=TYPE("fixed<3,24,RND_MIN_INF,SAT>"), relu=False,
        ),
        Dense(
            name="last", units=3, weight=TYPE("fixed<6,1>"), bias=TYPE("fixed<6,1>"),
            output=TYPE("fixed<9,24,RND,SAT_SYM>"), relu=False,
        ),
    )  # fmt: skip
    return Network(
        name="wide",
        arrangement="flat",
        input=TYPE("ufixed<16,0>"),
        layers=layers,
        masked_cells=tuple(cell for cell in range(N_CELLS) if cell % 4 != 3),
    )


def two_convolutions() -> Network:
    """More than one group of filters, three channels, and a first layer after a mask."""
    layers = (
        Conv2D(
            name="one", filters=11, kernel=(3, 2), strides=(1, 2), padding=((1, 0), (2, 1)),
            weight=TYPE("ufixed<5,1>"), bias=TYPE("fixed<7,3>"),
            output=TYPE("fixed<7,2,RND_INF,SAT_ZERO>"), relu=False,
        ),
        Conv2D(
            name="two", filters=8, kernel=(2, 2), padding="valid", weight=TYPE("fixed<5,1>"),
            bias=TYPE("fixed<5,1>"), output=TYPE("ufixed<6,2,TRN_ZERO,WRAP>"), relu=True,
        ),
        Dense(
            name="head", units=17, weight=TYPE("fixed<4,1>"), bias=TYPE("fixed<4,2>"),
            output=TYPE("fixed<7,4,RND_ZERO,SAT>"), relu=False,
        ),
    )  # fmt: skip
    return Network(
        name="two",
        arrangement="4x4x3",
        input=TYPE("fixed<7,2,RND,SAT_SYM>"),
        layers=layers,
        masked_cells=(0, 5, 47),
        image_order=(
            "two.bias",
            "head.kernel",
            "one.kernel",
            "one.bias",
            "two.kernel",
            "head.bias",
        ),
    )


def at_the_edge(name: str, kind: str) -> Network:
    """Codes of 15 or 16 bits and sums of at most 30, so that taps go in pairs or just do not."""
    weight = TYPE("fixed<8,1>" if TYPE(kind).raw_max < 2**15 else "fixed<7,1>")
    head = Dense(
        name="head", units=9, weight=weight, bias=TYPE("fixed<6,1>"),
        output=TYPE("fixed<16,8,RND_CONV,WRAP>"), relu=False,
    )  # fmt: skip
    return Network(name=name, arrangement="flat", input=TYPE(kind), layers=(head,))


def every_mode() -> tuple[Network, ...]:
    """A small convolution and a dense layer in every pair of rounding and overflow."""
    layers = (
        Conv2D(
            name="conv", filters=2, kernel=(3, 3), strides=(2, 2), weight=TYPE("fixed<5,1>"),
            bias=TYPE("fixed<5,1>"), output=TYPE("fixed<5,2>"),
        ),
        Dense(
            name="head", units=2, weight=TYPE("fixed<4,1>"), bias=TYPE("fixed<6,2>"),
            output=TYPE("fixed<5,2>"),
        ),
    )  # fmt: skip
    base = Network(name="modes", arrangement="8x8", input=TYPE("ufixed<6,1>"), layers=layers)
    return tuple(
        changed(network, input=_input(network, place))
        for place, network in enumerate(variants(base, some_modes(32, 0), mixed=False))
    )


def changed(network: Network, **fields: object) -> Network:
    """A copy that derives everything anew."""
    return Network(**{name: getattr(network, name) for name in Network.model_fields} | fields)


def _input(network: Network, place: int) -> FixedPoint:
    """Types of codes that round and overflow, in the modes of the network."""
    output = network.latent_type
    integer = (1, 0, -2, 3)[place % 4]
    return replace(
        network.input, rounding=output.rounding, overflow=output.overflow, integer=integer
    )


def drawn(count: int) -> tuple[Network, ...]:
    found: list[Network] = []
    options = settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )

    def keep(network: Network) -> None:
        found.append(changed(network, name=f"drawn_{len(found)}"))

    seed(5)(options(given(drawn_networks())(keep)))()
    return tuple(found)


NETWORKS = (
    *every_mode(),
    *drawn(16),
    at_the_edge("fits", "ufixed<15,0>"),
    at_the_edge("too_wide", "ufixed<16,0>"),
    wide_network(),
    two_convolutions(),
)
