"""The mapped encoder of Hybrid Choice: equal to the algorithm, and cells that are not hidden."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asicae.chip.blocks import Sized
from asicae.concentrator.silicon.events import drawn_hybrid_events
from asicae.concentrator.silicon.hybrid_choice import TOP
from asicae.estimation.hybrid import estimate_hybrid
from asicae.export.hybrid.export import export_hybrid
from asicae.export.hybrid.top import hybrid_verilog
from asicae.foundation.errors import CheckFailed
from tests.export.test_hybrid import case, edited

EVENTS = 600


@pytest.mark.build
@pytest.mark.slow
def test_the_netlist_equals_the_algorithm_and_fits_the_clock(tmp_path: Path) -> None:
    pytest.importorskip("pyosys", reason="no pyosys: asicae[asic]")
    hybrid, record = case("tiny"), tmp_path / "estimate.json"
    design, settings = hybrid.design, hybrid.design.settings
    calq = drawn_hybrid_events(settings, EVENTS, 3).astype(np.int32)
    rtl = export_hybrid(hybrid, tmp_path / "made").folder / "rtl"
    found = estimate_hybrid(design, hybrid.encoder, rtl, calq, record)
    around, chip = found.around, found.chip
    assert around.frames == EVENTS and chip.metrics["exact.golden_vs_netlist.words"] > 0
    plain = sum(block.register_bits or 0 for block in design.ranks)
    assert around.flip_flops == chip.flip_flops + plain
    assert around.slack_ns_65nm is not None and around.slack_ns_65nm > 0
    assert set(around.area_um2) == {name.removeprefix("u_") for name in design.blocks}
    assert around.area_um2["chip"] == pytest.approx(
        sum(block.area_um2 for block in chip.blocks), rel=0.01
    )
    calm = calq[:1].repeat(EVENTS, axis=0)
    calm[20] = calq[1]
    still = estimate_hybrid(design, hybrid.encoder, rtl, calm, record)
    assert still.around_fj.data < found.around_fj.data / 10  # of that event, and of the counter
    assert still.around_fj.clock == pytest.approx(found.around_fj.clock, rel=0.1)
    assert 0 < found.around_error_fj < found.around_fj.data / 5
    spoiled = Path(shutil.copytree(tmp_path / "made", tmp_path / "spoiled")) / "rtl"
    block = design.blocks["u_quiet_subset_rank"]
    table = block.parameters["TABLE"]
    assert isinstance(table, Sized)
    wrong = {**block.parameters, "TABLE": replace(table, value=table.value ^ 1 << 20 * 16)}
    path = tuple(replace(b, parameters=wrong) if b is block else b for b in design.data_path)
    (spoiled / f"{TOP}.v").write_text(hybrid_verilog(replace(design, data_path=path)))
    with pytest.raises(CheckFailed, match="the frame of event"):
        estimate_hybrid(design, hybrid.encoder, spoiled, calq, record)
    edited("asicae_top.v", "sum, shown}", "sum, normalised}")(hybrid, rtl)
    with pytest.raises(CheckFailed, match="differ"):
        estimate_hybrid(design, hybrid.encoder, rtl, calq, record)
