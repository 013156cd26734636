"""The whole estimate of the small preset: every block equals golden, every figure adds up."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asicae.chip.normaliser import normalise
from asicae.estimation import blocks
from asicae.estimation.estimate import estimate
from asicae.estimation.library_record import summary
from asicae.estimation.record import EstimateRecord
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import FixedPoint
from asicae.network.ops.dense import Dense
from asicae.network.weights import Weights
from tests.support.tiny_network import TWO_LAYERS, described

pytestmark = [pytest.mark.build, pytest.mark.slow]

EVENTS = 150


def calq() -> np.ndarray:
    """Sparse charges over the whole range, an empty module and full scale among them."""
    generator = np.random.default_rng(11)
    values = np.exp2(generator.uniform(0, 22, (EVENTS, 48))).astype(np.int32)
    values *= generator.random((EVENTS, 48)) < 0.3
    values[5], values[6] = 0, (1 << 22) - 1
    return values


def weights(network: Network) -> Weights:
    drawn = Weights.random(network, 2)
    keep = drawn.keep.copy()
    keep[3] = 0x1F0
    return replace(drawn, keep=keep)


def test_estimate_of_the_small_chip(tmp_path: Path) -> None:
    network = Network.preset("small")
    export_rtl(network, tmp_path / "chip")
    inputs = (
        Encoder(network, weights(network)),
        calq(),
        tmp_path / "chip",
        tmp_path / "estimate.json",
    )
    result = estimate(*inputs)
    metrics = result.metrics
    latents = network.latents
    outputs = sum(int(np.prod(plan.output_shape)) for plan in network.plans)
    ranks = (48 + 1) + (latents + 1)
    words = EVENTS * ((48 + 1) + ranks + outputs + latents)
    assert metrics["exact.golden_vs_netlist.words"] == words
    assert metrics["exact.golden_vs_netlist.mismatches"] == 0
    for name in ("area", "energy"):
        shares = {k: v for k, v in metrics.items() if k.startswith(f"{name}.share.")}
        assert {"conv2d", "dense", "weight_bank", "normaliser", "pipeline_registers"} <= {
            key.split(".")[-1] for key in shares
        }
        assert sum(float(v) for v in shares.values()) == pytest.approx(1.0)
    area = float(metrics["area.um2.nangate45"])
    assert metrics["area.mm2_65nm.nominal"] == pytest.approx(area * 2.09e-6)
    assert float(metrics["timing.ns_65nm"]) < 25.0
    slack = [result.allowed_ns[path] - ns for path, ns in result.paths_ns.items()]
    assert metrics["timing.slack_ns.nangate45"] == min(slack) > 0
    check_glitches(metrics, result)
    stored = EstimateRecord.load(tmp_path / "estimate.json")
    assert stored == result
    bank = next(block for block in stored.blocks if block.module == "weight_bank")
    assert bank.flip_flops == 3 * network.weight_bits
    assert bank.energy_fj.switching == bank.energy_fj.internal == 0.0
    sampled = estimate(*inputs, instances=4)
    check_sampling(stored, sampled)
    with pytest.raises(BadInput, match=r"9 events, 200 of them with delays; .* at least 10"):
        estimate(Encoder(network, weights(network)), calq()[:9], *inputs[2:])


def test_signed_codes_and_latents_equal_golden(tmp_path: Path) -> None:
    kind = FixedPoint.parse
    dense = Dense(
        name="dense",
        units=2,
        weight=kind("fixed<6,1>"),
        bias=kind("ufixed<4,1>"),
        output=kind("fixed<5,2,RND_ZERO,SAT_SYM>"),
        relu=False,
    )
    network = Network(
        name="signed_codes",
        arrangement="flat",
        input=kind("fixed<6,1,TRN,WRAP>"),  # a cell with half of the charge has a negative code
        layers=(dense,),
        # What is multiplied takes long to synthesise, and is alike for all cells.
        masked_cells=tuple(cell for cell in range(48) if cell % 4),
    )
    export_rtl(network, tmp_path / "chip")
    drawn = Weights.random(network, 2)
    metrics = estimate(
        Encoder(network, drawn), calq(), tmp_path / "chip", tmp_path / "estimate.json"
    ).metrics
    assert (normalise(calq(), network.input) < 0).any()
    assert metrics["exact.golden_vs_netlist.words"] == EVENTS * (2 * (48 + 1) + 3 * 2 + 1)
    assert metrics["exact.golden_vs_netlist.mismatches"] == 0


def check_glitches(metrics: dict[str, float | int | str], result: EstimateRecord) -> None:
    """The dense layer adds up the chatter of the convolution; only data glitches."""
    assert result.timed.clocks == EVENTS - 3
    assert 0 < result.timed.latest_ns < max(result.paths_ns.values())
    assert 0 < result.timed.error_fj < 0.2 * result.energy_fj["dense"].data
    assert float(metrics["energy.glitch_factor.dense"]) > 4
    assert 1.2 < float(metrics["energy.glitch_factor.conv2d"]) < 4
    assert float(metrics["energy.zero_delay_pj"]) < float(
        metrics["energy.pj_per_inference.nangate45"]
    )
    assert "energy.glitch_factor.weight_bank" not in metrics
    assert {"clock_tree"} == result.energy_fj.keys() - result.area_um2.keys()
    assert result.clock_tree.sinks == result.flip_flops
    pins = sum(part.clock for part in result.energy_fj.values()) - result.clock_tree.energy_fj
    assert 0.1 * pins < result.clock_tree.energy_fj < pins
    whole, idle = (metrics[f"energy.{k}"] for k in ("pj_per_inference.nangate45", "idle_pj"))
    assert metrics["energy.quarter_occupancy_pj"] == pytest.approx((3 * idle + whole) / 4)
    assert float(metrics["energy.data_pj"]) > float(whole) - float(idle) > 0
    for block in result.blocks:
        timed, settled = block.energy_fj, block.zero_delay_fj
        assert (timed.clock, timed.leakage) == (settled.clock, settled.leakage)
        assert timed.data >= settled.data


def check_sampling(whole: EstimateRecord, sampled: EstimateRecord) -> None:
    """Fewer instances are compared with golden; the figures are the same."""
    assert (
        sampled.metrics["exact.golden_vs_netlist.words"]
        < (whole.metrics["exact.golden_vs_netlist.words"])
    )
    assert sampled.energy_fj == whole.energy_fj
    assert sampled.area_um2 == whole.area_um2


def test_a_netlist_with_other_weights_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Golden keeps the weights; one bit of those that drive the netlist is flipped."""
    network = Network.preset("small")
    export_rtl(network, tmp_path / "chip")
    original = blocks._constant

    def flipped(values: np.ndarray, width: int) -> np.ndarray:
        bits = original(values, width).copy()
        if len(bits) == network.plans[0].kernel.count * network.plans[0].kernel.type.width:
            bits[4] = ~bits[4]
        return bits

    monkeypatch.setattr(blocks, "_constant", flipped)
    with pytest.raises(CheckFailed, match=r"u_layer_conv\.data_o: .* words differ from golden"):
        estimate(
            Encoder(network, weights(network)),
            calq(),
            tmp_path / "chip",
            tmp_path / "estimate.json",
        )
    assert not (tmp_path / "estimate.json").exists()


@pytest.mark.parametrize(("package", "node"), [("osu018", 180), ("osu035", 350)])
def test_other_public_libraries_give_an_estimate(package: str, node: int, tmp_path: Path) -> None:
    """Their only flip-flop with a reset has a preset too, and their tables the load first."""
    path = Path(f"/usr/share/qflow/tech/{package}/{package}_stdcells.lib")
    if not path.is_file():
        pytest.skip(f"Debian's qflow-tech-{package} is not installed")
    network = described(TWO_LAYERS, tmp_path)
    export_rtl(network, tmp_path / "chip")
    inputs = (Encoder(network, Weights.random(network, 2)), calq(), tmp_path / "chip")
    usual = estimate(*inputs, tmp_path / "usual.json")
    record = estimate(*inputs, tmp_path / "estimate.json", [path])
    metrics, library = record.metrics, record.library
    assert (library.key, library.node_nm, library.files) == (package, node, (path.name,))
    assert metrics["exact.golden_vs_netlist.mismatches"] == 0
    # As many gates as in NanGate45.
    gates = float(metrics[f"area.um2.{package}"]) / library.nand2_um2
    expected = float(usual.metrics["area.um2.nangate45"]) / usual.library.nand2_um2
    assert gates == pytest.approx(expected, rel=0.1)
    scaled = {name for name in metrics if "65nm" in name}
    if node == 180:
        assert {"area.mm2_65nm.low", "energy.nj_65nm.high", "timing.ns_65nm"} <= scaled
        assert library.notes == () and set(library.bases_65nm) == {"area", "energy", "delay"}
    else:
        assert scaled == set() and library.bases_65nm == {}
        assert library.notes == (
            "no figures at 65 nm: there are no factors for 350 nm, only for 7, 45, 130, 180 nm",
        )
    assert f"{package}: {node} nm, corner typical" in next(summary(record))
