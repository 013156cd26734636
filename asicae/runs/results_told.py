"""What each stage of a run found, in a line for whoever watches."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from asicae.comparison.verdict import is_fixed
from asicae.concentrator.algorithms.autoencoder import Autoencoder
from asicae.runs.stage import Metrics

Numbers = Mapping[str, Any]
_EMD: Final = re.compile(r"emd\.(\w+)\.(\d+)links")
_EXACT: Final = re.compile(r"exact\.golden_vs_(\w+)\.words")


def in_words(stage: str, metrics: Metrics) -> str:
    """The result of ``stage``, nothing where it has none that can be said in a line."""
    try:
        return _TOLD[stage](metrics) if stage in _TOLD else ""
    except KeyError:  # such as 65 nm, of a library whose node is not known
        return ""


def _readouts(m: Numbers) -> str:
    return f"{m['readout.events']:,} events"


def _train(m: Numbers) -> str:
    return (
        f"{m['weights.parameters']:,} weights in {m['weights.bits']:,} bits, "
        f"{m['train.epochs']:,} epochs over {m['train.events']:,} events"
    )


def _evaluate(m: Numbers) -> str:
    of_links = [
        f"{emd:.3f} at {links}" for name, links, emd in _distances(m) if name == Autoencoder.name
    ]
    words, wrong = m["exact.qkeras_vs_golden.words"], m["exact.qkeras_vs_golden.mismatches"]
    return f"EMD {', '.join(of_links)} links; {words:,} words of QKeras and golden, {wrong} differ"


def _compare(m: Numbers) -> str:
    nearest: dict[int, tuple[float, str]] = {}
    for name, links, emd in _distances(m):
        if is_fixed(name):
            nearest[links] = min(nearest.get(links, (emd, name)), (emd, name))
    told = [f"{name} {emd:.3f} at {links}" for links, (emd, name) in sorted(nearest.items())]
    beside = "nearest of fixed rate beside the autoencoder"
    return f"{beside}: {', '.join(told)} links" if told else ""


def _export(m: Numbers) -> str:
    return f"built as {m['rtl.microarchitecture']}"


def _verify(m: Numbers) -> str:
    words, sums = m["exact.golden_vs_rtl.words"], m["exact.golden_vs_rtl.sums"]
    return (
        f"{words:,} latents and {sums:,} sums compared with golden, "
        f"{m['exact.golden_vs_rtl.mismatches']} differ; latency {m['rtl.latency_bx']} BX"
    )


def _engines(m: Numbers) -> str:
    words = {match[1]: value for key, value in m.items() if (match := _EXACT.fullmatch(key))}
    wrong = sum(m[f"exact.golden_vs_{name}.mismatches"] for name in words)
    of_each = ", ".join(f"{name} {count:,}" for name, count in sorted(words.items()))
    return f"words compared with golden: {of_each}; {wrong} differ" if words else ""


def _estimate(m: Numbers) -> str:
    low, nominal, high = (m[f"energy.nj_65nm.{end}"] for end in ("low", "nominal", "high"))
    return (
        f"{m['area.mm2_65nm.nominal']:.3g} mm2, {nominal:.3g} nJ ({low:.2g} to {high:.2g}) "
        "at 65 nm, before layout"
    )


def _distances(m: Numbers) -> Iterator[tuple[str, int, float]]:
    """Code, links and EMD over all modules, by links."""
    found = [(match, value) for key, value in m.items() if (match := _EMD.fullmatch(key))]
    for match, value in sorted(found, key=lambda pair: int(pair[0][2])):
        yield match[1], int(match[2]), float(value)


_TOLD: Final[Mapping[str, Callable[[Numbers], str]]] = {
    "readouts": _readouts,
    "train": _train,
    "evaluate": _evaluate,
    "compare": _compare,
    "export": _export,
    "verify": _verify,
    "engines": _engines,
    "estimate": _estimate,
}
