"""One weight set for each link count, and one tuned for dead cells."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from asicae.runs.encoders import NETWORK, WEIGHTS, weights_file
from asicae.runs.readouts import ALL_PARTS, load_part
from asicae.runs.stage import Metrics, RunView, Stage
from asicae.runs.trained_sets import (
    CONTROL_SET,
    DEAD_CELL_SET,
    named_network,
    set_names,
    training_settings,
)
from asicae.training.checkpoint import CHECKPOINTS, Checkpoints
from asicae.training.dead_cells import are_any, chosen_cells, require_charge
from asicae.training.history import HISTORY_FILE, history_of, write_history
from asicae.training.record import set_name

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings


def train(run: RunView) -> Metrics:
    """Train, and store models, weights and histories.

    Raises:
        BadInput: the network of the run is not the one that its settings name; no event that is
            trained on or measured with has charge in a dead cell.
        CheckFailed: a set whose training failed.
    """
    s = run.settings
    network = named_network(s, run.path)  # before TensorFlow takes its time

    from asicae.training.conditions import fine_tune
    from asicae.training.fit import train_all

    checkpoints = Checkpoints(run.path / CHECKPOINTS, run.key, run.path)
    checkpoints.clear_others()
    training, validation = load_part(run.path, "train"), load_part(run.path, "validation")
    hurt = are_any(s.dead_cells)
    cells = chosen_cells(s.dead_cells, s.dead_cells_seed)
    if hurt:
        require_charge({"training": training, "test": load_part(run.path, "test")}, cells)
    sets = train_all(network, training, validation, s.train, s.links, checkpoints)
    named = {set_name(links): trained for links, trained in sorted(sets.items())}
    if hurt:
        for name, dead in ((DEAD_CELL_SET, cells), (CONTROL_SET, ())):
            named[name] = fine_tune(
                sets[s.dead_cells_links],
                network,
                training,
                validation,
                s.train,
                cells=dead,
                checkpoint=checkpoints.of(name),
            )
    for name, trained in named.items():
        trained.save(run.path, name)
    histories = {name: trained.history for name, trained in named.items()}
    write_history(run.path / HISTORY_FILE, histories)
    return {
        "train.events": len(training),
        "train.epochs": sum(len(trained.history) for trained in named.values()),
        "train.seconds": round(sum(t.history[-1].seconds for t in named.values()), 1),
        "weights.parameters": sum(p.count for p in network.parameters),
        "weights.bits": network.weight_bits,
    }


def _settings(settings: "RunSettings") -> dict[str, Any]:
    return {**training_settings(settings), "network": settings.network}


def _required(run: RunView) -> Iterator[str]:
    yield HISTORY_FILE
    for name in set_names(run.settings):
        yield weights_file(name)
        yield history_of(name)
        yield f"model/{name}_encoder.keras"
        yield f"model/{name}_decoder.keras"


STAGE = Stage(
    name="train",
    title="training a weight set for every link count and for dead cells",
    action=train,
    settings=_settings,
    code=lambda s: s.train.own_code,
    inputs=(NETWORK, *ALL_PARTS),
    outputs=("model/*", WEIGHTS, "train/*"),
    required=_required,
    progress=CHECKPOINTS,
)
