"""Settings and decoding of the classical algorithms: chosen on some events, measured on others.

Every contender takes what has the smallest mean distance on validation events; its figures come
from test events that were not looked at before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asicae.comparison.contenders import Contender
from asicae.comparison.decode_options import DecodeOptions
from asicae.comparison.record import Tried
from asicae.concentrator import codec
from asicae.concentrator.algorithms.table import algorithm_of
from asicae.concentrator.bits import WORD_BITS
from asicae.concentrator.frames import Frames
from asicae.concentrator.settings import ConcentratorSettings
from asicae.foundation.errors import BadInput
from asicae.foundation.progress import track
from asicae.foundation.threads import worker_count
from asicae.metrics.distances import Distances, emd_of_many
from asicae.metrics.nearest import nearest_of
from asicae.metrics.response import EnergyScale, energy_scale, hottest_cell_scale
from asicae.metrics.shape import Shape, shape
from asicae.readout.readouts import Readouts

Floats = npt.NDArray[np.float64]
Label = tuple[ConcentratorSettings, str]
"""Settings, and the name of a decoding."""


@dataclass(frozen=True)
class Chosen:
    """Settings and decoding of a contender.

    Attributes:
        settings: of the concentrator.
        decode: name of the option.
        tried: everything that competed; distances are rounded to 4 decimals.
    """

    settings: ConcentratorSettings
    decode: str
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True)
class Result:
    """A contender on test events.

    Attributes:
        distances: EMD of the events with charge. An event whose map is empty although it had charge
            is measured with the mean training image, which is the best guess without information.
        lost: number of such events.
        energy: decoded over true module sum.
        hottest: decoded over true charge of the hottest cell.
        shape: of the events that have a distance.
        mean_bits: mean length of a frame.
        max_bits: the longest frame.
    """

    distances: Distances
    lost: int
    energy: EnergyScale
    hottest: EnergyScale
    shape: Shape
    mean_bits: float
    max_bits: int


def choose(
    tasks: Mapping[Contender, Sequence[ConcentratorSettings]],
    options: DecodeOptions,
    validation: Readouts,
) -> dict[Contender, Chosen]:
    """The settings and decoding with the smallest mean EMD on ``validation``, for every contender.

    Of equals the first one wins, which is the simplest decoding.

    Args:
        tasks: settings that compete for each contender.
        options: ways to decode.
        validation: events to choose on; those without charge do not count.

    Raises:
        BadInput: no event with charge.
    """
    validation = validation.select(validation.calq.any(axis=1))
    if not len(validation):
        raise BadInput("comparison: no validation event with charge, at least one is needed")
    labels: list[Label] = []

    def maps() -> Iterator[Floats]:
        every = list(dict.fromkeys(settings for many in tasks.values() for settings in many))
        shown = track(every, "choosing how to decode")
        for label, image in decoded_maps(shown, options, validation):
            labels.append(label)
            yield image

    distances = emd_of_many(validation.calq, maps(), worker_count())
    means = {label: result.mean for label, result in zip(labels, distances, strict=True)}
    return {contender: _best(many, means) for contender, many in tasks.items()}


def nearest(
    many: Sequence[ConcentratorSettings], options: DecodeOptions, validation: Readouts
) -> Chosen:
    """What :func:`choose` chooses of settings, without a distance of what else competed.

    Raises:
        BadInput: no event with charge, nothing competes.
    """
    competing = list(decoded_maps(many, options, validation))
    place = nearest_of(validation.calq, [image for _, image in competing])
    return Chosen(*competing[place][0])


def decoded_maps(
    many: Iterable[ConcentratorSettings],
    options: DecodeOptions,
    events: Readouts,
    decode: str | None = None,
) -> Iterator[tuple[Label, Floats]]:
    """Maps float64[n, 48] that are never empty, of settings and one decoding, or all they have."""
    for settings in many:
        known, ways = codec.through(events.calq, settings), options.of(settings)
        for name in ways if decode is None else [decode]:
            yield (settings, name), never_empty(ways[name](known, events), options.mean_image)[0]


def _best(many: Sequence[ConcentratorSettings], means: Mapping[Label, float]) -> Chosen:
    """The settings of ``many`` and the decoding with the smallest of ``means``."""
    mine = {label: mean for label, mean in means.items() if label[0] in many}
    settings, name = min(mine, key=lambda label: mine[label])
    tried = (
        Tried(algorithm_of(each).chosen_values(each), way, round(mean, 4))
        for (each, way), mean in mine.items()
    )
    return Chosen(settings, name, tuple(tried))


def send_and_decode(
    choices: Mapping[Contender, Chosen], options: DecodeOptions, test: Readouts
) -> dict[Contender, tuple[Frames, Floats]]:
    """Frames of the chosen settings and the maps decoded from them, float64[n, 48]."""
    found = {}
    for contender, chosen in choices.items():
        frames = codec.encode(test.calq, chosen.settings)
        fields = codec.decode(frames, chosen.settings)
        known = codec.transmitted(fields, chosen.settings)
        found[contender] = frames, options.of(chosen.settings)[chosen.decode](known, test)
    return found


def measure_maps(
    found: Mapping[Contender, tuple[Frames, Floats]], test: Readouts, stand_in: Floats
) -> dict[Contender, Result]:
    """Figures of frames and maps.

    Args:
        found: frames, and maps float64[n, 48] in CALQ units and AE order, by contender.
        test: the true charges.
        stand_in: float64[48], image in place of an empty map.

    Raises:
        BadInput: fewer than two events with charge.
    """
    charged = test.calq.any(axis=1)
    if np.count_nonzero(charged) < 2:
        raise BadInput("comparison: fewer than 2 test events with charge, 2 or more are needed")
    whole = {each: never_empty(image, stand_in) for each, (_, image) in found.items()}
    distances = emd_of_many(test.calq, (image for image, _ in whole.values()), worker_count())
    return {
        contender: Result(
            distance,
            int(np.count_nonzero(whole[contender][1] & charged)),
            energy_scale(test.calq, image),
            hottest_cell_scale(test.calq, image),
            shape(test.calq, whole[contender][0]),
            frames.mean_bits,
            int(frames.counts.max()) * WORD_BITS,
        )
        for (contender, (frames, image)), distance in zip(found.items(), distances, strict=True)
    }


def never_empty(image: Floats, stand_in: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Maps ``image`` [n, 48] with ``stand_in`` in rows without charge, and which rows these are."""
    empty = ~(image.sum(axis=1) > 0)
    return np.where(empty[:, None], stand_in, image), empty
