"""Frozen graphs of TensorFlow: the integers that they compute, or a refusal; nothing is run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asicae.campaigns.damaged_graphs import entry, node, shape_of, tensor
from asicae.chip import golden
from asicae.foundation.errors import BadInput
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import FixedPoint
from asicae.network.golden import encode
from asicae.network.importing.frozen import wire
from asicae.network.importing.frozen.elementwise import Region
from asicae.network.importing.frozen.graph import MAX_NODES, Graph
from asicae.network.importing.frozen.proof import prove
from asicae.network.importing.frozen.recognition import activation_type, kept_bits
from asicae.network.importing.importer import ImportChoice, Imported, import_model
from tests.support.frozen_graphs import UNITS, Drawing, drawn, kept, numbers, singles
from tests.support.places import FIXTURES

FROZEN = FIXTURES / "qkeras09_frozen"


def latents(found: Imported) -> np.ndarray:
    """Golden latents of charges, through the converter, as raw integers."""
    with np.load(FIXTURES / "qkeras09" / "calq.npz", allow_pickle=False) as stored:
        words = golden.run(Encoder(found.network, found.weights), stored["calq"]).latents
    return found.network.latent_type.from_bits(words)


def predicted(name: str) -> np.ndarray:
    with np.load(FIXTURES / "qkeras09" / f"{name}.npz", allow_pickle=False) as stored:
        return stored["latents"]


def test_the_published_encoder_is_the_same_frozen() -> None:
    found = import_model(FROZEN / "econ_t.pb", ImportChoice(name="econ_t"))
    assert np.array_equal(latents(found), predicted("econ_t"))
    plain = import_model(FIXTURES / "qkeras09" / "econ_t.h5")
    assert found.network == plain.network
    assert np.array_equal(found.weights.arrays["conv.kernel"], plain.weights.arrays["conv.kernel"])


def test_a_frozen_encoder_with_signed_latents_that_are_cut() -> None:
    found = import_model(FROZEN / "conditional.pb")
    expected = np.minimum(np.floor(predicted("conditional") / 128 * 4) / 4, 1.75) * 128
    assert np.array_equal(latents(found), expected)
    assert set(found.weights.keep) == {0x1E0} and (expected < 0).any()
    assert found.network.layers[0].padding == ((0, 1), (0, 1))


def quantised(values: Any, kind: str) -> Any:
    found = FixedPoint.parse(kind)
    return np.clip(np.rint(np.ldexp(values, found.fraction)), found.raw_min, found.raw_max)


def test_words_are_those_of_the_arithmetic(tmp_path: Path) -> None:
    graph, kernel, bias = drawn()
    found = import_model(kept(tmp_path, bytes(graph.content)))
    assert [str(found.network.input), *(str(x.output) for x in found.network.layers)] == [
        "fixed<8,2>",
        "fixed<9,3>",
    ]
    codes = np.random.default_rng(2).integers(-128, 128, (2000, 48))
    sums = codes @ quantised(np.float32(kernel), "fixed<6,1>") / 2**11
    sums += quantised(np.float32(bias), "fixed<6,1>") / 32
    expected = quantised(sums, "fixed<9,3>")
    assert np.array_equal(encode(Encoder(found.network, found.weights), codes), expected)
    assert found.origins == {"dense": "dense"}


def cut(graph: Drawing, x: str, factor: float = 4, bound: float = 3.75) -> str:
    x = graph.add("Floor", graph.add("Mul", graph.bits(x, 9, 2, name="latent"), factor))
    return graph.add("Minimum", graph.add("RealDiv", x, factor), bound, name="end")


def test_what_is_cut_behind_the_latents_becomes_the_keep_mask(tmp_path: Path) -> None:
    path = kept(tmp_path, bytes(drawn(cut)[0].content))
    assert set(import_model(path).weights.keep) == {0x1F0}
    assert set(import_model(path, ImportChoice(latent="latent")).weights.keep) == {0x1FF}
    path = kept(tmp_path, bytes(drawn(lambda g, x: cut(g, x, bound=3.5))[0].content))
    with pytest.raises(BadInput, match=r"'end' .*changes latents of fixed<9,3>, allowed is to"):
        import_model(path)


def function(draw: Callable[[Drawing, str], str]) -> Any:
    """What operations compute, as the reader works them out."""
    graph = Drawing()
    end = draw(graph, graph.placeholder(48))
    read = Graph.read(bytes(graph.content), "here")
    region = Region.before(read, end)
    return lambda values: region.values({"codes": np.asarray(values, dtype=np.float32)})


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (lambda g, x: g.bits(x, 8, 1), "fixed<8,2>"),
        (lambda g, x: g.bits(x, 16, 0), "fixed<16,1>"),
        (lambda g, x: g.bits(x, 4, 5), "fixed<4,6>"),
        (lambda g, x: g.bits(x, 6, 0, symmetric=1), "fixed<6,1,RND_CONV,SAT_SYM>"),
        (lambda g, x: g.add("Relu", g.bits(x, 8, 1)), "ufixed<7,1>"),
        (lambda g, x: g.bits(g.add("Relu", x), 8, 1), "ufixed<7,1>"),
        (lambda g, x: g.add("Minimum", g.bits(x, 8, 1), 1.5), None),
        (lambda g, x: g.add("Mul", g.bits(x, 8, 1), 0.75), None),
        (lambda g, x: g.bits(g.add("AddV2", x, 2.0**-9), 8, 1), None),
        (lambda g, x: g.bits(g.add("Mul", x, 2.0), 8, 1), None),
        (lambda g, x: g.add("Floor", x), None),
        (lambda g, x: g.bits(x, 17, 0), None),
        (lambda g, x: g.add("Sign", x), None),
        (lambda g, x: g.add("Mul", x, 0.0), None),
        (lambda g, x: g.add("RealDiv", x, 0.0), None),
    ],
)
def test_a_quantiser_is_what_computes_as_one(
    draw: Callable[[Drawing, str], str], expected: str | None
) -> None:
    found = activation_type(function(draw))
    assert (None if found is None else str(found)) == expected


def test_one_sum_that_is_rounded_otherwise_is_found(tmp_path: Path) -> None:
    found = import_model(kept(tmp_path, bytes(drawn()[0].content)))
    (plan,) = found.network.plans
    right = function(lambda g, x: g.bits(x, 9, 2))
    prove(plan, right, "here")
    low, high = plan.accumulator_range
    for place in (low, 12345, high):
        value = np.float32(np.ldexp(place, -plan.accumulator_fraction))
        with pytest.raises(
            BadInput, match=rf"here: layer 'dense': {value:g} becomes .* fixed<9,3>"
        ):
            prove(plan, lambda x, value=value: right(x) + (x == value) * 2.0**-6, "here")


def test_only_lowest_bits_may_be_cleared() -> None:
    kind = FixedPoint.parse("fixed<5,3>")
    assert kept_bits(np.floor, kind) == 0b11100
    assert kept_bits(lambda x: x, kind) == 0b11111
    assert kept_bits(np.ceil, kind) is None


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda g, x: g.add("Tanh", x, name="t"),
            r"'t' \(Tanh\): no operation of a quantised enc.*HDF5",
        ),
        (lambda g, x: g.add("FusedBatchNormV3", x, name="bn"), r"'bn' \(FusedBatchNormV3\): no op"),
        (lambda g, x: g.add("Identity", x), "no quantised activation before the end"),
        (
            lambda g, x: g.add("Minimum", x, 1.0, name="m"),
            r"'m' .*no quantiser to a type of at most",
        ),
        (
            lambda g, x: g.add("AddV2", x, "codes", name="s"),
            "changes values that other layers take without it",
        ),
        (lambda g, x: g.add("MatMul", x, "dense/BiasAdd", name="p"), "weights made with 'BiasAdd'"),
        (
            lambda g, x: g.add("MatMul", x, g.constant(np.float32([[0.3, 1e-9]])), name="p"),
            "not quant",
        ),
        (lambda g, x: g.add("BiasAdd", "codes", x, name="b"), r"'b' .*a bias on Placeholder"),
        (lambda g, x: g.bits(g.add("Reshape", x, "codes"), 9, 2), "'codes' .*no constant"),
        (lambda g, x: g.add("AddV2", x, "nowhere"), "node 'nowhere' is not there"),
        (lambda g, x: g.add("Floor", x + ":1"), "'dense/BiasAdd:1' is not there"),
        (lambda g, x: g.add("AddV2", x, g.add("Floor", name="f")), "'f' .*inputs that do not fit"),
        (lambda g, x: g.add("AddV2", x, g.add("Floor", "f", name="f")), "'f' .*feeds itself"),
        (lambda g, x: g.bits(g.add("Pow", x, g.constant(np.int32([2, 3]))), 9, 2), "no quantiser"),
    ],
)
def test_what_is_no_encoder_is_refused_in_one_line(
    draw: Callable[[Drawing, str], Any], message: str, tmp_path: Path
) -> None:
    path = kept(tmp_path, bytes(drawn(draw)[0].content))
    with pytest.raises(BadInput, match=message) as caught:
        import_model(path)
    assert str(caught.value).isprintable() and str(path) in str(caught.value)


def test_ends_and_nodes_are_chosen(tmp_path: Path) -> None:
    graph = drawn()[0]
    graph.add("Floor", "latent", name="one")
    graph.add("Floor", "latent", name="two")
    path = kept(tmp_path, bytes(graph.content))
    with pytest.raises(BadInput, match=r"2 ends of the graph \('one', 'two'\), choose .*--latent"):
        import_model(path)
    assert import_model(path, ImportChoice(latent="latent")).network.latents == UNITS
    with pytest.raises(BadInput, match="node 'three' is not there"):
        import_model(path, ImportChoice(latent="three"))
    with pytest.raises(BadInput, match="no models in it, allowed is --latent"):
        import_model(path, ImportChoice(encoder="encoder"))
    with pytest.raises(BadInput, match=r"ending '\.pb', allowed are \.keras"):
        import_model(path, weights=path)


def test_a_file_that_ends_early_is_refused(tmp_path: Path) -> None:
    content = (FROZEN / "econ_t.pb").read_bytes()
    for end in (0, 1, 2, 100, 9_000, len(content) // 2, len(content) - 1):
        with pytest.raises(BadInput, match=r"graph\.pb: "):
            import_model(kept(tmp_path, content[:end]))


def test_damaged_files_are_imported_or_refused(tmp_path: Path) -> None:
    content = bytes(drawn()[0].content)
    generator = np.random.default_rng(3)
    refused = 0
    for _ in range(25):
        wrong = bytearray(content)
        for place in generator.integers(0, len(content), 3):
            wrong[place] ^= 1 << int(generator.integers(8))
        try:
            import_model(kept(tmp_path, bytes(wrong)))
        except BadInput as error:
            refused += 1
            assert str(error).isprintable()
    assert refused > 5


def constant(value: bytes) -> bytes:
    """A graph with a constant of such a tensor."""
    return node("k", "Const", value=entry(8, value)) + node("end", "Floor", ["k"])


SIZE = entry(2, entry(1, 1 << 40))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it has no nodes"),
        (b"\x0b", "wire type 3"),
        (b"\xff" * 20, "a number without an end"),
        (entry(1, 5) + entry(2, b"\x0a\x00"), "a SavedModel, which keeps its weights elsewhere"),
        (entry(1, b"\x0a\xff\xff\xff\xff\x0f"), "a field of 4294967295 bytes where 0 are left"),
        (entry(1, entry(1, 7)), "a number, not bytes"),
        (node("x", "Floor") * 2, "two nodes are named 'x'"),
        (node("x", "Floor", ["y"] * 65), "more than 64 inputs"),
    ],
)
def test_what_is_no_graph_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message):
        import_model(kept(tmp_path, content))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (entry(1, 1) + entry(2, SIZE) + singles([1]), r"\[1099511627776\]: more than 64 MiB"),
        (entry(1, 1) + entry(2, SIZE * 4), "more than 64 MiB"),
        (entry(1, 1) + entry(2, SIZE * 5), "allowed are 4 sizes"),
        (entry(1, 1) + entry(2, entry(2, entry(1, -3))), r"shape \[-3\]"),
        (entry(1, 1) + entry(2, entry(3, 1)), "shape None"),
        (entry(1, 7) + entry(8, b"text"), "type 7, allowed are float"),
        (tensor(np.float32([1, 2]), [3]), "8 bytes, expected 12"),
        (entry(1, 1) + singles([1, 2]), "2 values, expected 1"),
        (entry(1, 3) + entry(7, 1 << 40), "a number beyond its type"),
        (entry(1, 3) + entry(10, 1 << 40), "values of type i8, expected i4"),
        (entry(1, 3) + singles([float("nan")]), "values of type f4, expected i4"),
        (
            tensor(np.zeros((48, 0), dtype=np.float32)),
            r"shape \[48, 0\], allowed are 4 sizes from 1",
        ),
        (entry(1, 1) + entry(5, b"abc"), "3 bytes of values"),
        (entry(1, 1) + entry(5, bytes(4 << 21)), "more than 1048576 numbers one by one"),
        (entry(1, 3) + entry(7, bytes(1 << 21)), "more than 1048576 numbers one by one"),
    ],
)
def test_constants_that_are_not_what_they_say_are_refused(value: bytes, message: str) -> None:
    graph = Graph.read(constant(value), "here")
    with pytest.raises(BadInput, match=message):
        graph.constant(graph.node("k"))


def test_constants_may_leave_out_what_repeats() -> None:
    sizes = entry(2, shape_of([2, 2]))
    for value, expected in (
        (entry(1, 1) + sizes, [[0, 0], [0, 0]]),
        (entry(1, 1) + sizes + singles([1, 2.5]), [[1, 2.5], [2.5, 2.5]]),
        (entry(1, 3) + sizes + entry(7, b"\x01\x02\x03\x04"), [[1, 2], [3, 4]]),
    ):
        graph = Graph.read(constant(value), "here")
        assert graph.constant(graph.node("k")).tolist() == expected
    attrs = Graph.read(node("c", "Conv2D", strides=numbers([1, 2, 3, 1])), "here")
    assert attrs.numbers(attrs.node("c"), "strides") == [1, 2, 3, 1]


def test_work_is_bounded() -> None:
    many = b"".join(node(f"n{k}", "Floor") for k in range(MAX_NODES + 1))
    with pytest.raises(BadInput, match="more than 4096 nodes"):
        Graph.read(many, "here")
    with pytest.raises(BadInput, match="fields"):
        list(wire.Messages("here", left=2).fields(memoryview(many)))
    wide = Drawing()
    for name, sizes in (("a", (3000, 1)), ("b", (1, 3000))):
        wide.constant(np.zeros(sizes, dtype=np.float32), name)
    end = wide.add("Mul", "a", "b", name="end")
    with pytest.raises(BadInput, match="more than 4194304 numbers"):
        Region.before(Graph.read(bytes(wide.content), "here"), end).values({})


def test_no_chain_of_operations_makes_more_than_all_may_be_together() -> None:
    long = Drawing()
    for name, sizes in (("a", (2000, 1)), ("b", (1, 2000))):
        long.constant(np.zeros(sizes, dtype=np.float32), name)
    end = long.add("Mul", "a", "b")
    for _ in range(10):  # four million numbers each
        end = long.add("Floor", end)
    graph = Graph.read(bytes(long.content), "here")
    with pytest.raises(BadInput, match="too many numbers are to be worked out"):
        Region.before(graph, end).values({})
    short = Graph.read(constant(tensor(np.float32([1.5]))), "here")
    for _ in range(3):
        assert Region.before(short, "end").values({}).tolist() == [1]
    short.work = 1
    assert Region.before(short, "end").values({}).tolist() == [1]
    with pytest.raises(BadInput, match="too many numbers are to be worked out"):
        Region.before(short, "end").values({})


@pytest.mark.parametrize(
    "name", ["checkpoint", "a.ckpt", "a.ckpt.index", "a.data-00000-of-00001", "a.meta"]
)
def test_checkpoints_hold_no_layers(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(
        BadInput, match="a checkpoint of TensorFlow, which holds weights and no lay"
    ):
        import_model(tmp_path / name)
