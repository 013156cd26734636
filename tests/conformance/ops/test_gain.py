"""The exactness suite on a kind of layer that only the tests have."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from asicae.chip import golden
from asicae.export.rtl import export_rtl
from asicae.foundation.errors import BadInput
from asicae.module.drawn import drawn_calq
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.ops.table import OPS
from asicae.network.weights import Weights
from asicae.simulation.engines.qonnx import QonnxModel
from tests.conformance.exactness.shapes import TYPE, dense, network
from tests.conformance.exactness.suite import ExactnessMatrix
from tests.conformance.ops.toy.gain import MODULE, Gain, registered

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
pytest.importorskip("hls4ml", reason="no headers of ac_types and ap_types: asicae[hls]")

pytestmark = pytest.mark.build


def gain(types: str) -> Gain:
    """Gains; ``types`` are those of weight, bias and output."""
    weight, bias, output = map(TYPE, types.split())
    return Gain(name="gain", weight=weight, bias=bias, output=output)


def shape() -> Network:
    """Gains on an image with dead pixels and on a row."""
    with registered():
        return network(
            "8x8",
            "ufixed<6,1>",
            gain("fixed<5,1> fixed<5,1> fixed<5,2>"),
            dense("fixed<4,1> fixed<6,2> fixed<5,2>", 3),
            gain("fixed<6,2> fixed<5,1> fixed<6,3>"),
            live=(0, 1, 5, 7, 8, 9, 13, 15, 16, 18, 22, 23, 26, 30, 31, 32, 35, 39, 42, 47),
        )


class TestGain(ExactnessMatrix):
    """A new kind of layer, first and last in the chain."""

    network = shape()
    verilog = MODULE.read_text(encoding="utf-8")
    qkeras = False

    @pytest.fixture(scope="class", autouse=True)
    def tables(self) -> Iterator[None]:
        """The kind is in all tables while the class runs."""
        with registered():
            yield

    def test_a_description_with_the_kind_is_read_back(self) -> None:
        text = self.network.model_dump_json()
        assert Network.model_validate_json(text) == self.network

    def test_qkeras_is_said_to_lack_it(self) -> None:
        from asicae.training.encoder import check_expressible

        with pytest.raises(BadInput, match="layer gain_a: QKeras has no gain, allowed are conv2d"):
            check_expressible(self.network)

    def test_a_chip_with_the_kind_is_exported_and_checked(self, tmp_path: Path) -> None:
        exported = export_rtl(self.network, tmp_path)
        assert tmp_path / "rtl" / "gain.v" in exported.sources

    def test_qonnx_equals_golden(self) -> None:
        pytest.importorskip("qonnx", reason="no qonnx: asicae[qonnx]")
        calq, seen = drawn_calq(200), set()
        for seed in range(8):
            weights = Weights.random(self.network, seed)
            expected = golden.run(Encoder(self.network, weights), calq).latents
            assert np.array_equal(
                QonnxModel(Encoder(self.network, weights)).encode(calq).latents, expected
            )
            seen |= set(map(tuple, expected.tolist()))
        assert len(seen) > 15


def test_a_kind_without_a_row_is_refused() -> None:
    assert "gain" not in OPS
    with pytest.raises(ValueError, match=r"'gain'.* does not match any of the expected tags"):
        Network.model_validate(shape().model_dump())
