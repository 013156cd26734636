"""The comparison of a run: every algorithm, every number of links, on one or two sets of events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asicae.chip import golden
from asicae.comparison.choice import Choice, Floats, Result, choose, decoded, measure
from asicae.comparison.contenders import Point, candidates, chosen_values, classical_points
from asicae.comparison.decode_options import DecodeOptions
from asicae.comparison.run_choice import FORMAT, OWN
from asicae.concentrator import codec
from asicae.concentrator.algorithms.autoencoder import Autoencoder
from asicae.concentrator.frames import Frames
from asicae.concentrator.settings import Algorithm, ConcentratorSettings
from asicae.foundation.files import write_json
from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from asicae.training.decoder import decode
from asicae.training.fit import Trained
from asicae.training.learned_spreading import train_spreading
from asicae.training.settings import CompareSettings

PILEUP: Final = "pileup200"
DECODER: Final = "decoder"
"""Decoding of the autoencoder."""

Metrics = dict[str, float | int | str]


@dataclass(frozen=True)
class EventSet:
    """Events to choose on and others to measure on; ``name`` is OWN or part of the keys."""

    name: str
    validation: Readouts
    test: Readouts


def compare(
    network: Network,
    autoencoders: Mapping[int, Trained],
    training: Readouts,
    sets: Sequence[EventSet],
    settings: CompareSettings,
    folder: Path,
) -> Metrics:
    """Measure all algorithms; writes ``comparison.json`` and ``spreading.keras`` to ``folder``.

    Settings and decoding of the classical algorithms are chosen on each set's own validation
    events. What their decoding measures or learns, and the autoencoder, come from ``training``.

    Args:
        network: of the autoencoder.
        autoencoders: link count to weight set with its decoder; the classical algorithms are
            compared at the same link counts.
        training: events that the autoencoder was trained on.
        sets: events to compare on.
        settings: of the comparison.
        folder: where the files go.

    Raises:
        BadInput: too few events with charge.
    """
    points = classical_points(autoencoders)
    tasks = {s.name: {p: candidates(p, s.validation.calq) for p in points} for s in sets}
    options = _options(training, tasks, settings, folder)
    rows: list[dict[str, Any]] = []
    for events in sets:
        few = events.validation.select(slice(0, settings.choice_events))
        choices = choose(tasks[events.name], options, few)
        found = decoded(choices, options, events.test)
        for links, trained in sorted(autoencoders.items()):
            point = Point(Algorithm.AUTOENCODER, links)
            choices[point] = Choice(_settings_of(trained, network, links), DECODER)
            found[point] = _sent_and_decoded(trained, network, choices[point], events.test)
        measured = measure(found, events.test, options.mean_image)
        rows += [_row(events.name, p, choices[p], result) for p, result in measured.items()]
    content = {"format": FORMAT, "sets": [_about(events) for events in sets], "points": rows}
    write_json(folder / "comparison.json", content)
    return metrics_of(content)


def metrics_of(content: Mapping[str, Any]) -> Metrics:
    """The flat metrics of a comparison file's content.

    Distance, response and resolution of the autoencoder on the run's own events are those of the
    evaluation and are not repeated.
    """
    metrics: Metrics = {}
    for about in content["sets"]:
        if about["name"] != OWN:
            metrics[f"emd.{about['name']}.events_excluded"] = about["excluded"]
            metrics[f"readout.{about['name']}.test_events"] = about["events"]
    for row in content["points"]:
        prefix = "" if row["set"] == OWN else f"{row['set']}."
        name = f"{prefix}{row['algorithm']}.{row['links']}links"
        evaluated = row["set"] == OWN and row["algorithm"] == Algorithm.AUTOENCODER
        if not evaluated:
            for key in ("emd", "response", "resolution"):
                metrics[f"{key}.{name}"] = row[key]
        for key in ("emd_error", "response_hottest", "resolution_hottest", "decode"):
            metrics[f"{key}.{name}"] = row[key]
        metrics[f"bits_sent.{name}.mean"] = row["mean_bits"]
        metrics[f"bits_sent.{name}.max"] = row["max_bits"]
        if row["events_lost"]:
            metrics[f"events_lost.{name}"] = row["events_lost"]
        for key, value in row["settings"].items():
            metrics[f"{key}.{name}"] = value
    return metrics


def _options(
    training: Readouts,
    tasks: Mapping[str, Mapping[Point, Sequence[ConcentratorSettings]]],
    settings: CompareSettings,
    folder: Path,
) -> DecodeOptions:
    """The ways to decode, with a network for the cells unless its epochs are 0."""
    path = folder / "spreading.keras"
    path.unlink(missing_ok=True)
    if not settings.spreading_epochs:
        return DecodeOptions(training)
    single_cells = (Algorithm.THRESHOLD_SUM, Algorithm.BEST_CHOICE)
    frames = dict.fromkeys(
        each
        for by_point in tasks.values()
        for point, many in by_point.items()
        for each in many
        if point.algorithm in single_cells
    )
    learned = train_spreading(
        training, list(frames), settings.spreading_epochs, settings.spreading_seed
    )
    learned.save(path)
    return DecodeOptions(training, learned)


def _settings_of(trained: Trained, network: Network, links: int) -> ConcentratorSettings:
    return ConcentratorSettings(
        alg_type=Algorithm.AUTOENCODER,
        links=links,
        keep_auto_encoder_bits=tuple(int(mask) for mask in trained.weights.keep),
        latent_width=network.latent_type.width,
    )


def _sent_and_decoded(
    trained: Trained, network: Network, choice: Choice, test: Readouts
) -> tuple[Frames, Floats]:
    """Frames of the autoencoder, and the maps that its decoder makes of their fields."""
    encoded = golden.run(network, trained.weights, test.calq)
    frames = codec.encode_latents(encoded, choice.settings)
    fields = codec.decode(frames, choice.settings)
    if not isinstance(fields, Autoencoder):
        raise TypeError("frames of the autoencoder hold no latents")
    return frames, decode(trained.decoder, network, fields.latents, fields.sums, test)


def _about(events: EventSet) -> dict[str, Any]:
    charged = int(events.test.calq.any(axis=1).sum())
    return {
        "name": events.name,
        "events": len(events.test),
        "excluded": len(events.test) - charged,
        "source": events.test.source,
    }


def _row(name: str, point: Point, choice: Choice, result: Result) -> dict[str, Any]:
    return {
        "set": name,
        "algorithm": point.algorithm.value,
        "links": point.links,
        "emd": result.distances.mean,
        "emd_error": result.distances.error,
        "response": result.energy.response,
        "resolution": result.energy.resolution,
        "response_hottest": result.hottest.response,
        "resolution_hottest": result.hottest.resolution,
        "mean_bits": result.mean_bits,
        "max_bits": result.max_bits,
        "events_lost": result.lost,
        "decode": choice.decode,
        "settings": chosen_values(choice.settings),
        "tried_on_validation": dict(choice.tried),
    }
