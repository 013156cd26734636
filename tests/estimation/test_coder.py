"""The mapped encoder of Adaptive Choice: equal to the algorithm, a wrong table is found."""

from dataclasses import replace
from pathlib import Path

import pytest

from asicae.chip.blocks import Sized
from asicae.concentrator.algorithms.adaptive_choice import AdaptiveChoiceSettings
from asicae.concentrator.silicon.adaptive_choice import TOP, coder_design
from asicae.concentrator.silicon.events import drawn_events
from asicae.estimation.coder import estimate_coder
from asicae.export.coder.export import export_coder
from asicae.export.coder.top import coder_verilog
from asicae.foundation.errors import CheckFailed

SETTINGS = AdaptiveChoiceSettings(alg_type="adaptive_choice", links=1)


@pytest.mark.slow
def test_the_netlist_equals_the_algorithm_and_fits_the_clock(tmp_path: Path) -> None:
    pytest.importorskip("pyosys", reason="no pyosys: asicae[asic]")
    design, calq = coder_design(SETTINGS, 2), drawn_events(SETTINGS, 1000, 3)
    rtl = export_coder(SETTINGS, tmp_path, 2).folder / "rtl"
    found = estimate_coder(design, rtl, calq)
    assert found.frames == 1000
    # Three bits of the reset and two valid ones, each three times; the ranks once.
    assert found.flip_flops == 15 + sum(block.register_bits or 0 for block in design.ranks)
    assert found.slack_ns_65nm is not None and found.slack_ns_65nm > 0
    assert set(found.area_um2) == {name.removeprefix("u_") for name in design.blocks}
    block = design.blocks["u_subset_rank"]
    table = block.parameters["TABLE"]
    assert isinstance(table, Sized)
    wrong = {**block.parameters, "TABLE": replace(table, value=table.value ^ 1 << 20 * 11)}
    path = tuple(replace(b, parameters=wrong) if b is block else b for b in design.data_path)
    (rtl / f"{TOP}.v").write_text(coder_verilog(replace(design, data_path=path)))
    with pytest.raises(CheckFailed, match="the frame of event"):
        estimate_coder(design, rtl, calq)
