"""One trial done: a chip of the fast model, then a training with its distances, in a folder."""

import json
import shutil
from collections.abc import Callable
from typing import Any

from asicae.crew.alone import alone_at
from asicae.foundation.errors import BadInput, CheckFailed, MissingTool
from asicae.foundation.json_text import parse_json
from asicae.foundation.validation import validated
from asicae.search.inputs import require_same
from asicae.search.measuring import measured
from asicae.search.record import Outcome
from asicae.search.work import CHECKPOINTS, OUTCOME, TrialWork


def done(text: str, measure: Callable[[TrialWork], Outcome] = measured) -> str:
    """Do a trial, or go on with it, and give its outcome as JSON; this is what workers call.

    A worker that was thought dead may still be at it: the later one waits, and finds the outcome.

    Args:
        text: a ``TrialWork``.
        measure: what is done.

    Raises:
        MissingTool: a package that is not where the worker is.
        CheckFailed: what is there is not what the search was begun with.
    """
    work = TrialWork.of(text)
    with alone_at(work.place):
        outcome = work.stored()
        if outcome is None:
            require_same(work)
            outcome = _outcome(work, measure)
            outcome.save(work.place / OUTCOME)
            shutil.rmtree(work.place / CHECKPOINTS, ignore_errors=True)
    # In the order of the stored file, so that lines of the journal are the same.
    return json.dumps(outcome.model_dump(mode="json"), sort_keys=True)


def _outcome(work: TrialWork, measure: Callable[[TrialWork], Outcome]) -> Outcome:
    try:
        return measure(work)
    except MissingTool:
        raise
    except (BadInput, CheckFailed) as error:
        # Of these choices; the same again would end the same way.
        return Outcome(reason=str(error))


def outcome_of(text: str) -> Outcome:
    """What ``done`` gave."""
    content: Any = parse_json(text, "outcome")
    return validated(Outcome, content, "outcome")
