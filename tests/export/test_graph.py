"""Networks that are no chain, in what the kit writes and maps."""

from pathlib import Path

import numpy as np
import pytest

from asicae.campaigns.every_kind import every_kind
from asicae.chip import golden
from asicae.estimation.estimate import estimate
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import CheckFailed
from asicae.module.drawn import drawn_calq
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.ops.table import OPS
from asicae.simulation.engine_comparison import compare_engine
from asicae.simulation.engines.qonnx import Qonnx
from asicae.simulation.regression.verify import verify
from tests.support.cpp_harness import OK, Program, Record
from tests.support.tiny_network import GRAPH, TWO_LAYERS, flattened, parsed

NETWORK = every_kind()


def test_the_network_has_every_kind() -> None:
    assert set(OPS) == NETWORK.kinds and not NETWORK.is_chain


@pytest.mark.parametrize(
    "network", [NETWORK, parsed(GRAPH), flattened()], ids=lambda network: network.name
)
def test_qonnx_equals_golden(network: Network) -> None:
    pytest.importorskip("qonnx", reason="no qonnx: asicae[qonnx]")
    sets = [(f"set {seed}", Encoder.random(network, seed).weights) for seed in range(3)]
    found = compare_engine(network, sets, Qonnx(), 200)
    assert found.metrics()["exact.golden_vs_qonnx.mismatches"] == 0
    with pytest.raises(CheckFailed, match="qonnx differs from golden"):
        compare_engine(network, sets, Qonnx(), 200, mutate="weight")


@pytest.mark.build
def test_chains_and_graphs_are_in_one_program() -> None:
    """Of kinds of layers that not all have, each header comes once."""
    networks = [parsed(TWO_LAYERS), parsed(GRAPH), NETWORK]
    program, calq = Program(networks), drawn_calq(50)
    records = []
    for place, network in enumerate(networks):
        records.append(Record.of(place, network, Encoder.random(network, 3).weights, calq))
    for network, answer in zip(networks, program.run(records), strict=True):
        expected = golden.run(Encoder.random(network, 3), calq)
        assert answer.status == (OK, OK, OK)
        assert np.array_equal(answer.latents, expected.latents)


@pytest.mark.build
def test_its_chip_gives_every_word_under_cocotb(tmp_path: Path) -> None:
    """Weights come through I2C; one bit of them that is flipped shows."""
    rtl = export_rtl(NETWORK, tmp_path / "chip").folder / "rtl"
    sets, calq = [("set", Encoder.random(NETWORK, 3).weights)], drawn_calq(200)
    found = verify(NETWORK, sets, calq, rtl, tmp_path / "right", events=200).metrics
    assert found["exact.golden_vs_rtl.mismatches"] == 0
    assert found["exact.golden_vs_rtl.words"] >= 200 * NETWORK.latents
    with pytest.raises(CheckFailed, match="set set, event"):
        verify(NETWORK, sets, calq, rtl, tmp_path / "flipped", mutate="weight", events=200)


@pytest.mark.slow
def test_the_netlist_equals_golden(tmp_path: Path) -> None:
    """Of each block, on what the golden integers say that it sees."""
    export_rtl(NETWORK, tmp_path / "chip")
    made = Encoder.random(NETWORK, 3)
    found = estimate(made, drawn_calq(100), tmp_path / "chip", tmp_path / "estimate.json")
    computed = sum(plan.outputs for plan in NETWORK.plans if plan.wiring is None)
    words = 100 * (2 * (48 + 1) + computed + 2 * NETWORK.latents + 1)
    assert found.metrics["exact.golden_vs_netlist.words"] == words
    assert {"max_pool", "average_pool", "add", "depthwise_conv2d"} <= {
        b.label for b in found.blocks
    }
