"""Golden execution equals a big-integer reference written here, word by word."""

from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asicae.concentrator import golden
from asicae.concentrator.links import keep_mask, latent_bits
from asicae.concentrator.normaliser import module_sum, normalise
from asicae.errors import BadInput
from asicae.network.description import PRESETS, Network
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.golden import activations, encode
from asicae.network.layers import Conv2D, Dense
from asicae.network.weights import Weights

ECON_T = Network.preset("econ-t")


def requantise(value: Fraction, kind: FixedPoint, relu: bool) -> int:
    scaled = value * Fraction(2) ** kind.fraction
    whole = floor(scaled)
    rest = scaled - whole
    if kind.rounding is Rounding.RND:
        whole += rest >= Fraction(1, 2)
    elif kind.rounding is Rounding.RND_CONV:
        whole += rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1)
    if kind.overflow is Overflow.SAT:
        whole = max(kind.raw_min, min(kind.raw_max, whole))
    else:
        whole = (whole - kind.raw_min) % 2**kind.width + kind.raw_min
    return max(whole, 0) if relu else whole


def reference(network: Network, weights: Weights, codes: list[int]) -> list[int]:
    """The network in rational numbers, loop by loop, without any of the kit's derived widths."""
    rows, columns, channels = network.cells.shape
    image = [Fraction(0)] * (rows * columns * channels)
    for cell, pixel in enumerate(network.cells.pixels.tolist()):
        image[pixel] = Fraction(codes[cell]) / 2**network.input.fraction
    shape: tuple[int, ...] = (rows, columns, channels)
    for layer in network.layers:
        kernel = weights.arrays[f"{layer.name}.kernel"]
        bias = [
            Fraction(int(b)) / 2**layer.bias.fraction for b in weights.arrays[f"{layer.name}.bias"]
        ]
        unit = Fraction(1, 1) / Fraction(2) ** layer.weight.fraction
        out: list[Fraction] = []
        if isinstance(layer, Dense):
            for o in range(layer.units):
                total = bias[o] + sum(
                    x * int(kernel[i, o]) * unit for i, x in enumerate(image) if x
                )
                out.append(requantise(total, layer.output, layer.relu) * Fraction(1, 1))
            shape = (layer.units,)
        else:
            out, shape = convolve(layer, kernel, bias, unit, image, shape)
        image = [value / Fraction(2) ** layer.output.fraction for value in out]
    return [int(value * Fraction(2) ** network.latent_type.fraction) for value in image]


def convolve(layer: Conv2D, kernel, bias, unit, image, shape):  # type: ignore[no-untyped-def]
    rows, columns, channels = shape
    sizes, before = [], []
    for size, k, stride in zip((rows, columns), layer.kernel, layer.strides, strict=True):
        count = -(-size // stride) if layer.padding == "same" else (size - k) // stride + 1
        pad = max((count - 1) * stride + k - size, 0) if layer.padding == "same" else 0
        sizes.append(count)
        before.append(pad // 2)
    out = []
    for r in range(sizes[0]):
        for c in range(sizes[1]):
            for f in range(layer.filters):
                total = bias[f]
                for ky in range(layer.kernel[0]):
                    for kx in range(layer.kernel[1]):
                        y = r * layer.strides[0] + ky - before[0]
                        x = c * layer.strides[1] + kx - before[1]
                        if 0 <= y < rows and 0 <= x < columns:
                            for ch in range(channels):
                                value = image[(y * columns + x) * channels + ch]
                                total += value * int(kernel[ky, kx, ch, f]) * unit
                out.append(Fraction(requantise(total, layer.output, layer.relu)))
    return out, (*sizes, layer.filters)


def stimulus(events: int, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 256, size=(events, 48))
    codes[generator.random(codes.shape) < generator.random((events, 1))] = 0
    codes[0], codes[1] = 0, 255
    codes[2] = np.eye(48, dtype=int)[7] * 255
    return codes


@st.composite
def networks(draw: st.DrawFn) -> Network:
    def kind(signed: bool | None = None) -> FixedPoint:
        return FixedPoint(
            draw(st.integers(2, 9)),
            draw(st.integers(0, 3)),
            draw(st.booleans()) if signed is None else signed,
            draw(st.sampled_from(Rounding)),
            draw(st.sampled_from(Overflow)),
        )

    conv = Conv2D(
        name="conv",
        filters=draw(st.integers(1, 3)),
        kernel=(draw(st.integers(1, 4)), draw(st.integers(1, 4))),
        strides=(draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        padding=draw(st.sampled_from(["same", "valid"])),
        weight=kind(True),
        bias=kind(True),
        output=kind(),
        relu=draw(st.booleans()),
    )
    dense = Dense(
        name="head", units=3, weight=kind(True), bias=kind(True), output=kind(), relu=False
    )
    return Network(
        name="drawn",
        arrangement=draw(st.sampled_from(["8x8", "4x4x3"])),
        input=FixedPoint(8, 1, False),
        layers=(conv, dense),
    )


@settings(max_examples=40, deadline=None)
@given(network=networks(), seed=st.integers(0, 2**31))
def test_any_network_equals_rational_arithmetic(network: Network, seed: int) -> None:
    weights = Weights.random(network, seed)
    codes = stimulus(4, seed)
    expected = [reference(network, weights, row) for row in codes.tolist()]
    assert encode(network, weights, codes).tolist() == expected


def test_econ_t_equals_rational_arithmetic_and_a_flipped_weight_does_not() -> None:
    weights = Weights.random(ECON_T, 1)
    codes = stimulus(25, 2)
    expected = [reference(ECON_T, weights, row) for row in codes.tolist()]
    assert encode(ECON_T, weights, codes).tolist() == expected
    mutated = {name: array.copy() for name, array in weights.arrays.items()}
    mutated["conv.kernel"][0, 0, 0, 0] ^= 16
    assert encode(ECON_T, Weights.checked(ECON_T, mutated), codes).tolist() != expected


def test_activations_end_in_the_latents() -> None:
    weights, codes = Weights.random(ECON_T, 3), stimulus(5000, 4)
    layers = activations(ECON_T, weights, codes[:100])
    assert layers["conv"].shape == (100, 4, 4, 8)
    assert np.array_equal(layers["dense"], encode(ECON_T, weights, codes)[:100])


def test_derived_figures_of_econ_t() -> None:
    conv, dense = ECON_T.plans
    assert conv.padding == ((0, 1), (0, 1))
    assert (conv.accumulator_width, dense.accumulator_width) == (18, 21)
    assert (conv.macs, dense.macs) == (85 * 8, 2048)
    assert sum(not len(conv.live_taps(*p)[0]) for p in conv.positions) == 4
    assert (sum(p.count for p in ECON_T.parameters), ECON_T.weight_bits) == (2144, 12864)


@pytest.mark.parametrize("name", PRESETS)
def test_a_description_survives_its_file(name: str, tmp_path: Path) -> None:
    network = Network.preset(name)
    assert Network.load(network.save(tmp_path / "network.json")) == network
    assert (
        network.design_hash != Network.preset("small" if name != "small" else "large").design_hash
    )


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda d: d.update(schema_version=2), "schema_version"),
        (lambda d: d.update(arrangement="9x9"), "arrangement"),
        (lambda d: d.update(surprise=1), "surprise"),
        (lambda d: d["layers"][0].update(name="x; rm"), "layer name"),
        (lambda d: d["layers"][0].update(weight="fixed<99,1>"), "bits"),
        (lambda d: d["layers"].pop(), "dense"),
    ],
)
def test_a_wrong_description_is_named(change, word: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    import json

    content = json.loads(ECON_T.model_dump_json())
    change(content)
    path = tmp_path / "network.json"
    path.write_text(json.dumps(content))
    with pytest.raises(BadInput, match=word) as caught:
        Network.load(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@given(st.lists(st.integers(0, 2**22 - 1), min_size=48, max_size=48))
def test_normaliser_puts_the_sum_between_one_and_two(calq: list[int]) -> None:
    codes = normalise(np.array([calq]))[0]
    total = sum(calq)
    if total == 0:
        assert not codes.any()
        return
    msb = total.bit_length() - 1
    assert codes.tolist() == [value * 128 // 2**msb for value in calq]
    assert int(codes.max()) <= 255
    value = int(module_sum(np.array([calq]))[0])
    exponent, mantissa = value >> 4, value & 15
    expected = (0, total) if total <= 15 else (msb - 3, (total >> (msb - 4)) & 15)
    assert (exponent, mantissa) == expected


@pytest.mark.parametrize("bad", [-1, 1 << 22])
def test_charges_outside_22_bits_are_refused(bad: int) -> None:
    calq = np.zeros((3, 48), dtype=np.int64)
    calq[1, 5] = bad
    with pytest.raises(BadInput, match=r"row 1, cell 5 is .*allowed is 0\.\.4194303"):
        normalise(calq)


def test_keep_masks_send_the_most_significant_bits() -> None:
    assert [latent_bits(ECON_T, n) for n in range(1, 6)] == [1, 3, 5, 7, 9]
    weights = Weights.random(ECON_T, 5)
    calq = np.random.default_rng(6).integers(0, 2000, size=(50, 48))
    full = golden.run(ECON_T, weights, calq).latents
    masked = Weights.checked(ECON_T, weights.arrays, keep_mask(ECON_T, 2))
    assert np.array_equal(golden.run(ECON_T, masked, calq).latents, full >> 6 << 6)
    with pytest.raises(BadInput, match="1 to 5"):
        keep_mask(ECON_T, 6)
