"""All sets of a library in one chip: loaded through I2C in turn, every word against golden."""

from collections.abc import Mapping
from pathlib import Path

from asicae.chip import golden
from asicae.chip.microarchitectures import NAIVE
from asicae.export.design_record import recorded
from asicae.foundation.errors import BadInput, CheckFailed
from asicae.foundation.progress import track
from asicae.library.record import events_file
from asicae.library.stored import Library
from asicae.network.encoder import Encoder
from asicae.readout.reading import load
from asicae.readout.readouts import Readouts
from asicae.simulation.engine_comparison import EngineComparison, planted
from asicae.simulation.engines.chip import Chip
from asicae.simulation.engines.chip_library import chip_library
from asicae.simulation.regression.mutation import Mutation


def events_of_sets(library: Library, events: int | None) -> dict[str, Readouts]:
    """What is sent of the test events of each set, at most so many.

    Raises:
        BadInput: a file that is missing or unreadable: a library without events is one that was
            packed.
    """
    if events is not None and events < 1:
        raise BadInput(f"--events: found {events}, allowed are 1 and more")
    found = {}
    for each in library.record.sets:
        path = library.folder / events_file(each.name)
        if not path.is_file():
            raise BadInput(f"{path}: no such file; allowed is what asicae library make left")
        found[each.name] = load(path).select(slice(0, events))
    return found


def verify_library(
    library: Library,
    events: Mapping[str, Readouts],
    rtl_folder: Path | None = None,
    mutate: Mutation | None = None,
) -> EngineComparison:
    """Load every set through I2C into one verilated chip, and stream its events.

    The chip is built once and never reset: a set is loaded while the one before computes. Its CRC
    register has to say what the record says.

    Args:
        library: whose sets.
        events: by name of the set.
        rtl_folder: an export whose RTL is simulated; else what an export would write.
        mutate: one bit of a weight of the last set on its way into the chip, or of an expected
            word, is flipped: that must be found.

    Raises:
        CheckFailed: a word or a CRC that differs; names set, event and latent.
        MissingTool, BadInput: as ``chip_library``.
    """
    configuration = NAIVE if rtl_folder is None else recorded(rtl_folder)
    network = library.network
    chip = Chip(
        network, chip_library(network, rtl_folder, configuration=configuration), configuration
    )
    done = EngineComparison("verilated chip", 0)
    pairs = list(zip(library.record.sets, library.weights, strict=True))
    for number, (entry, weights) in enumerate(track(pairs, "weight sets in one chip")):
        calq = events[entry.name].calq
        expected = golden.run(Encoder(network, weights), calq)
        loaded = weights
        if mutate is not None and number == len(pairs) - 1:
            loaded = planted(network, (entry.name, weights), calq, expected, mutate)
        chip.load_through_i2c(loaded)
        crc = int.from_bytes(chip.read_register("CRC"), "little")
        if loaded is weights and crc != int(entry.crc32, 16):
            raise CheckFailed(
                f"set {entry.name}: the chip says CRC {crc:#010x}, the library has {entry.crc32}"
            )
        done.add(entry.name, 0, expected, chip.stream(calq))
        if done.mismatches:
            raise CheckFailed(f"RTL differs from golden: {done.first} ({done.counts()})")
    return done
