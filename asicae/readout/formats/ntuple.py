"""ROOT n-tuples of the trigger primitives: an entry is an event with one value per module.

Tree ``HGCalTriggerNtuple`` in any folder; branches ``wafer_layer``, ``wafer_waferu``,
``wafer_waferv``, ``wafer_wafertype`` (0, 1, 2 = sensor of 120, 200, 300 µm), ``wafer_eta``,
``wafer_simenergy`` (GeV) and the cells ``wafer_CALQ0..47`` (simulation order) or
``wafer_CALQ0..63`` (pixels of the 8x8 picture by rows, 16 of them dead). Our own files add
``wafer_pileup``, ``wafer_highdensity`` and ``wafer_partial``; without them pileup is unknown, a
sensor of 120 µm means high density and modules are full. ``event`` numbers the entries (-1 in ours:
unknown); without it an entry of several modules is numbered by its place in the file. Vectors per
event and plain numbers, one module an entry, are both read.
Sources: HGCalTriggerNtupleHGCWafers in public forks of CMSSW (L1Trigger/L1THGCalUtilities), which
writes 48 branches; public users of the 64 (conditional autoencoder scripts) reshape
them to 8x8. Other names, such as ``L1THGCAL_wafer_CALQ_{}`` in a tree ``Events``, are options.
"""

import re
import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput
from asicae.foundation.validation import one_line
from asicae.module.codes import CALQ_MAX
from asicae.module.detector import HIGH_DENSITY
from asicae.module.geometry import ARRANGEMENTS, N_CELLS, reorder
from asicae.readout.format import Format
from asicae.readout.options import Options
from asicae.readout.parsing.array_table import ArrayTable
from asicae.readout.parsing.density import agreed_density
from asicae.readout.parsing.foreign import first_bytes, guarded, guarded_items, imported
from asicae.readout.parsing.module_table import share, unknown
from asicae.readout.parsing.recorded import PIXELS, Recorded, agreed_order
from asicae.readout.parsing.rntuple import RNTUPLE, largest_cluster
from asicae.readout.part import Part
from asicae.readout.readouts import EVENT_MAX, Readouts
from asicae.readout.rejected import Rejected

TREE: Final = "HGCalTriggerNtuple"
N_PIXELS: Final = 64
STEP_BYTES: Final = 24 << 20
MAX_BASKET_BYTES: Final = 300 << 20
"""Limit on the largest baskets of all branches together: they are in memory at once."""
_REQUIRED: Final = ("layer", "waferu", "waferv", "wafertype", "eta", "simenergy")
_MAY_BE_ABSENT: Final = ("eta", "simenergy")  # if the user says so
_OPTIONAL: Final = ("pileup", "highdensity", "partial", "event")
_RECORD: Final = "asicae"
_PREFIX: Final = "wafer"
_EVENT: Final = "event"
_CLASS_NAME: Final = re.compile(r"[\w :<>,.*&~\[\]-]*")

Array = npt.NDArray[Any]


def _read(path: Path, options: Options, rejected: Rejected) -> Iterator[Part]:
    """Modules of a ROOT n-tuple; errors name entry (from 0), module of the entry and branch."""
    uproot = imported("uproot")
    _check_header(path)
    with guarded(path, "ROOT", uproot.open, {str(path): None}) as file:
        _check_classes(path, file)
        tree = _tree(path, file, options.tree)
        names = _names(path, tree, options)
        _check_baskets(path, tree, names)
        recorded = _recorded(path, file)
        if options.signal_fraction and recorded.cell_order is not None:
            raise _no_event_energy(path)  # ours, of which each entry is one module
        if not guarded(path, "ROOT", lambda: tree.num_entries):
            return
        steps = tree.iterate(
            list(names.values()), step_size=f"{STEP_BYTES} B", library="ak", report=True
        )
        for arrays, report in guarded_items(path, "ROOT", steps):
            # In files of ours each entry is one module.
            numbered = recorded.cell_order is None
            table, counts = _table(path, arrays, names, report.start, rejected, numbered)
            if options.signal_fraction and counts is None:
                raise _no_event_energy(path)
            yield _modules(table, counts, path, recorded, options)


def _check_header(path: Path) -> None:
    """Magic and length as the header of a ROOT file has them."""
    header, size = first_bytes(path, 20), path.stat().st_size
    if header[:4] != b"root" or len(header) < 20:
        raise BadInput(f"{path}: not a ROOT file, found first bytes {header[:4]!r}, allowed 'root'")
    version, _, small_end = struct.unpack(">iii", header[4:16])
    end = struct.unpack(">q", header[12:20])[0] if version >= 1_000_000 else small_end
    if end > size:
        raise BadInput(f"{path}: truncated ROOT file, found {size} bytes, allowed are {end}")


def _check_classes(path: Path, file: Any) -> None:
    """The parser makes code of the classes that a file describes, so names must be names."""
    described = guarded(path, "ROOT", lambda: file.file.streamers)
    for info in (info for versions in described.values() for info in versions.values()):
        names = [info.name]
        for element in info.elements:
            names += [element.name, element.typename]
        for name in names:
            if not _CLASS_NAME.fullmatch(name):
                raise BadInput(
                    f"{path}: describes a class with the name {name[:60]!r}, allowed are C++ names"
                )


def _tree(path: Path, file: Any, name: str | None) -> Any:
    """The only tree of this name: a TTree, or an RNTuple as newer files have it."""
    classes = guarded(path, "ROOT", partial(file.classnames, recursive=True, cycle=False))
    trees = sorted(key for key, kind in classes.items() if kind in ("TTree", RNTUPLE))
    chosen = [key for key in trees if (key == name if name else key.split("/")[-1] == TREE)]
    if len(chosen) != 1:
        kinds = ", ".join(sorted(set(classes.values())))
        found = ", ".join(trees[:5]) or f"no tree but {kinds or 'nothing'}"
        raise BadInput(
            f"{path}: tree {name or TREE!r}: found {found},"
            " allowed is one tree of this name; choose with --tree"
        )
    return guarded(path, "ROOT", file.__getitem__, chosen[0])


def _names(path: Path, tree: Any, options: Options) -> dict[str, str]:
    """Key (as in :data:`BRANCHES`, cells ``calq0``...) -> name of the branches to read."""
    found = set(guarded(path, "ROOT", partial(tree.keys, recursive=False)))
    calq = options.branch("calq")
    pixels = calq.format(N_CELLS) in found
    names = {f"calq{cell}": calq.format(cell) for cell in range(N_PIXELS if pixels else N_CELLS)}
    names |= {key: options.branch(key) for key in _REQUIRED if options.branch(key)}
    names |= {key: options.branch(key) for key in _OPTIONAL if options.branch(key) in found}
    for key, name in names.items():
        if name not in found:
            cure = f"; without it: --branch {key}=" if key in _MAY_BE_ABSENT else ""
            shown = one_line(", ".join(sorted(found)[:4]), 60)
            raise BadInput(f"{path}: branch {name!r} is missing, found {shown}, ...{cure}")
    if options.signal_fraction and "simenergy" not in names:
        raise BadInput(f"{path}: a selection by signal needs the branch 'simenergy'")
    return names


def _check_baskets(path: Path, tree: Any, names: dict[str, str]) -> None:
    largest = 0
    if not hasattr(tree, "branches"):
        largest = guarded(path, "ROOT", largest_cluster, tree, list(names.values()))
        names = {}
    for name in names.values():
        branch = tree[name]
        sizes = [
            guarded(path, "ROOT", branch.basket_uncompressed_bytes, number)
            for number in range(branch.num_baskets)
        ]
        largest += max(sizes, default=0)
    if largest > MAX_BASKET_BYTES:
        raise BadInput(
            f"{path}: its baskets hold {largest} bytes at once, allowed are {MAX_BASKET_BYTES};"
            " write the tree in more and smaller baskets"
        )


def _recorded(path: Path, file: Any) -> Recorded:
    if _RECORD not in file:
        return Recorded()
    text = str(guarded(path, "ROOT", file.__getitem__, _RECORD))
    return Recorded.parse(text.encode(), path)


def _table(
    path: Path,
    arrays: Any,
    names: dict[str, str],
    first: int,
    rejected: Rejected,
    numbered: bool,
) -> tuple[ArrayTable, Array | None]:
    """The branches flattened to modules, and the modules of every entry (None: one each).

    ``numbered``: an entry of several modules is an event, also if no branch numbers it.
    """
    awkward = imported("awkward")
    columns: dict[str, Array] = {}
    counts: Array | None = None
    for key, name in names.items():
        if key == "event":
            continue
        values, lengths = guarded(path, "ROOT", _flat, awkward, arrays[name])
        if values is None:
            kind = arrays[name].type.content
            raise BadInput(
                f"{path}: branch {name!r}: found type {kind}, allowed are numbers or lists of them"
            )
        if columns:
            _check_lengths(path, first, (name, names["calq0"]), lengths, counts)
        columns[key], counts = values, lengths

    if "event" in names or (numbered and counts is not None):
        columns["event"] = _event_numbers(path, arrays, names.get("event"), first, counts)

    def where(row: int, key: str) -> str:
        entry, module = (row, 0) if counts is None else _entry(counts, row)
        return f"{path}: entry {first + entry}, module {module}, branch {names[key]!r}"

    return ArrayTable(columns, len(columns["layer"]), where, rejected), counts


def _event_numbers(
    path: Path, arrays: Any, name: str | None, first: int, counts: Array | None
) -> Array:
    """The number of the event of each module: that of the entry, or its place in the file."""
    numbers: Array | None = np.arange(first, first + len(arrays))
    lengths = None
    if name is not None:
        numbers, lengths = guarded(path, "ROOT", _flat, imported("awkward"), arrays[name])
    if numbers is None or lengths is not None:
        kind = arrays[name].type.content
        raise BadInput(
            f"{path}: branch {name!r}: found type {kind}, allowed is one number an entry;"
            " without it: --branch event="
        )
    if numbers.dtype.kind in "iu":  # the largest unsigned ones are out of range in either type
        numbers = np.minimum(numbers, EVENT_MAX + 1).astype(np.int64)
    return numbers if counts is None else np.repeat(numbers, counts)


def _flat(awkward: Any, array: Any) -> tuple[Array | None, Array | None]:
    """Numbers of all entries in a row and numbers per entry; (None, None) for other types."""
    numbers = array.ndim <= 2 and not awkward.parameters(array)
    if numbers and array.ndim == 1:
        return np.asarray(awkward.to_numpy(array)), None
    flat = awkward.flatten(array) if numbers else None
    if flat is None or flat.ndim != 1 or awkward.parameters(flat):
        return None, None
    return np.asarray(awkward.to_numpy(flat)), np.asarray(awkward.to_numpy(awkward.num(array)))


def _check_lengths(
    path: Path, first: int, names: tuple[str, str], found: Array | None, other: Array | None
) -> None:
    if found is None and other is None:
        return
    if found is None or other is None:
        raise BadInput(f"{path}: branch {names[0]!r}: found one value an entry or lists, not both")
    if not np.array_equal(found, other):
        entry = int(np.argmax(found != other))
        raise BadInput(
            f"{path}: entry {first + entry}, branch {names[0]!r}: found {found[entry]} modules,"
            f" allowed are {other[entry]} as in {names[1]!r}"
        )


def _entry(counts: Array, row: int) -> tuple[int, int]:
    ends = np.cumsum(counts)
    entry = int(np.searchsorted(ends, row, side="right"))
    return entry, row - int(ends[entry] - counts[entry])


def _modules(
    table: ArrayTable, counts: Array | None, path: Path, recorded: Recorded, options: Options
) -> Part:
    layer = table.integers(("layer",), "layer", 1, 200)[:, 0]
    wafer = table.integers(("waferu", "waferv"), "waferu, waferv", -99, 99)
    kind = table.integers(("wafertype",), "wafertype", 0, 2)[:, 0]
    columns: dict[str, Array] = {
        "layer": layer, "wafer_u": wafer[:, 0], "wafer_v": wafer[:, 1], "wafer_type": kind,
        "high_density": HIGH_DENSITY[kind],
    }  # fmt: skip
    columns |= unknown(columns)
    if table.has("simenergy"):
        columns["sim_energy"] = table.numbers("simenergy", 0.0, 1e9)
    if table.has("eta"):
        columns["eta"] = table.numbers("eta", -10.0, 10.0)
    if table.has("highdensity"):
        columns["high_density"] = agreed_density(
            kind,
            table.integers(("highdensity",), "highdensity", 0, 1)[:, 0],
            table.checks,
            lambda row: table.refuse(row, "highdensity", "is 1 for wafertype 0, 0 for wafertype 2"),
        )
    if table.has("partial"):
        columns["partial"] = table.integers(("partial",), "partial", 0, 1)[:, 0]
    if table.has("pileup"):
        columns["pileup"] = table.integers(("pileup",), "pileup", -1, 10000)[:, 0]
    if table.has("event"):
        columns["event"] = table.integers(("event",), "event", -1, EVENT_MAX)[:, 0]
    calq = _cells(table, path, recorded, options)
    readouts = Readouts.of_columns(calq, columns, recorded.source or path.name)
    fraction = None
    if options.signal_fraction and counts is not None:
        fraction = _fraction(columns["sim_energy"], counts)
    part = Part(readouts, fraction)
    return part if table.checks.keep.all() else part.select(table.checks.keep)


def _cells(table: ArrayTable, path: Path, recorded: Recorded, options: Options) -> Array:
    """CALQ int64[rows, 48] in AE order."""
    if not table.has(f"calq{N_CELLS}"):
        names = [f"calq{cell}" for cell in range(N_CELLS)]
        order = agreed_order(path, recorded, options.order)
        return reorder(table.integers(names, "CALQ", 0, CALQ_MAX), order, "ae")
    if options.order is not None:
        raise BadInput(
            f"{path}: has {N_PIXELS} cells, which are in order {PIXELS!r},"
            f" but {options.order!r} was asked for"
        )
    pixels = ARRANGEMENTS["8x8"].pixels.tolist()
    dead = [f"calq{pixel}" for pixel in range(N_PIXELS) if pixel not in pixels]
    table.integers(dead, "CALQ of a dead pixel", 0, 0)
    return table.integers([f"calq{pixel}" for pixel in pixels], "CALQ", 0, CALQ_MAX)


def _no_event_energy(path: Path) -> BadInput:
    return BadInput(
        f"{path}: holds one module an entry and so records no event energy,"
        " allowed is no selection by signal"
    )


def _fraction(energy: Array, counts: Array) -> npt.NDArray[np.float32]:
    """Share of the energy of all modules of the same entry, float32[n]."""
    event = np.repeat(np.arange(len(counts)), counts)
    total = np.bincount(event, weights=energy, minlength=len(counts))
    return share(energy, total[event])


class NtupleWriter:
    """One module an entry, as lists of one value, so that readers of events can read it.

    The cells are the 64 pixels of the 8x8 picture by rows.
    """

    def __init__(self, path: Path) -> None:
        uproot = imported("uproot")
        self._file: Any = uproot.recreate(path, compression=uproot.ZLIB(1))
        self._tree: Any = None

    def add(self, readouts: Readouts) -> None:
        """Append modules as one basket a branch."""
        entries = {_PREFIX: _entries(readouts), _EVENT: readouts.event}
        if self._tree is None:
            types = {_PREFIX: entries[_PREFIX].type.content, _EVENT: readouts.event.dtype}
            self._tree = self._file.mktree(TREE, types)
        self._tree.extend(entries)

    def finish(self, source: str) -> None:
        """Complete the file."""
        self._file[_RECORD] = Recorded(cell_order=PIXELS, source=source).text()
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _entries(readouts: Readouts) -> Any:
    contents = imported("awkward").contents
    columns: dict[str, Any] = {
        "layer": readouts.layer.astype(np.int32),
        "waferu": readouts.wafer_u.astype(np.int32),
        "waferv": readouts.wafer_v.astype(np.int32),
        "wafertype": readouts.wafer_type.astype(np.int32),
        "eta": readouts.eta,
        "simenergy": readouts.sim_energy,
        "pileup": readouts.pileup.astype(np.int32),
        "highdensity": readouts.high_density.astype(np.int32),
        "partial": readouts.partial.astype(np.int32),
    }
    pictures = ARRANGEMENTS["8x8"].image(readouts.calq).reshape(-1, N_PIXELS).astype(np.uint32)
    columns |= {f"CALQ{pixel}": cells for pixel, cells in enumerate(pictures.T)}
    records = contents.RecordArray(
        [contents.NumpyArray(np.ascontiguousarray(column)) for column in columns.values()],
        list(columns),
    )
    awkward = imported("awkward")
    offsets = awkward.index.Index64(np.arange(len(readouts) + 1))
    return awkward.Array(contents.ListOffsetArray(offsets, records))


FORMAT: Final = Format(
    endings=(".root",),
    read=_read,
    understands=frozenset({"order", "tree", "branches", "signal_fraction"}),
    writers={".root": NtupleWriter},
)
