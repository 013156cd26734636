"""Readouts in three parts; modules of one event are in one part, where events are known."""

import dataclasses
import itertools

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.readout.readouts import Readouts


def has_events(readouts: Readouts) -> bool:
    """Whether the event of each module is known."""
    return bool((readouts.event >= 0).all())


def shuffled(readouts: Readouts, seed: int) -> Readouts:
    """In an order that is drawn; modules of one event stay beside each other, in their order."""
    generator = np.random.default_rng(seed)
    if not has_events(readouts):
        order, how = generator.permutation(len(readouts)), ""
    else:
        events, of_module = np.unique(readouts.event, return_inverse=True)
        order = np.argsort(generator.permutation(len(events))[of_module], kind="stable")
        how = " event by event"
    source = f"{readouts.source}; shuffled{how} with seed {seed}"
    return dataclasses.replace(readouts.select(order), source=source)


def parts(readouts: Readouts, validation: int, test: int) -> list[Readouts]:
    """Training, validation and test; the last two from the end, of so many modules or more.

    Raises:
        BadInput: none would be left to train with.
    """
    rows, held_out = len(readouts), validation + test
    if rows <= held_out:
        raise BadInput(
            f"readouts: {rows} events, more than {held_out} are needed "
            "(validation_events + test_events)"
        )
    starts = _starts(readouts)
    of_test = _last(starts, rows - test)
    of_validation = _last(starts, of_test - validation)
    if of_validation <= 0:
        raise BadInput(
            f"readouts: {rows} modules of {len(starts)} events, of which whole ones with "
            f"{validation} and {test} modules are held out (validation_events, test_events): "
            "none is left to train with"
        )
    cuts = (0, of_validation, of_test, rows)
    return [readouts.select(slice(*ends)) for ends in itertools.pairwise(cuts)]


def _starts(readouts: Readouts) -> npt.NDArray[np.int64]:
    """Where a part may begin."""
    if not has_events(readouts):
        return np.arange(len(readouts))
    return np.flatnonzero(np.diff(readouts.event, prepend=-1))


def _last(starts: npt.NDArray[np.int64], row: int) -> int:
    """The last start up to a row, -1 without one."""
    place = int(np.searchsorted(starts, row, side="right")) - 1
    return int(starts[place]) if place >= 0 else -1
