"""The network and the weights of a model that was trained elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from asicae.foundation.files import read_json, write_json
from asicae.network.importing.importer import import_model
from asicae.runs.encoders import NETWORK, weights_file
from asicae.runs.imported_model import MODEL, WEIGHT_SET, kept, model_files, origin
from asicae.runs.stage import Metrics, RunView, Stage

if TYPE_CHECKING:
    from asicae.runs.settings import RunSettings

FINDINGS = "import.json"


def import_encoder(run: RunView) -> Metrics:
    """Read the model, and write network, weights and what was found.

    Raises:
        BadInput: see ``import_model``.
    """
    given = origin(run.settings)
    weights = kept(run.path, given.weights) if given.weights else None
    told = {kept(run.path, name): name for name in model_files(run.settings)}
    found = import_model(kept(run.path, given.model), given, weights, told)
    found.network.save(run.path / NETWORK)
    found.weights.save(run.path / weights_file(WEIGHT_SET))
    write_json(run.path / FINDINGS, {"origins": found.origins, "notes": list(found.notes)})
    return {
        "weights.parameters": sum(p.count for p in found.network.parameters),
        "weights.bits": found.network.weight_bits,
    }


def notes(run: Path) -> list[str]:
    """What the import of a run found worth saying."""
    return [str(note) for note in read_json(run / FINDINGS)["notes"]]


def _settings(settings: "RunSettings") -> dict[str, Any]:
    return origin(settings).model_dump(mode="json")


STAGE = Stage(
    name="import",
    title="reading the model",
    action=import_encoder,
    settings=_settings,
    inputs=(f"{MODEL}/*",),
    outputs=(NETWORK, weights_file(WEIGHT_SET), FINDINGS),
)
