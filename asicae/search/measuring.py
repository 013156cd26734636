"""What a trial measures: the fast model's figures, and distances of an encoder that it trains."""

from pathlib import Path

from asicae.comparison.by_regime import regime_distances
from asicae.metrics.regimes import regimes_of
from asicae.runs.readouts import PARTS, load_part
from asicae.scan.fast.model import FastModel
from asicae.scan.grid import Point
from asicae.scan.measured import Stimulus
from asicae.scan.predicted import predicted_row
from asicae.scan.record import ScanRow
from asicae.search.record import Outcome
from asicae.search.work import CHECKPOINTS, TrialWork
from asicae.simulation.drawn import DrawnChip
from asicae.training.checkpoint import Checkpoints
from asicae.training.own_code import only
from asicae.training.record import set_name


def measured(work: TrialWork) -> Outcome:
    """Train and measure, unless the fast model knows no such chip.

    Raises:
        BadInput: a network that the training cannot have.
        CheckFailed: a training that failed.
    """
    chip = chip_row(work)
    if chip.reason:
        return Outcome(reason=chip.reason)

    import numpy as np

    from asicae.training.evaluate import evaluate
    from asicae.training.fit import train

    training, validation, test = (load_part(Path(work.run), part) for part in PARTS)
    checkpoints = Checkpoints(work.place / CHECKPOINTS, work.key, work.place)
    name = set_name(work.links)
    checkpoint = checkpoints.of(name)
    both = training, validation
    # The very code that the search was begun with, whatever becomes of its file meanwhile.
    with only({name: work.inputs[name] for name in work.train.own_code}):
        trained = train(work.network, *both, work.train, work.links, checkpoint=checkpoint)
    trained.save(work.place, name)
    distances = evaluate(trained, work.network, test).distances
    # Those that have a distance: all of them have charge, and so stand in the rows of regimes.
    regimes = regimes_of(test.select(np.flatnonzero(distances.kept))).measured
    (found,) = regime_distances(distances.values[None], regimes)
    return Outcome(emd=distances.mean, regimes=found, chip=chip, best_epoch=trained.best_epoch)


def chip_row(work: TrialWork) -> ScanRow:
    """What the fast model says of a trial: of drawn weights, and the same events for all."""
    chip = DrawnChip(work.network, work.configuration, work.seed)
    model, stimulus = FastModel.stored(), Stimulus(seed=work.seed)
    point = Point({}, chip)
    return predicted_row(model, point, model.outside(chip), chip.calq(stimulus.events), stimulus)
