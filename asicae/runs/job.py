"""The main job, from readouts to report: named stages, each a call into one room."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from asicae.chip import golden
from asicae.chip.weight_files.files import write_image
from asicae.concentrator.links import compression, latent_bits
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.files import write_json
from asicae.foundation.folders import draft, output_folder
from asicae.network.description import Network
from asicae.network.weights import Weights
from asicae.readout.reading import load
from asicae.readout.readouts import Readouts
from asicae.runs.folder import PROVENANCE, Metrics, RunFolder, Stage
from asicae.runs.settings import RunSettings, network_of
from asicae.source.simulate import simulate

SETTINGS = "settings.json"
DEAD_CELL_SET = "dead_cells"
EXACTNESS_EVENTS = 20_000
VECTORS = 1_000
"""Test readouts that go with the C++ of a run, for its test bench."""
PARTS = ("train", "validation", "test")
SHOWN = ("evaluation/*", "compare/*", "train/*")
PILEUP_FILE = "readouts/pileup.npz"


@dataclass(frozen=True)
class Job:
    """A run folder with its settings; every stage can be called on its own."""

    PREPARATION: ClassVar[tuple[str, ...]] = ("export",)
    """Stages that verification and estimation look at, brought up to date before them."""

    folder: RunFolder
    settings: RunSettings

    @classmethod
    def create(cls, path: Path, settings: RunSettings, force: bool = False) -> "Job":
        """Start a run, or go on with one of the same settings, and make its readouts.

        Readouts that cannot be used leave no new folder behind, and an old one as it was.

        Raises:
            BadInput: ``path`` exists and is no run folder, or has other settings (without force); a
                file that is missing or unreadable; too few readouts.
        """
        network = network_of(settings.network)
        for links in (*settings.links, settings.dead_cells_links):
            latent_bits(network, links)
        for name in (settings.data, settings.liberty):
            if name and not Path(name).is_file():
                raise BadInput(f"{name}: no such file")
        with cls.started(path, settings, force) as job:
            network.save(job.path / "network.json")
            job.write_provenance()
            job.run(["readouts"])
        return cls(RunFolder(path), settings)

    @classmethod
    @contextlib.contextmanager
    def started(cls, path: Path, settings: RunSettings, force: bool) -> Iterator[Self]:
        """A job in a new run folder, or in a draft of the one that is there.

        The block makes what the settings say; with ``force``, what an earlier run left and these
        settings would not give is dropped. If it fails, a new folder is gone and an old one is
        as it was.

        Raises:
            BadInput: ``path`` exists and is no run folder, or has other settings (without force).
        """
        stored = path / SETTINGS
        if path.exists() and not (path / PROVENANCE).is_file():
            raise BadInput(f"{path}: exists already and is no run folder; choose another folder")
        if stored.is_file() and not force and RunSettings.load(stored) != settings:
            raise BadInput(f"{path}: holds a run with other settings; add --force to replace them")
        with draft(path) as folder:
            job = cls(RunFolder(folder), settings)
            if force:
                job.folder.drop_others(job.stages())
            write_json(folder / SETTINGS, settings.model_dump(mode="json"))
            yield job
            if force:
                job.folder.drop_stale(job.stages())
                job.folder.write_metrics()
        cls(RunFolder(path), settings).write_provenance()

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @cached_property
    def network(self) -> Network:
        """The description this run is about."""
        return Network.load(self.path / "network.json")

    def run(self, names: Sequence[str] | None = None, force: bool = False) -> None:
        """Run the named stages (all without names) in their order, skipping what is unchanged.

        Raises:
            BadInput: this run has no stage of such a name.
        """
        stages = self.stages()
        known = [stage.name for stage in stages]
        for name in names or ():
            if name not in known:
                raise BadInput(f"{self.path}: has no stage {name!r}, only {', '.join(known)}")
        for stage in stages:
            if names is None or stage.name in names:
                self.folder.run(stage, force)
                self.write_provenance()

    def write_provenance(self) -> None:
        """Bring ``provenance.json`` up to date."""
        self.folder.write_provenance(self.settings.model_dump(mode="json"), self.inputs())

    def inputs(self) -> list[Path]:
        """Files from outside that this run depends on."""
        return [Path(name) for name in (self.settings.data, self.settings.liberty) if name]

    def weight_sets(self) -> list[tuple[str, Weights]]:
        """The two sets that the chip is verified with: most links, then dead cells."""
        names = (f"{max(self.settings.links)}links", DEAD_CELL_SET)
        return [(n, Weights.load(self.path / "weights" / f"{n}.npz", self.network)) for n in names]

    def stages(self) -> list[Stage]:
        """All stages in their order."""
        from asicae.simulation.executions import tools

        s = self.settings
        network, weights = "network.json", "weights/*.npz"
        readouts = [f"readouts/{part}.npz" for part in PARTS]
        liberty = [Path(s.liberty)] if s.liberty else []
        training = s.model_dump(mode="json", include={"train", "links"}) | {
            "dead": [s.dead_cells, s.dead_cells_links, s.dead_cells_seed]
        }
        return [
            Stage(
                "readouts",
                "simulating or reading readouts",
                self._readouts,
                s.model_dump(
                    mode="json", include={"source", "data", "validation_events", "test_events"}
                ),
                [Path(s.data)] if s.data else [],
                readouts,
                ["readout"],
            ),
            Stage(
                "train",
                f"training weight sets for {len(s.links)} link counts and for dead cells",
                self._train,
                training,
                [network, *readouts],
                ["model/*", "weights/*.npz", "train/*"],
                ["training", "network", "concentrator", "readout"],
            ),
            Stage(
                "evaluate",
                "held-out distances, exactness of QKeras against golden, speed",
                self._evaluate,
                training,
                [network, *readouts, weights],
                ["evaluation/*.npz"],
                ["training", "network", "concentrator", "readout"],
            ),
            Stage(
                "compare",
                "the classical algorithms beside the autoencoder, at equal bandwidth",
                self._compare,
                s.model_dump(mode="json", include={"compare", "source", "data", "links"}),
                [network, *readouts, weights, "model/*"],
                ["compare/*", PILEUP_FILE],
                ["training", "network", "concentrator", "readout"],
            ),
            Stage(
                "export",
                "writing RTL, register map and weight images",
                self._export,
                {},
                [network, weights],
                ["rtl/*", "registers.*", "weights/*.bin", "weights/*.yaml", "weights/*.csv"],
                ["export", "network", "readout"],
                ["rtl"],
            ),
            Stage(
                "verify",
                "RTL against golden under Verilator, weights loaded through I2C",
                self._verify,
                {"events": s.verify_events},
                [network, weights, "readouts/test.npz", "rtl/*.v", "rtl/*.f"],
                ["sim/*.xml", "sim/*.json"],
                ["simulation", "concentrator", "network"],
                ["verification"],
            ),
            Stage(
                "engines",
                "C++ and verilated RTL against golden on source events",
                self._engines,
                s.model_dump(mode="json", include={"engine_events", "source"}) | {"tools": tools()},
                [network, weights, "readouts/test.npz", "rtl/*.v", "rtl/*.f"],
                ["hls/**/*"],
                ["simulation", "export", "concentrator", "network"],
                ["hls"],
            ),
            Stage(
                "estimate",
                "synthesis, activity of source events, energy, area, timing",
                self._estimate,
                {"events": s.estimate_events, "seed": s.estimate_seed, "liberty": s.liberty},
                [network, weights, "readouts/test.npz", "rtl/*.v", "rtl/*.f", *liberty],
                ["synth/estimate.json"],
                ["estimation", "concentrator", "network"],
            ),
            Stage(
                "report",
                "drawing the report",
                self._report,
                {},
                ["stages/[!r]*.json", "stages/readouts.json", *SHOWN],
                ["report.html"],
                ["report"],
            ),
        ]

    def _readouts(self) -> Metrics:
        s = self.settings
        readouts = load(Path(s.data)) if s.data else simulate(s.source)
        held_out = s.validation_events + s.test_events
        if len(readouts) <= held_out:
            raise BadInput(
                f"readouts: {len(readouts)} events, more than {held_out} are needed "
                "(validation_events + test_events)"
            )
        cuts = [0, len(readouts) - held_out, len(readouts) - s.test_events, len(readouts)]
        for part, begin, end in zip(PARTS, cuts[:-1], cuts[1:], strict=True):
            readouts.select(slice(begin, end)).save(self.path / "readouts" / f"{part}.npz")
        return {"readout.events": len(readouts)}

    def _part(self, part: str) -> Readouts:
        return load(self.path / "readouts" / f"{part}.npz")

    def _train(self) -> Metrics:
        from asicae.training.conditions import draw_dead_cells, fine_tune
        from asicae.training.fit import train_all, write_history

        s, begin = self.settings, time.perf_counter()
        training, validation = self._part("train"), self._part("validation")
        sets = train_all(self.network, training, validation, s.train, s.links)
        cells = draw_dead_cells(s.dead_cells_seed, s.dead_cells)
        tuned = fine_tune(
            sets[s.dead_cells_links], self.network, training, validation, s.train, cells=cells
        )
        named = {f"{links}links": trained for links, trained in sorted(sets.items())}
        named[DEAD_CELL_SET] = tuned
        for name, trained in named.items():
            trained.save(self.path, name)
        write_history(self.path / "train" / "history.csv", named)
        parameters = sum(p.count for p in self.network.parameters)
        return {
            "train.events": len(training),
            "train.epochs": sum(len(trained.history) for trained in named.values()),
            "train.seconds": round(time.perf_counter() - begin, 1),
            "weights.parameters": parameters,
            "weights.bits": self.network.weight_bits,
        }

    def _evaluate(self) -> Metrics:
        from asicae.training.conditions import draw_dead_cells, with_dead_cells
        from asicae.training.evaluate import evaluate, evaluate_all
        from asicae.training.fit import Trained

        s, network = self.settings, self.network
        test, folder = self._part("test"), self.path / "evaluation"
        sets = {n: Trained.load(self.path, f"{n}links", network, n) for n in s.links}
        metrics: dict[str, float | int | str] = dict(
            evaluate_all(sets, network, s.train, self._part("train"), test, folder=folder)
        )
        tuned = Trained.load(self.path, DEAD_CELL_SET, network, s.dead_cells_links)
        dead = with_dead_cells(test, draw_dead_cells(s.dead_cells_seed, s.dead_cells))
        for name, trained in (("base", sets[s.dead_cells_links]), ("tuned", tuned)):
            result = evaluate(trained, network, dead, test)
            result.save(folder / f"dead_cells_{name}.npz", dead, test)
            metrics[f"emd.dead_cells_{name}.{s.dead_cells_links}links"] = result.distances.mean
        best = sets[max(s.links)]
        metrics.update(self._qkeras_exactness([*sets.values(), tuned], test))
        metrics["speed.golden_per_s"] = golden.speed(network, best.weights, test.calq)
        metrics.update(compression(s.links))
        return metrics

    def _compare(self) -> Metrics:
        from asicae.comparison.compare import EventSet, compare_algorithms
        from asicae.comparison.record import OWN, PILEUP
        from asicae.training.fit import Trained

        s = self.settings
        sets = {n: Trained.load(self.path, f"{n}links", self.network, n) for n in s.links}
        events = [EventSet(OWN, self._part("validation"), self._part("test"))]
        (self.path / PILEUP_FILE).unlink(missing_ok=True)
        if not s.data:
            pileup = simulate(s.pileup_source)
            pileup.save(self.path / PILEUP_FILE)
            cut = s.validation_events
            parts = pileup.select(slice(0, cut)), pileup.select(slice(cut, None))
            events.append(EventSet(PILEUP, *parts))
        training = self._part("train")
        return compare_algorithms(self.network, sets, training, events, s.compare, self.path)

    def _qkeras_exactness(self, sets: Sequence[Any], test: Readouts) -> Metrics:
        from asicae.chip.normaliser import normalise
        from asicae.training.lowering import exactness_codes, qkeras_against_golden

        codes = normalise(test.calq, self.network.input)
        events = exactness_codes(self.network, codes, EXACTNESS_EVENTS, self.settings.train.seed)
        results = [qkeras_against_golden(t.encoder, self.network, t.weights, events) for t in sets]
        mismatches = sum(result.mismatches for result in results)
        if mismatches:
            raise CheckFailed(f"QKeras and golden differ in {mismatches} words")
        return {
            "exact.qkeras_vs_golden.words": sum(result.words for result in results),
            "exact.qkeras_vs_golden.mismatches": mismatches,
            "exact.qkeras_vs_golden.nonzero": min(r.nonzero_fraction for r in results),
            "exact.qkeras_vs_golden.saturated": min(r.saturated_fraction for r in results),
            "exact.qkeras_vs_golden.ties": min(r.ties_fraction for r in results),
        }

    def _export(self) -> Metrics:
        from asicae.export.rtl import export_rtl

        export_rtl(self.network, self.path)
        for name, weights in self.weight_sets():
            write_image(self.path / "weights", name, self.network, weights)
        return {}

    def _verify(self) -> Metrics:
        return self.verify(self.path / "sim")

    def verify(
        self, out: Path, mutate: Literal["weight", "expected"] | None = None, waves: bool = False
    ) -> Metrics:
        """RTL against golden with the two weight sets; ``mutate`` flips a bit and must fail.

        Raises:
            CheckFailed: any latent, sum or step of the load sequence is not as expected.
        """
        from asicae.simulation.regression import verify

        result = verify(
            self.network,
            self.weight_sets(),
            self._part("test").calq,
            self.path / "rtl",
            out,
            events=min(self.settings.verify_events, self.settings.test_events),
            mutate=mutate,
            waves=waves,
        )
        return result.metrics

    def _engines(self) -> Metrics:
        from asicae.export.hls import export_hls, expressible_types
        from asicae.simulation.executions import compare_all

        s, sets, types = self.settings, self.weight_sets(), expressible_types(self.network)
        vectors = self._part("test").calq[:VECTORS]
        with output_folder(self.path / "hls", force=True) as temporary:
            export_hls(self.network, temporary, sets[0][1], vectors, types)
        return compare_all(self.network, sets, self.path / "rtl", s.engine_events, s.source)

    def _estimate(self) -> Metrics:
        from asicae.estimation.estimate import estimate

        s = self.settings
        result = estimate(
            self.network,
            self.weight_sets()[0][1],
            self._part("test").calq[: s.estimate_events],
            self.path / "rtl",
            self.path / "synth",
            liberty=Path(s.liberty) if s.liberty else None,
            seed=s.estimate_seed,
        )
        return result.metrics

    def _report(self) -> Metrics:
        from asicae.report.page import write_report

        self.folder.write_metrics()
        write_report(self.path)
        return {}
