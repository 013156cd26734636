"""Damaged files of every kind against the commands that read them.

    python -m asicae.campaigns.corruption --fixtures tests/fixtures --count 5000 --seed 1 \
        --out docs/results/corruption.json

A sound file of each kind is made once. A case damages one of them and calls a command with it, in
this process: it ends with 0, 1 or 2, says at most one line of error in printable characters, and a
command that fails has written nothing.
"""

import argparse
import contextlib
import io
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from asicae.campaigns.damaged_models import called
from asicae.campaigns.damaged_runs import RunBench
from asicae.campaigns.damages import BYTES, SPECIAL, Tally, faults, mutant
from asicae.campaigns.record import record
from asicae.chip.weight_files.files import pack_file
from asicae.foundation.progress import step, track
from asicae.network.named import network_of
from asicae.network.weights import Weights
from asicae.readout import conversion
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate

NETWORK = "small"
FILE, OUT, WITH = "{file}", "{out}", "{with}"
"""In the words of a command: the damaged file, its output, the folder of sound files."""
ENCODE = f"encode {WITH}/readouts.npz -o {OUT}.npz --algorithm"
AUTOENCODER = f"{ENCODE} autoencoder --links 5"
CONVERT = f"data convert {FILE} -o {OUT}.npz"
READERS = (CONVERT, f"data describe {FILE}", f"data convert --skip-bad {FILE} -o {OUT}.csv")
SETTINGS = (f"train {WITH}/nowhere.csv -o {OUT} -s {FILE}",)
SOURCE = (f"data simulate -o {OUT}.npz --events 3 -s {FILE}",)
DESCRIBED = (
    f"export-rtl -o {OUT} -n {FILE}",
    f"weights pack {WITH}/weights.npz -o {OUT}.bin -n {FILE}",
)
UNPACKED = (
    f"weights unpack {FILE} -o {OUT}.npz -n {NETWORK}",
    f"weights diff {FILE} {WITH}/weights.npz -n {NETWORK}",
)
OF_MODULE = "--module 5,1,2,0 --order ae"
IMPORTED = (f"import {FILE} -o {OUT}",)
KINDS: dict[str, tuple[str, ...]] = {
    "network.json": DESCRIBED,
    "network.toml": DESCRIBED,
    "settings.json": SETTINGS,
    "settings.toml": SETTINGS,
    "source.toml": SOURCE,
    "registers.json": (f"{ENCODE} threshold_sum --links 5 -s {FILE}",),
    "registers.toml": (f"{ENCODE} threshold_sum --links 5 -s {FILE}",),
    "weights.npz": (
        f"weights pack {FILE} -o {OUT}.bin -n {NETWORK}",
        f"weights diff {WITH}/weights.npz {FILE} -n {NETWORK}",
        f"{AUTOENCODER} -n {NETWORK} --weights {FILE}",
    ),
    "image.bin": UNPACKED,
    "image.yaml": UNPACKED,
    "image.csv": UNPACKED,
    "readouts.npz": (*READERS, f"encode {FILE} -o {OUT}.npz --algorithm best_choice --links 5"),
    "readouts.csv": READERS,
    "readouts.csv.gz": READERS,
    "readouts.parquet": READERS,
    "readouts.root": READERS,
    "beside.csv.json": (f"data convert {WITH}/damaged/beside.csv -o {OUT}.npz",),
    "plain.csv": tuple(f"{words} {OF_MODULE}" for words in READERS),
    "capture.csv": tuple(f"{words} {OF_MODULE}" for words in READERS),
    "beside.lib": (f"train {WITH}/no_readouts.csv -o {OUT} -s {WITH}/library.toml",),
    "mux.txt": (f"data convert {WITH}/capture.csv -o {OUT}.npz {OF_MODULE} --mux {FILE}",),
    "frames.npz": (f"decode {FILE} -o {OUT}.npz",),
    "model.h5": IMPORTED,
    "model.keras": IMPORTED,
    "model.pb": IMPORTED,
    "model.json": (f"import {FILE} -o {OUT} --weights {WITH}/model_apart.h5",),
}
"""The commands that read each kind of file."""
PIPED = ("readouts.csv", "readouts.csv.gz", "plain.csv", "capture.csv")
"""Kinds that may come through a pipe, and wait for its writer."""
ALWAYS_REFUSED = ("settings.json", "settings.toml", "beside.lib")
"""Kinds that stand beside readouts that there are none of: what is sound is not trained with."""
RUN_SHARE = 8
"""One of so many cases is about a file of a run folder."""
LIBRARY = """library (made_up) { time_unit : "1ns"; voltage_unit : "1V"; leakage_power_unit : "1nW";
  capacitive_load_unit (1, ff); nom_voltage : 1.0; nom_temperature : 25;
  lu_table_template (d) { variable_1 : total_output_net_capacitance; index_1 ("0, 100"); }
  cell (NAND2) { area : 1.4; leakage_power () { when : "!A"; value : 10; }
    pin (A) { direction : input; capacitance : 2; } pin (B) { direction : input; capacitance : 2; }
    pin (Y) { direction : output; max_capacitance : 100; function : "(A B)'";
      timing () { related_pin : "A"; timing_sense : negative_unate;
        cell_rise (d) { values ("0.01, 0.11"); } cell_fall (d) { values ("0.01, 0.11"); } }
      internal_power () { related_pin : "A"; rise_power (scalar) { values ("2.0"); } } } }
  cell (DFF) { area : 5.0; cell_leakage_power : 40;
    ff (Q0, Q1) { next_state : "D"; clocked_on : "C"; }
    pin (D) { direction : input; capacitance : 1; } pin (C) { direction : input; clock : true; }
    pin (Q) { direction : output; function : "Q0"; } } }
"""


def make_sound(folder: Path, fixtures: Path) -> None:
    """A sound file of each kind, and what commands need beside it."""
    network = network_of(NETWORK)
    network.save(folder / "network.json")
    preset = Path(sys.modules[network_of.__module__].__file__ or "").parent / "presets"
    shutil.copy(preset / f"{NETWORK}.toml", folder / "network.toml")
    settings = {"links": [2, 5], "train": {"epochs": 2, "hidden": [8]}, "source": {"events": 300}}
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "settings.toml").write_text("links = [2, 5]\n[train]\nepochs = 2\nhidden = [8]\n")
    (folder / "source.toml").write_text('seed = 3\npileup = [0, 140]\nmixture = "signal"\n')
    (folder / "beside.lib").write_text(LIBRARY)
    (folder / "no_readouts.csv").write_text("none\n")
    (folder / "library.toml").write_text(f'liberty = "{folder}/damaged/beside.lib"\n')
    (folder / "registers.json").write_text('{"threshold": 9, "drop_lsb": 1}')
    (folder / "registers.toml").write_text("threshold = 9\ndrop_lsb = 1\n")
    Weights.random(network, 1).save(folder / "weights.npz")
    for path in pack_file(folder / "weights.npz", folder / "packed", network, False):
        shutil.copy(path, folder / f"image{path.suffix}")
    readouts = simulate(SourceSettings(events=30, seed=1))
    for ending in ("npz", "csv", "csv.gz", "parquet", "root"):
        conversion.save(readouts, folder / f"readouts.{ending}")
    conversion.save(readouts, folder / "beside.csv")
    rows = [",".join(map(str, range(7, 55))) + ",a,b,c,d,e,f,g,1.75,-0.5" for _ in range(5)]
    (folder / "plain.csv").write_text("\n".join(rows) + "\n")
    header = ",".join(f"ePortRxDataGroup_{port}" for port in range(12))
    (folder / "capture.csv").write_text("\n".join([header, *[",".join(["7"] * 12)] * 5]) + "\n")
    (folder / "mux.txt").write_text(",".join(map(str, range(48))) + "\n")
    words = f"encode {folder}/readouts.npz -o {folder}/frames.npz --algorithm best_choice --links 5"
    with contextlib.redirect_stdout(io.StringIO()):
        called(list(words.split()))
    for name, source in {
        "model.h5": "qkeras09/econ_t.h5",
        "model.keras": "qkeras_v3/conditional.keras",
        "model.pb": "qkeras09_frozen/econ_t.pb",
        "model.json": "qkeras09/econ_t_apart.json",
        "model_apart.h5": "qkeras09/econ_t_apart.h5",
    }.items():
        shutil.copy(fixtures / source, folder / name)


class Bench:
    """Sound files in a folder of their own, and cases on copies of them."""

    def __init__(self, folder: Path, fixtures: Path) -> None:
        """Make the sound files below ``folder``."""
        self.sound, self.work = folder / "sound", folder / "work"
        self.sound.mkdir()
        make_sound(self.sound, fixtures)
        self.tally = Tally()

    def special(self, kind: str, damage: str, words: str) -> None:
        """Something else in the place of a file."""
        if damage == "pipe" and kind in PIPED:
            return
        self._case(kind, words, damage, SPECIAL[damage])

    def bytes(self, kind: str, damage: str, words: str) -> None:
        """Other bytes, the same each time."""
        data = BYTES[damage]((self.sound / kind).read_bytes())
        self._case(kind, words, damage, lambda path: _write(path, data))

    def sane(self, kind: str, words: str) -> None:
        """No damage at all."""
        data = (self.sound / kind).read_bytes()
        self._case(kind, words, "none", lambda path: _write(path, data))

    def drawn(self, number: int, seed: int) -> None:
        """A random damage of a random kind."""
        generator = random.Random(f"{seed}.{number}")  # noqa: S311
        kind = generator.choice(sorted(KINDS))
        words = generator.choice(KINDS[kind])
        if generator.random() < 0.05:
            self.special(kind, generator.choice(sorted(SPECIAL)), words)
            return
        data = mutant(kind, (self.sound / kind).read_bytes(), generator)
        self._case(kind, words, f"case {number}", lambda path: _write(path, data))

    def _case(self, kind: str, words: str, damage: str, make: Callable[[Path], None]) -> None:
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        beside = self.sound / "damaged"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        path = (beside if kind.startswith("beside.") else self.work) / kind
        if kind.startswith("beside."):
            shutil.copy(self.sound / "beside.csv", beside)
        make(path)
        before = {entry.name for entry in self.work.iterdir()}
        out = str(self.work / "out")
        call: list[object] = [
            word.replace(FILE, str(path)).replace(OUT, out).replace(WITH, str(self.sound))
            for word in words.split()
        ]
        found = list(faults(call, self.work, before, self.tally, kind))
        self.tally.violations += [f"{kind}: {damage}: {words}: {fault}" for fault in found]


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def short_run(folder: Path, fixtures: Path) -> Path:
    """A finished run of the small network."""
    run = folder / "run"
    if called(["run", run, "-s", fixtures / "short_run.json"]):
        raise RuntimeError("the run that is to be damaged does not end")
    return run


def main() -> int:
    """Run, print, and write the result where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--fixtures", type=Path, required=True, help="folder of sound models")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), options.fixtures)
        runs = RunBench(Path(name), short_run(Path(name), options.fixtures), bench.tally)
        for number in track(range(options.count), "damaging files"):
            told = len(bench.tally.violations)
            chosen = bench if number % RUN_SHARE else runs
            chosen.drawn(number, options.seed)
            for fault in bench.tally.violations[told:]:
                step(fault)
        if not runs.untouched():
            bench.tally.violations.append("a command wrote into a file of the run")
    tally = bench.tally
    found = {
        "cases": options.count,
        "accepted": dict(sorted(tally.accepted.items())),
        "refused": dict(sorted(tally.refused.items())),
    }
    print(json.dumps(found | {"violations": tally.violations[:50]}, indent=2))
    if options.out is not None:
        record(
            options.seed,
            {"count": options.count},
            found,
            packages=("h5py", "numpy", "pyarrow", "pydantic", "uproot"),
            violations=tally.violations[:50],
            measures_speed=False,
        ).save(options.out)
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
