"""One weight set for each link count, and one tuned for dead cells."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from asicae.runs.encoders import NETWORK, WEIGHTS, weights_file
from asicae.runs.readouts import ALL_PARTS, load_part
from asicae.runs.stage import Metrics, RunView, Stage
from asicae.runs.trained_sets import DEAD_CELL_SET, named_network, set_names, training_settings
from asicae.training.checkpoint import CHECKPOINTS, Checkpoints
from asicae.training.history import HISTORY_FILE, write_history
from asicae.training.record import set_name

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings


def train(run: RunView) -> Metrics:
    """Train, and store models, weights and histories.

    Raises:
        BadInput: the network of the run is not the one that its settings name.
    """
    s = run.settings
    network = named_network(s, run.path)  # before TensorFlow takes its time

    from asicae.training.conditions import draw_dead_cells, fine_tune
    from asicae.training.fit import train_all

    checkpoints = Checkpoints(run.path / CHECKPOINTS, run.key)
    training, validation = load_part(run.path, "train"), load_part(run.path, "validation")
    sets = train_all(network, training, validation, s.train, s.links, checkpoints)
    cells = draw_dead_cells(s.dead_cells_seed, s.dead_cells)
    tuned = fine_tune(
        sets[s.dead_cells_links],
        network,
        training,
        validation,
        s.train,
        cells=cells,
        checkpoint=checkpoints.of(DEAD_CELL_SET),
    )
    named = {set_name(links): trained for links, trained in sorted(sets.items())}
    named[DEAD_CELL_SET] = tuned
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
        yield f"train/{name}.csv"
        yield f"model/{name}_encoder.keras"
        yield f"model/{name}_decoder.keras"


STAGE = Stage(
    name="train",
    title="training a weight set for every link count and for dead cells",
    action=train,
    settings=_settings,
    inputs=(NETWORK, *ALL_PARTS),
    outputs=("model/*", WEIGHTS, "train/*"),
    required=_required,
    progress=CHECKPOINTS,
)
