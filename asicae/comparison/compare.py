"""The comparison of a run: every algorithm, every number of links, on one or two sets of events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from asicae.comparison.buffered import measure_buffered
from asicae.comparison.by_regime import (
    buffered_distances,
    distances_by_regime,
    shapes_by_regime,
)
from asicae.comparison.choice import (
    Chosen,
    Result,
    choose,
    measure_maps,
    send_and_decode,
)
from asicae.comparison.contenders import Contender, candidates, classical_contenders
from asicae.comparison.decode_options import DecodeOptions
from asicae.comparison.record import (
    COMPARISON_FILE,
    OWN,
    SPREADING_FILE,
    ComparedEvents,
    ComparedPoint,
    ComparisonRecord,
)
from asicae.comparison.settings import CompareSettings
from asicae.comparison.trained_encoders import TrainedEncoders
from asicae.comparison.trained_hybrids import TrainedHybrid
from asicae.concentrator.algorithms.table import ALGORITHMS, AUTOENCODER, algorithm_of
from asicae.concentrator.settings import ConcentratorSettings
from asicae.metrics.regimes import Regimes, regimes_of
from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from asicae.training.learned_spreading import train_spreading
from asicae.training.trained import Trained

Metrics = dict[str, float | int | str]


@dataclass(frozen=True)
class EventSet:
    """Events to choose on and others to measure on.

    Attributes:
        name: ``OWN`` or part of the keys.
        validation: settings and decodings are chosen on these.
        test: figures are of these.
        learns: whether frames with settings fitted to it are among those that the network for the
            cells is trained with.
    """

    name: str
    validation: Readouts
    test: Readouts
    learns: bool = True


def compare_algorithms(
    network: Network,
    autoencoders: Mapping[int, Trained],
    training: Readouts,
    sets: Sequence[EventSet],
    settings: CompareSettings,
    run: Path,
    hybrids: Sequence[TrainedHybrid] = (),
) -> Metrics:
    """Measure all algorithms; writes ``COMPARISON_FILE`` and ``SPREADING_FILE``.

    Settings and decoding of the classical algorithms are chosen on each set's own validation
    events. What their decoding measures or learns, and the autoencoder, come from ``training``.

    Args:
        network: of the autoencoder.
        autoencoders: link count to weight set with its decoder; the classical algorithms are
            compared at the same link counts.
        training: events that the autoencoder was trained on.
        sets: events to compare on.
        settings: of the comparison.
        run: folder of the run, where the files go.
        hybrids: Hybrid Choice, at some of these link counts.

    Raises:
        BadInput: too few events with charge.
    """
    classical = classical_contenders(autoencoders)
    encoders = TrainedEncoders(network, autoencoders)
    tasks = {s.name: {c: _competing(c, s, settings) for c in classical} for s in sets}
    learnt = [tasks[each.name] for each in sets if each.learns]
    options = _options(training, learnt, settings, run / SPREADING_FILE)
    points: list[ComparedPoint] = []
    about: list[ComparedEvents] = []
    for events in sets:
        few = events.validation.select(slice(0, settings.choice_events))
        choices = choose(tasks[events.name], options, few)
        found = send_and_decode(choices, options, events.test)
        behind = measure_buffered(
            choices, options, events.validation, events.test, settings.choice_events
        )
        for mine in encoders.contenders:
            choices[mine] = encoders.chosen(mine)
            found[mine] = encoders.sent_and_decoded(mine, events.test)
        for each in hybrids:
            choices[each.contender] = each.chosen(choices[each.quiet], options, few)
            found[each.contender] = each.sent_and_decoded(
                choices[each.contender], options, events.test
            )
        measured = measure_maps(found, events.test, options.mean_image)
        regimes = regimes_of(events.test)
        by_regime = distances_by_regime(measured, regimes)
        buffered = buffered_distances(behind, regimes)
        about.append(_about(events, regimes))
        points += [
            _point(events.name, contender, choices[contender], result).model_copy(
                update={
                    "regimes": by_regime[contender],
                    "shapes": shapes_by_regime(result, regimes),
                    "buffered": buffered.get(contender),
                }
            )
            for contender, result in measured.items()
        ]
    record = ComparisonRecord(sets=tuple(about), points=tuple(points))
    record.save(run / COMPARISON_FILE)
    return metrics_of(record)


def metrics_of(record: ComparisonRecord) -> Metrics:
    """The flat metrics of a comparison.

    Distance, response and resolution of the autoencoder on the run's own events are those of the
    evaluation and are not repeated.
    """
    metrics: Metrics = {}
    for about in record.sets:
        if about.name != OWN:
            metrics[f"emd.{about.name}.events_excluded"] = about.excluded
            metrics[f"readout.{about.name}.test_events"] = about.events
    for point in record.points:
        prefix = "" if point.set == OWN else f"{point.set}."
        name = f"{prefix}{point.algorithm}.{point.links}links"
        if point.set != OWN or point.algorithm != AUTOENCODER.name:
            metrics |= {
                f"emd.{name}": point.emd,
                f"response.{name}": point.response,
                f"resolution.{name}": point.resolution,
            }
        metrics |= {
            f"emd_error.{name}": point.emd_error,
            f"response_hottest.{name}": point.response_hottest,
            f"resolution_hottest.{name}": point.resolution_hottest,
            f"decode.{name}": point.decode,
            f"bits_sent.{name}.mean": point.mean_bits,
            f"bits_sent.{name}.max": point.max_bits,
        }
        if point.events_lost:
            metrics[f"events_lost.{name}"] = point.events_lost
        for each in point.regimes:
            metrics[f"emd.{name}.{each.key}"] = each.emd
            metrics[f"readout.{prefix}test_events.{each.key}"] = each.events
        for look in point.shapes[:1]:  # of all events; those by regime stand in the file
            metrics |= {
                f"emd_by_charge.{name}": look.emd_by_charge,
                f"hottest_found.{name}": look.hottest_found,
                f"centroid.{name}": look.centroid,
                f"width.{name}": look.width,
                f"width_spread.{name}": look.width_spread,
            }
        if point.buffered:
            metrics |= {
                f"emd_buffered.{name}": point.buffered.emd,
                f"charge_lost.{name}": point.buffered.charge_lost,
            }
        metrics |= {f"{key}.{name}": value for key, value in point.settings.items()}
    return metrics


def _competing(
    contender: Contender, events: EventSet, settings: CompareSettings
) -> list[ConcentratorSettings]:
    """What is given for a contender, else what competes on validation events."""
    given = settings.given_to(contender.algorithm, contender.links)
    return candidates(contender, events.validation.calq) if given is None else [given]


def _options(
    training: Readouts,
    tasks: Sequence[Mapping[Contender, Sequence[ConcentratorSettings]]],
    settings: CompareSettings,
    path: Path,
) -> DecodeOptions:
    """The ways to decode, with a network for the cells unless its epochs are 0."""
    path.unlink(missing_ok=True)
    if not settings.spreading_epochs:
        return DecodeOptions(training)
    frames = dict.fromkeys(
        each
        for by_contender in tasks
        for contender, many in by_contender.items()
        for each in many
        if ALGORITHMS[contender.algorithm].sends_rest
    )
    learned = train_spreading(
        training, list(frames), settings.spreading_epochs, settings.spreading_seed
    )
    learned.save(path)
    return DecodeOptions(training, learned)


def _about(events: EventSet, regimes: Regimes) -> ComparedEvents:
    charged = int(events.test.calq.any(axis=1).sum())
    return ComparedEvents(
        name=events.name,
        events=len(events.test),
        excluded=len(events.test) - charged,
        source=events.test.source,
        omitted=dict(regimes.omitted),
    )


def _point(name: str, contender: Contender, chosen: Chosen, result: Result) -> ComparedPoint:
    return ComparedPoint(
        set=name,
        algorithm=contender.algorithm,
        links=contender.links,
        emd=result.distances.mean,
        emd_error=result.distances.error,
        response=result.energy.response,
        resolution=result.energy.resolution,
        response_hottest=result.hottest.response,
        resolution_hottest=result.hottest.resolution,
        mean_bits=result.mean_bits,
        max_bits=result.max_bits,
        events_lost=result.lost,
        decode=chosen.decode,
        settings=algorithm_of(chosen.settings).chosen_values(chosen.settings),
        tried_on_validation={tried.label: tried.emd for tried in chosen.tried},
    )
