"""What of a description the benches reach: points that follow from it, and how often each was met.

A point is ``GROUP: WHAT``. Points are listed before anything runs: what no bench meets is a hole.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from asicae.campaigns.control_bench import KEEP_BITS, NETWORK, Answer
from asicae.campaigns.coverage_waivers import Unreachable
from asicae.chip import golden
from asicae.chip.design import design_of
from asicae.chip.registers import Register, register_map
from asicae.concentrator.links import AUTOENCODER_LINKS, keep_mask
from asicae.export.case import prepare_set, write_case
from asicae.export.rtl import export_rtl
from asicae.foundation.progress import step
from asicae.module.codes import CALQ_BITS, CALQ_MAX, encode_5e4m
from asicae.module.geometry import N_CELLS
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.directed_events import Calq, with_directed
from asicae.simulation.drawn import DrawnChip
from asicae.simulation.regression.bench import run
from asicae.simulation.regression.verify import BENCH, build_chip

Points = Counter[str]
"""How often each point was met; those that were not stand at 0."""
PRESET: Final = "small"
"""Whose latents and keep masks are followed."""
LEVELS: Final = ("written 0", "written 1", "read 0", "read 1")
MANTISSA_BITS: Final = 4
DRAWS: Final = 32
"""Of the weights of each latent, until its bits move."""
SEARCHED: Final = 60
"""Events that say whether they do."""


def control_points(answer: Answer) -> Points:
    """Of the bench of control: what a host and upsets do, and each bit of each register."""
    found = Points({f"situation: {name}": hits for name, hits in answer.situations.items()})
    found.update({f"done: {name.replace('_', ' ')}": n for name, n in answer.counts.items()})
    for register in register_map(Network.preset(NETWORK)).registers:
        found.update(_register_points(register, answer.levels.get(register.name, ())))
    return found


def _register_points(register: Register, levels: Sequence[Sequence[int]]) -> dict[str, int]:
    """Each bit that a host may write, both ways, and read: of a constant as it is.

    ``levels``: by byte, bits with each of ``LEVELS``.
    """
    constant = register.access == "ro" and register.reset != 0
    found = {}
    for bit in _bits(register):
        for place, level in enumerate(LEVELS):
            written, value = level.startswith("written"), int(level[-1])
            if written and register.access == "ro":
                continue
            if constant and register.reset >> bit & 1 != value:
                continue
            seen = levels[bit // 8][place] >> bit % 8 & 1 if levels else 0
            found[f"register: {_called(register, bit)} {level}"] = seen
    return found


def _bits(register: Register) -> Iterator[int]:
    """Of its fields, where it has some; of the keep mask those under the bench."""
    if register.fields:
        for field in register.fields:
            yield from range(field.low, field.low + field.width)
    else:
        yield from range(KEEP_BITS if register.name == "KEEP" else 8 * register.size)


def _called(register: Register, bit: int) -> str:
    for field in register.fields:
        if field.low <= bit < field.low + field.width:
            return f"{register.name}.{field.name}"
    return f"{register.name} bit {bit}"


def chip_points(results: Mapping[str, Any], network: Network) -> Points:
    """Of the regression of a chip: bits of latents and keep mask, links, exponents of the sum."""
    found = Points()
    bits, keep = results.get("latent_bits", {}), results.get("keep_bits", {})
    for latent in range(network.latents):
        for bit in range(network.latent_type.width):
            place = f"bit {bit} of latent {latent}"
            for name, masks in (("1", bits.get("ones")), ("0", bits.get("zeros"))):
                found[f"latent: {place} is {name}"] += _bit(masks, latent, bit)
            for name in ("kept", "cleared"):
                found[f"keep mask: {place} {name}"] += _bit(keep.get(name), latent, bit)
    sets = {entry["name"]: entry for entry in results.get("sets", ())}
    for links in AUTOENCODER_LINKS:
        entry = sets.get(of_links(links), {"words": 0, "mismatches": 0})
        found[f"links: {links}"] += 0 if entry["mismatches"] else entry["words"]
    seen = results.get("exponents", {}).get("seen")
    for exponent in range((int(encode_5e4m(N_CELLS * CALQ_MAX)) >> MANTISSA_BITS) + 1):
        found[f"module sum: exponent {exponent}"] += _bit(seen, 0, exponent)
    return found


def _bit(masks: Sequence[int] | None, place: int, bit: int) -> int:
    return 0 if masks is None else masks[place] >> bit & 1


def of_links(links: int) -> str:
    """Name of the weight set with the keep mask of so many links."""
    return f"{links} links"


def link_sets(network: Network, seed: int) -> list[tuple[str, Weights]]:
    """Drawn weights of which each latent moves, with the keep mask of each number of links."""
    arrays = _moving(network, seed).arrays
    return [
        (of_links(links), Weights.checked(network, arrays, keep_mask(network, links)))
        for links in AUTOENCODER_LINKS
    ]


def _moving(network: Network, seed: int) -> Weights:
    """Drawn weights; those of each latent are the drawn ones whose bits take both levels most."""
    last, drawn = network.weighted[-1], Weights.random(network, seed)
    calq = np.concatenate([DrawnChip(network, seed=seed).calq(SEARCHED), every_power()])
    arrays = {name: array.copy() for name, array in drawn.arrays.items()}
    best = np.full(network.latents, -1)
    for draw in range(DRAWS):
        other = Weights.random(network, seed + draw).arrays
        own = {p.name: other[p.name] for p in (last.kernel, last.bias)}
        tried = Weights.checked(network, {**drawn.arrays, **own})
        latents = golden.run(Encoder(network, tried), calq).latents
        moving = np.bitwise_or.reduce(latents, axis=0) & np.bitwise_or.reduce(~latents, axis=0)
        bits = np.array([int(mask).bit_count() for mask in moving])
        for latent in np.flatnonzero(bits > best):
            best[latent] = bits[latent]
            for name, array in own.items():
                arrays[name][..., latent] = array[..., latent]
    return Weights.checked(network, arrays)


def every_power() -> Calq:
    """Events whose sums have each leading bit that there is, int32 (events, 48)."""
    cells = np.zeros((CALQ_BITS, N_CELLS), dtype=np.int32)
    cells[:, 0] = 1 << np.arange(CALQ_BITS)
    counts = sorted({*(1 << k for k in range(1, N_CELLS.bit_length())), N_CELLS})
    full = np.stack([(np.arange(N_CELLS) < count) * np.int32(CALQ_MAX) for count in counts])
    return np.concatenate([cells, full.astype(np.int32)])


def regression_points(folder: Path, seed: int, events: int, cache: Path | None = None) -> Points:
    """The regression of the preset with the keep masks of all numbers of links.

    Raises:
        CheckFailed: a word differs from golden.
    """
    network = Network.preset(PRESET)
    export_rtl(network, folder / "chip")
    step(f"coverage: regression of {PRESET}")
    built = build_chip(network, folder / "chip" / "rtl", cache=cache)
    drawn = DrawnChip(network, seed=seed).calq(events)
    sets = []
    for name, weights in link_sets(network, seed):
        calq = with_directed(
            Encoder(network, weights), np.concatenate([drawn, every_power()]), seed
        )
        sets.append(prepare_set(network, (name, weights), calq))
    write_case(design_of(network), sets, folder)
    return chip_points(run(built, BENCH, folder, seed=seed).check().results, network)


def figures(points: Points, rows: Sequence[Unreachable]) -> dict[str, Any]:
    """Met and in all by group, holes, and how many points each row of the unreachable ones is."""
    groups: dict[str, dict[str, int]] = {}
    holes, taken = [], dict.fromkeys(rows, 0)
    for name, hits in sorted(points.items()):
        group = groups.setdefault(name.partition(":")[0], {"met": 0, "unreachable": 0, "of": 0})
        row = next((row for row in rows if row.meets(name)), None)
        group["of"] += 1
        if row is not None and not hits:
            taken[row] += 1
            group["unreachable"] += 1
        elif hits:
            group["met"] += 1
        else:
            holes.append(name)
    return {
        "groups": groups,
        "holes": holes,
        "unreachable": [
            {"point": row.point, "reason": row.reason, "points": count}
            for row, count in taken.items()
        ],
    }


def violations(found: Mapping[str, Any]) -> list[str]:
    """Holes, and rows of which every point is met."""
    return [f"not met: {hole}" for hole in found["holes"]] + [
        f"what {row['point']} says is unreachable is met, or there is none of it"
        for row in found["unreachable"]
        if not row["points"]
    ]
