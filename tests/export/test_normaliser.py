"""The normaliser of the RTL for many types of code: equal to golden and to unlimited integers."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from asicae.chip.blocks import normaliser
from asicae.chip.normaliser import module_sum, normalise
from asicae.network.description import Network
from asicae.network.fixed_point import FixedPoint, Rounding
from tests.judges import exact_reference
from tests.support.rtl_harness import (
    RTL,
    lint,
    parameter_text,
    run_vectors,
    values,
    vector,
    verilate_vectors,
)

CELLS, CALQ, SUM = 48, 22, 9
IN_BITS = CELLS * CALQ
ROWS = 1000
KINDS = [
    FixedPoint.parse(text)
    for text in (
        "ufixed<8,1,TRN,SAT>",  # the silicon's: nothing is rounded up and all fits
        "fixed<10,2,TRN,SAT>",  # all fits, with a bit to spare
        "ufixed<12,2,TRN_ZERO,SAT>",
        "fixed<8,2>",
        "fixed<10,4>",
        "fixed<8,1>",
        "ufixed<6,0>",
        "ufixed<6,0,TRN,SAT>",
        "ufixed<7,0,TRN,WRAP>",
        "fixed<8,1,RND_ZERO,WRAP>",
        "fixed<6,1,RND_CONV_ODD,SAT_SYM>",
        "fixed<6,1,RND_MIN_INF,SAT_ZERO>",
        "ufixed<7,1,RND_INF,SAT>",
        "ufixed<7,1,RND,WRAP>",
        "ufixed<16,-11,RND_CONV,SAT>",  # every bit that a quotient can have
        "ufixed<16,-11,RND,WRAP>",
        "ufixed<1,1,TRN,SAT>",
        "ufixed<1,0,RND_CONV,WRAP>",
        "fixed<1,1,RND_CONV,SAT>",  # holds 0 and -1: always zero
        "fixed<1,1,RND_CONV,WRAP>",
        "ufixed<3,4>",  # LSB above 1
        "ufixed<3,4,RND,SAT>",
        "ufixed<3,4,RND_CONV_ODD,SAT>",
        "ufixed<4,8,TRN,SAT>",  # always zero
        "ufixed<4,8>",
    )
]
OUT_BITS = sum(CELLS * kind.width for kind in KINDS) + SUM
# What stands in the Verilog, what to put there, and the roundings that this breaks.
MUTATIONS = [
    ("CODE_FRACTION + 1 : PRECISION", "CODE_FRACTION : PRECISION", {"RND", "RND_INF"}),
    (
        "CODE_FRACTION + 1 : PRECISION",
        "CODE_FRACTION + 1 : CODE_FRACTION + 1",
        {"RND_CONV", "RND_ZERO", "RND_MIN_INF", "RND_CONV_ODD"},
    ),
    ("scaled >> msb_i", "scaled >> (msb_i + 1'b1)", set(Rounding)),
]


def _parameters(kind: FixedPoint) -> str:
    preset = Network.preset("small").model_dump(mode="json")
    return parameter_text(normaliser(Network.model_validate({**preset, "input": kind})).numbers)


def _bench(module: str = "normaliser", modules: str = "") -> str:
    text, low = f"wire [{SUM * len(KINDS) - 1}:0] sums;\n", 0
    for place, kind in enumerate(KINDS):
        text += (
            f"{module} #({_parameters(kind)}) u_{place} (.calq_i(in_i), "
            f".code_o(out_o[{low}+:{CELLS * kind.width}]), .sum_o(sums[{place * SUM}+:{SUM}]));\n"
        )
        low += CELLS * kind.width
    ports = f"input clk_i, input [{IN_BITS - 1}:0] in_i, output [{OUT_BITS - 1}:0] out_o"
    text += f"assign out_o[{low}+:{SUM}] = sums[{SUM - 1}:0];\n"
    return f"{modules}\nmodule bench ({ports});\n{text}endmodule\n"


def _charges() -> np.ndarray:
    """Every scale of charge, few and many cells; ties come with small sums and with few bits."""
    generator = np.random.default_rng(20)
    limits = 2.0 ** generator.uniform(0, CALQ, (ROWS, 1))
    charges = (generator.random((ROWS, CELLS)) * (limits + 1)).astype(np.int64)
    charges >>= generator.integers(0, 8, (ROWS, 1))
    charges <<= generator.integers(0, 8, (ROWS, 1))
    charges *= generator.random((ROWS, CELLS)) < generator.random((ROWS, 1))
    charges = np.minimum(charges, (1 << CALQ) - 1)
    charges[:4] = np.array([0, (1 << CALQ) - 1, 1, 1 << (CALQ - 1)])[:, None]
    charges[4:28] = 0
    charges[4:28, 7] = 1 << np.minimum(np.arange(24), CALQ - 1)
    return charges.astype(np.int32)


def _read(rows: Sequence[int]) -> tuple[list[np.ndarray], list[int]]:
    """Codes of every kind (events, 48) and the sums."""
    codes, low = [], 0
    for kind in KINDS:
        found = [values(bits >> low, kind.width, CELLS, kind.signed) for bits in rows]
        codes.append(np.array(found))
        low += CELLS * kind.width
    return codes, [bits >> low for bits in rows]


def _run(folder: Path, bench: str, charges: np.ndarray) -> tuple[list[np.ndarray], list[int]]:
    executable = verilate_vectors(folder, bench, IN_BITS, OUT_BITS)
    rows = [vector(row, CALQ) for row in charges]
    return _read(run_vectors(executable, rows, IN_BITS, OUT_BITS))


@pytest.fixture(scope="module")
def charges() -> np.ndarray:
    return _charges()


@pytest.fixture(scope="module")
def expected(charges: np.ndarray) -> list[np.ndarray]:
    rows = charges.tolist()
    return [np.array([exact_reference.codes(row, kind) for row in rows]) for kind in KINDS]


@pytest.mark.build
def test_rtl_and_golden_equal_unlimited_integers(
    tmp_path: Path, charges: np.ndarray, expected: list[np.ndarray]
) -> None:
    codes, sums = _run(tmp_path, _bench(), charges)
    for kind, found, wanted in zip(KINDS, codes, expected, strict=True):
        assert np.array_equal(found, wanted), kind
        assert np.array_equal(normalise(charges, kind), wanted), kind
    assert np.array_equal(sums, module_sum(charges))


def test_the_charges_reach_ties_and_both_sides_of_the_range(charges: np.ndarray) -> None:
    power = 2 ** (np.maximum([int(total).bit_length() for total in charges.sum(axis=1)], 1) - 1)
    for kind in KINDS:
        scaled = charges.astype(object) * (1 << 64) // power[:, None]
        unit = 1 << (64 - kind.fraction)
        reached = Counter(
            tie=int((scaled % unit == unit // 2).sum()),
            above=int((scaled >= (kind.raw_max + 1) * unit).sum()),
            inside=int(((scaled > 0) & (scaled < (kind.raw_max + 1) * unit)).sum()),
        )
        assert (reached["tie"] > 0) == (-1 <= kind.fraction < 27), kind
        assert (reached["above"] > 0) == (kind.raw_max + 1 < 2 * 2.0**kind.fraction), kind
        assert reached["inside"] > 0, kind


@pytest.mark.build
@pytest.mark.parametrize(("old", "new", "roundings"), MUTATIONS)
def test_a_wrong_normaliser_is_seen(
    tmp_path: Path,
    charges: np.ndarray,
    expected: list[np.ndarray],
    old: str,
    new: str,
    roundings: set[str],
) -> None:
    source = "".join((RTL / f"{name}.v").read_text() for name in ("normaliser", "normaliser_cell"))
    assert source.count(old) == 1
    wrong = source.replace(old, new).replace("module normaliser ", "module wrong ")
    wrong = wrong.replace("normaliser_cell #(", "wrong_cell #(")
    codes, _ = _run(tmp_path, _bench("wrong", wrong), charges)
    pairs = zip(KINDS, codes, expected, strict=True)
    broken = {
        str(kind.rounding) for kind, found, wanted in pairs if not np.array_equal(found, wanted)
    }
    assert broken == roundings


def test_no_type_of_code_gives_a_warning(tmp_path: Path) -> None:
    assert lint(tmp_path, _bench()) == ""
