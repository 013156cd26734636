"""The HLS templates equal golden with both type libraries, in every mode; faults are found."""

import itertools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from asicae.chip import golden
from asicae.chip.golden import ChipOutput
from asicae.export.emulator import HEADER, emulator_header
from asicae.export.hls import (
    ALL_TYPES,
    CHIP,
    DRAWN_EVENTS,
    HlsTypes,
    check_types,
    chip_files,
    export_hls,
)
from asicae.export.parameters import cpp_type
from asicae.foundation.assets import asset_folder
from asicae.foundation.errors import BadInput, CheckFailed, MissingTool
from asicae.network.description import PRESETS, Network
from asicae.network.encoder import Encoder
from asicae.network.fixed_point import FixedPoint, Overflow, Rounding
from asicae.network.weights import Weights
from asicae.simulation.builds.cpp import compile_cpp
from asicae.simulation.engine_comparison import compare_engine
from asicae.simulation.engines.hls import HlsModel, header_folder, hls_model, type_options
from tests.judges import exact_reference
from tests.support.cpp_harness import CRC, NOT_LOADED, NULL, OK, SIZE, Program, Record, cpp_class
from tests.support.cpp_networks import ECON_T, NETWORKS, events, weights_of

pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="no g++: install g++")
pytest.importorskip("hls4ml", reason="no headers of ac_types and ap_types: asicae[hls]")
FEW = ("-O0",)
PRAGMAS = "asicae_hls/pragmas.hpp"


def odd(network: Network) -> bool:
    """Whether only ac_types can round as the network does."""
    kinds = [network.input, *(layer.output for layer in network.layers)]
    return any(kind.rounding is Rounding.RND_CONV_ODD for kind in kinds)


@pytest.mark.build
@pytest.mark.parametrize("types", ALL_TYPES)
def test_every_mode_equals_golden(types: HlsTypes) -> None:
    networks = [network for network in NETWORKS if types == "ac" or not odd(network)]
    sets = [weights_of(network, place) for place, network in enumerate(networks)]
    calq = [events(place, 20) for place in range(len(networks))]
    program = Program(networks, options=FEW, types=types)
    answers = program.run([Record.of(k, networks[k], sets[k], calq[k]) for k in range(len(sets))])
    for network, weights, charges, answer in zip(networks, sets, calq, answers, strict=True):
        assert answer.status == (OK, OK, OK)
        expected = golden.run(Encoder(network, weights), charges)
        assert np.array_equal(answer.latents, expected.latents), network
        assert np.array_equal(answer.sums, expected.sums)
    modes = {(n.latent_type.rounding, n.latent_type.overflow) for n in networks}
    assert len(modes) == len(Overflow) * (len(Rounding) - (types == "ap"))


@pytest.mark.build
@pytest.mark.parametrize("types", ALL_TYPES)
@pytest.mark.parametrize("preset", PRESETS)
def test_presets_equal_golden_and_a_flipped_bit_is_found(preset: str, types: HlsTypes) -> None:
    network = Network.preset(preset)
    weights = weights_of(network, 3)
    calq = events(9, 300)
    expected = golden.run(Encoder(network, weights), calq)
    model = hls_model(Encoder(network, weights), types)
    found = model.encode(calq)
    assert np.array_equal(found.latents, expected.latents)
    assert np.array_equal(found.sums, expected.sums)
    flipped = next(
        w for w in flips(Encoder(network, weights)) if differs(Encoder(network, w), calq, expected)
    )
    model.load(flipped)
    assert (model.encode(calq).latents != expected.latents).any()


def flips(encoder: Encoder) -> Iterator[Weights]:
    """The weights with one bit of one weight of the first layer flipped."""
    network, weights = encoder.network, encoder.weights
    name = network.plans[0].kernel.name
    for place in range(network.plans[0].kernel.count):
        kernel = weights.arrays[name].copy()
        kernel.flat[place] ^= 1
        yield Weights.checked(network, weights.arrays | {name: kernel}, weights.keep)


def differs(encoder: Encoder, calq: np.ndarray, expected: ChipOutput) -> bool:
    # Not every bit is seen by these events.
    return bool((golden.run(encoder, calq).latents != expected.latents).any())


@pytest.mark.build
@pytest.mark.parametrize("types", ALL_TYPES)
def test_source_events_compare_equal_and_a_planted_error_is_found(types: HlsTypes) -> None:
    sets = [("set", Weights.random(ECON_T, 2))]
    done = compare_engine(ECON_T, sets, types, 3000)
    metrics = done.metrics()
    assert metrics[f"exact.golden_vs_{types}.words"] == 3000 * 16
    assert metrics[f"exact.golden_vs_{types}.sums"] == 3000
    assert metrics[f"exact.golden_vs_{types}.mismatches"] == 0
    for mutation in ("weight", "expected"):
        with pytest.raises(CheckFailed, match=f"{types} differs from golden"):
            compare_engine(ECON_T, sets, types, 500, mutate=mutation)


@pytest.mark.build
@pytest.mark.parametrize("types", ALL_TYPES)
@pytest.mark.parametrize(
    "edit",
    [
        ("accumulator_width = 18;", "accumulator_width = 12;"),
        ("bias_offset = 432;", "bias_offset = 438;"),
        ("stride_columns - LAYER::pad_left + kx", "stride_columns - LAYER::pad_left + ky"),
        ("input * LAYER::filters + unit", "input + unit * LAYER::channels"),
        ("Total(calq[cell]) << left", "Total(calq[cell]) << (left - 1)"),
        ("& keep[latent]", "| keep[latent]"),
        ("place - 4;", "place - 3;"),
    ],
)
def test_an_edited_header_is_found(tmp_path: Path, edit: tuple[str, str], types: HlsTypes) -> None:
    weights, calq = weights_of(ECON_T, 4), events(4, 60)
    edited = Program([ECON_T], tmp_path, FEW, edit, types)
    (answer,) = edited.run([Record.of(0, ECON_T, weights, calq)])
    expected = golden.run(Encoder(ECON_T, weights), calq)
    assert (answer.latents != expected.latents).any() or (answer.sums != expected.sums).any()


Sources = tuple[tuple[int, int], ...]
SHAPES = [(6, 1, True), (1, 1, True), (9, 3, False), (4, 7, False), (3, 24, True), (16, -16, True)]
SOURCES = ((20, 8), (20, 25), (53, 20), (6, -3))
CASTS = """
#include <cstdio>
#include "asicae_hls/types.hpp"
using namespace asicae;
using namespace asicae::hls;
template <class TYPE, class NUMBER>
void print(const NUMBER& number) {{
  const unsigned long long bits = bits_of<TYPE::width>(number).to_uint64();
  const bool negative = TYPE::is_signed && (bits >> (TYPE::width - 1)) != 0;
  std::printf("%lld ", static_cast<long long>(bits) - (negative ? 1ll << TYPE::width : 0));
}}
{functions}
int main() {{
  int source;
  long long value;
  while (std::scanf("%d %lld", &source, &value) == 2) {{
    switch (source) {{
{cases}
    }}
    std::printf("\\n");
  }}
}}
"""


def casts(
    folder: Path, types: HlsTypes, kinds: list[FixedPoint], call: str, sources: Sources = SOURCES
) -> np.ndarray:
    """(rows of ``numbers()``, kinds): what the library makes of them."""
    functions, cases = "", ""
    for place, (width, integer) in enumerate(sources):
        source = f"Exact<{width}, {integer}, true>"
        body = f"  print<T>({call.format(source=f'T, {width}, {integer}, true')});"
        lines = "\n".join(f"  {{ using T = {cpp_type(kind)};\n  {body} }}" for kind in kinds)
        functions += f"void from_{place}(const {source}& x) {{\n{lines}\n}}\n"
        bits = f"from_bits<{source}>(Integer<{width}, false>(value))"
        cases += f"      case {place}: from_{place}({bits}); break;\n"
    files = {
        name: (asset_folder("hls") / name).read_text()
        for name in ("asicae_fixed.hpp", "asicae_hls/types.hpp")
    }
    files["main.cpp"] = CASTS.format(functions=functions, cases=cases)
    own = (*type_options(types), *FEW)
    built = compile_cpp(files, "casts", own, system=[header_folder(types)], cache=folder)
    text = "\n".join(f"{place} {value}" for place, value in numbers(sources))
    done = subprocess.run([str(built)], input=text, capture_output=True, text=True, check=True)
    return np.array([row.split() for row in done.stdout.splitlines()], dtype=np.int64)


def numbers(sources: Sources) -> list[tuple[int, int]]:
    """(source, raw number): the ends, powers of two and their neighbours, drawn ones."""
    generator = np.random.default_rng(1)
    rows = []
    for place, (width, _) in enumerate(sources):
        top = 1 << (width - 1)
        powers = [
            m * (1 << p) + d for p in range(width) for m in (1, -1, 3, -3) for d in (-1, 0, 1)
        ]
        drawn = generator.integers(-top, top, 100) >> generator.integers(0, width, 100)
        found = {value for value in [*powers, *drawn.tolist()] if -top <= value < top}
        rows += [(place, value) for value in sorted(found)]
    return rows


def all_kinds(types: HlsTypes) -> list[FixedPoint]:
    return [
        FixedPoint(*shape, rounding, overflow)
        for shape, rounding, overflow in itertools.product(SHAPES, Rounding, Overflow)
        if types == "ac" or rounding is not Rounding.RND_CONV_ODD
    ]


def wrong_kinds(
    found: np.ndarray, kinds: list[FixedPoint], sources: Sources = SOURCES
) -> list[FixedPoint]:
    expected = [
        [exact_reference.requantised(raw, sources[p][0] - sources[p][1], kind) for kind in kinds]
        for p, raw in numbers(sources)
    ]
    differs = (found != np.array(expected)).any(axis=0)
    return [kind for kind, wrong in zip(kinds, differs, strict=True) if wrong]


@pytest.mark.build
@pytest.mark.parametrize("types", ALL_TYPES)
def test_casts_equal_unlimited_integers(tmp_path: Path, types: HlsTypes) -> None:
    kinds = all_kinds(types)
    assert wrong_kinds(casts(tmp_path, types, kinds, "cast<{source}>(x)"), kinds) == []


@pytest.mark.build
def test_what_ac_types_do_otherwise(tmp_path: Path) -> None:
    """Only this: one signed bit has the lowest code -1 alone below zero, and SAT_SYM keeps it."""
    kinds = all_kinds("ac")
    wrong = wrong_kinds(casts(tmp_path, "ac", kinds, "Number<T>(x)"), kinds)
    assert wrong == [FixedPoint(1, 1, True, rounding, Overflow.SAT_SYM) for rounding in Rounding]


@pytest.mark.build
def test_what_ap_types_do_otherwise(tmp_path: Path) -> None:
    """The same, and they read beyond a number of which no bit is left: an assertion of theirs."""
    one_bit = [FixedPoint(1, 1, True, Rounding.RND, overflow) for overflow in Overflow]
    near = ((20, 1),)
    wrong = wrong_kinds(casts(tmp_path, "ap", one_bit, "Number<T>(x)", near), one_bit, near)
    assert wrong == [one_bit[list(Overflow).index(Overflow.SAT_SYM)]]
    far = [FixedPoint(3, 24, True, Rounding.RND, Overflow.SAT)]
    with pytest.raises(subprocess.CalledProcessError):
        casts(tmp_path, "ap", far, "Number<T>(x)")


def test_rounding_to_odd_is_refused_for_ap_types(tmp_path: Path) -> None:
    network = next(network for network in NETWORKS if odd(network))
    with pytest.raises(BadInput, match=r"ap_types have no RND_CONV_ODD; allowed is"):
        export_hls(network, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    check_types(network, "ac")
    source = '#include "asicae_hls/types.hpp"\nasicae::hls::Number<asicae::' + (
        "fixed<4, 1, true, asicae::Rounding::RND_CONV_ODD, asicae::Overflow::SAT>> x;\n"
    )
    (tmp_path / "main.cpp").write_text(source)
    folder = asset_folder("hls")
    command = ["g++", "-std=c++17", "-fsyntax-only", "-DASICAE_AP", f"-I{folder}"]
    command += ["-isystem", str(header_folder("ap")), str(tmp_path / "main.cpp")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "ap_types cannot round to odd (RND_CONV_ODD)" in done.stderr


@pytest.mark.build
def test_the_exported_bench_builds_and_fails_on_a_wrong_word(tmp_path: Path) -> None:
    export_hls(ECON_T, tmp_path)
    make = ["make", "-s", "-C", str(tmp_path), f"PYTHON={os.environ.get('PYTHON', 'python3')}"]
    make += [f"AC_TYPES={header_folder('ac')}", f"AP_TYPES={header_folder('ap')}", "CXXFLAGS=-O1"]
    done = subprocess.run(make, capture_output=True, text=True, check=True)
    line = f"words={DRAWN_EVENTS * 16} sums={DRAWN_EVENTS} mismatches=0"
    assert done.stdout.splitlines().count(line) == 2
    vectors = tmp_path / "vectors.bin"
    good = vectors.read_bytes()
    for place, code, text in [
        (len(good) - 1, 1, "mismatches=1"),  # the last sum
        (len(good) - 2 * DRAWN_EVENTS - 8, 1, "mismatches=1"),  # a latent
        (40, 2, "CRC"),  # the image
        (9, 2, "another design"),
        (0, 2, "no file of vectors"),
    ]:
        vectors.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        for kind in ALL_TYPES:
            command = [str(tmp_path / f"testbench_{kind}"), str(vectors)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == code and text in done.stdout + done.stderr
    no_events = good[:24] + bytes(4) + good[28 : 28 + ECON_T.image_bytes + 18]
    for data, text in ((good[:-1], "shorter"), (good + b"x", "longer"), (no_events, "no events")):
        vectors.write_bytes(data)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 2 and text in done.stderr
    done = subprocess.run(make, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "mismatches" not in done.stdout


NULLS = """
#include "{header}"
using asicae::Status;
int main() {{
  using Encoder = {encoder};
  static Encoder encoder;
  static std::uint8_t image[Encoder::image_bytes];
  static std::int32_t calq[48];
  static std::uint16_t latents[Encoder::latents], sums[1];
  const Status found[] = {{
      encoder.load(nullptr, sizeof image, 0), encoder.set_keep(nullptr, Encoder::keep_bytes),
      encoder.encode(nullptr, 0, nullptr, nullptr), encoder.encode(calq, 1, latents, sums),
      encoder.load(image, 7, 0), encoder.load(image, sizeof image, 0), encoder.set_keep(image, 3),
      encoder.load(image, sizeof image, asicae::crc32(image, sizeof image)),
      encoder.encode(nullptr, 1, latents, sums), encoder.encode(calq, 1, nullptr, sums),
      encoder.encode(calq, 1, latents, nullptr), encoder.encode(nullptr, 0, nullptr, nullptr),
      encoder.encode(calq, 1, latents, sums)}};
  for (const Status status : found) std::printf("%d ", static_cast<int>(status));
}}
"""


@pytest.mark.build
@pytest.mark.parametrize("types", [None, *ALL_TYPES])
def test_templates_and_emulator_refuse_the_same(tmp_path: Path, types: HlsTypes | None) -> None:
    if types is None:
        header, files = HEADER, {HEADER: emulator_header(ECON_T)}
    else:
        header, files = CHIP, chip_files(ECON_T)
    encoder = cpp_class(ECON_T, "Model" if types else "Encoder")
    text = "#include <cstdio>" + NULLS.format(header=header, encoder=encoder)
    own = type_options(types) if types else ()
    system = [header_folder(types)] if types else []
    built = compile_cpp(
        {"main.cpp": text, **files}, "nulls", (*own, *FEW), system=system, cache=tmp_path
    )
    done = subprocess.run([str(built)], capture_output=True, text=True, check=True)
    unloaded = [NULL, NULL, NOT_LOADED, NOT_LOADED, SIZE, CRC, SIZE]
    assert done.stdout.split() == [str(n) for n in (*unloaded, OK, NULL, NULL, NULL, OK, OK)]


def test_the_makefile_names_missing_headers(tmp_path: Path) -> None:
    export_hls(ECON_T, tmp_path)
    command = ["make", "-s", "-C", str(tmp_path), "check-ac", "AC_TYPES=/nowhere"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "/nowhere: no ac_fixed.h there" in done.stderr


def test_the_tools_are_told_of_every_array_on_a_port(tmp_path: Path) -> None:
    export_hls(ECON_T, tmp_path)
    struct = (tmp_path / CHIP).read_text().split("struct Weights {")[1].split("}")[0]
    members = re.findall(r"(\w+)\[[\w:]+\];", struct)
    assert len(members) == 2 * len(ECON_T.plans) + 1
    # The library itself wants the headers of Vitis where it is synthesised.
    source = (tmp_path / "asicae_top.cpp").read_text().replace("asicae_top.hpp", PRAGMAS)
    command = ["g++", "-E", "-D__SYNTHESIS__", "-DASICAE_AP", f"-I{tmp_path}", "-xc++", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=True)
    found = re.findall(r"#pragma HLS ARRAY_PARTITION variable = (\S+) complete", done.stdout)
    top = done.stdout.index("#pragma HLS DISAGGREGATE variable = weights")
    assert {"calq", "latents", *(f"weights.{member}" for member in members)} <= set(found)
    assert done.stdout.index("variable = weights.") > top
    catapult = (tmp_path / "build_catapult.tcl").read_text()
    assert f"foreach member {{{' '.join(members)}}}" in catapult


def test_equal_networks_give_equal_bytes(tmp_path: Path) -> None:
    folders = [export_hls(ECON_T, tmp_path / name).folder for name in "ab"]
    files = [
        {str(p.relative_to(f)): p.read_bytes() for p in f.rglob("*") if p.is_file()}
        for f in folders
    ]
    assert files[0] == files[1]
    assert not [name for name in files[0] if Path(name).name in ("ac_fixed.h", "ap_fixed.h")]


def test_missing_headers_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match=r"no ac_fixed.h there"):
        HlsModel(ECON_T, "ac", tmp_path)
    monkeypatch.setenv("ASICAE_AP_TYPES", str(tmp_path))
    with pytest.raises(BadInput, match=r"no ap_fixed.h there"):
        header_folder("ap")
    monkeypatch.setenv("ASICAE_AP_TYPES", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingTool, match=r"asicae\[hls\].*ASICAE_AP_TYPES"):
        header_folder("ap")
