"""The stored estimate: the same to the byte, and nothing else is read."""

import json
from pathlib import Path

import pytest

from asicae.estimation.record import EnergyParts, EstimateRecord
from asicae.foundation.errors import BadInput

SAMPLE = Path(__file__).with_name("sample.json")
"""Two blocks of an estimate as the kit has always written it."""


def test_the_file_is_the_same_to_the_byte(tmp_path: Path) -> None:
    record = EstimateRecord.load(SAMPLE)
    assert record.save(tmp_path / "estimate.json").read_bytes() == SAMPLE.read_bytes()
    dense = record.blocks[1]
    assert (dense.label, dense.energy_fj) == ("dense", record.energy_fj["dense"])


def test_parts_of_energy_add_up() -> None:
    parts = EnergyParts(switching=1.0, clock=2.0) + EnergyParts(internal=0.5, leakage=4.0)
    assert dict(parts) == {"switching": 1.0, "internal": 0.5, "clock": 2.0, "leakage": 4.0}
    assert parts.total == 7.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flip_flops": "many"}, "flip_flops: found 'many'"),
        ({"more": 1}, "more: found 1"),
        ({"blocks": [{"instance": "u_top"}]}, r"blocks\.0\.module: field required"),
    ],
)
def test_another_content_is_refused(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "estimate.json"
    path.write_text(json.dumps(json.loads(SAMPLE.read_text()) | change))
    with pytest.raises(BadInput, match=rf"estimate\.json: {message}"):
        EstimateRecord.load(path)
