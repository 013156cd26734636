"""Every kind of layer is in every table, and goes through the exactness suite."""

from importlib import import_module

import pytest

from asicae.campaigns.every_kind import every_kind
from asicae.export.layers import PRINTED
from asicae.network.ops.table import OPS
from tests.conformance.exactness.suite import ExactnessMatrix
from tests.judges.exact_reference import JUDGES

pytest.importorskip("tensorflow", reason="no tensorflow: asicae[train]")
pytest.importorskip("hls4ml", reason="no headers of ac_types and ap_types: asicae[hls]")
from asicae.training.encoder import BUILDERS, build_encoder
from asicae.training.lowering import lower


def test_every_kind_is_in_every_table() -> None:
    assert set(OPS) == set(PRINTED) == set(JUDGES)
    assert all(op.model_fields["kind"].default == kind for kind, op in OPS.items())


def test_what_qkeras_builds_is_read_again() -> None:
    network = every_kind()
    assert set(BUILDERS) == set(OPS) == network.kinds
    lower(build_encoder(network, 1), network)


@pytest.mark.parametrize("kind", OPS)
def test_every_kind_goes_through_the_exactness_suite(kind: str) -> None:
    module = import_module(f"tests.conformance.ops.test_{kind}")
    classes = [value for value in vars(module).values() if isinstance(value, type)]
    shapes = [
        cls for cls in classes if issubclass(cls, ExactnessMatrix) and hasattr(cls, "network")
    ]
    assert any(layer.kind == kind for shape in shapes for layer in shape.network.layers)
