"""What is asked of a run, asked of a description alone: its weights are drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asicae.cli.chip_options import ChipOptions
from asicae.cli.options import DEFAULT_SEED, FORCE, OUT
from asicae.cli.output import say
from asicae.foundation.errors import BadInput

if TYPE_CHECKING:
    from asicae.simulation.drawn import DrawnChip
    from asicae.simulation.regression.mutation import Mutation
    from asicae.simulation.regression.own_bench import OwnBench

RunIfAny = Annotated[
    Path | None, typer.Argument(help="A run folder, made by `asicae run`; or --network.")
]
Seed = Annotated[
    int | None,
    typer.Option(min=0, help="Of drawn weights and events, with --network; 1 unless given."),
]


def drawn_chip(
    folder: Path | None,
    network: str | None,
    chip: ChipOptions,
    others: Mapping[str, object],
    seed: int | None,
) -> "DrawnChip | None":
    """The chip of a description, drawn with ``seed``, and None for a run.

    ``others``: options by their names that belong to a description only; a run says them itself.

    Raises:
        BadInput: neither or both are given, or with a run what it says itself; a network or a way
            to build it that there is not.
    """
    if (folder is None) == (network is None):
        raise BadInput("allowed is either a run folder or --network")
    if folder is not None:
        if chip.settings():
            raise BadInput(f"{folder}: is a run; how its chip is built, its settings say")
        for words, value in others.items():
            if value is not None and value is not False:
                raise BadInput(f"--{words}: belongs to --network; {folder} is a run")
        return None
    from asicae.chip.design import design_of
    from asicae.network.named import network_of
    from asicae.simulation.drawn import DrawnChip

    described, configuration = network_of(str(network)), chip.configuration()
    design_of(described, configuration)  # before anything is begun
    return DrawnChip(described, configuration, DEFAULT_SEED if seed is None else seed)


def verify_drawn(
    chip: "DrawnChip",
    out: Path | None,
    events: int | None,
    mutate: "Mutation | None",
    waves: bool,
    force: bool,
    own: "OwnBench | None",
    command: Sequence[str],
) -> None:
    """The regression through I2C, or a bench of one's own in its place.

    ``out`` is the folder of JUnit XML, log and waves, if any; ``command`` is what names the chip.
    """
    import contextlib
    import tempfile

    from asicae.foundation.extras import require
    from asicae.foundation.folders import output_folder
    from asicae.foundation.progress import step
    from asicae.runs.settings import RunSettings
    from asicae.simulation.drawn import DRAWN
    from asicae.simulation.regression.own_bench import run_own
    from asicae.simulation.regression.verify import compared_in, left_in, verify

    if waves and out is None:
        raise BadInput("--waves: with --network, --out says where they go")
    require("sim")
    count = RunSettings().verify_events if events is None else events
    lively = chip.lively(count)
    if lively.seed != chip.seed:
        step(f"seed {chip.seed} leaves nearly all latents at zero: {lively.seed} instead")
    calq = lively.calq(count)
    say(lively.title)
    with contextlib.ExitStack() as stack:
        into = (
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="asicae-verify-")))
            if out is None
            else stack.enter_context(output_folder(out, force))
        )
        rtl = stack.enter_context(lively.exported())
        sets = [(DRAWN, lively.encoder.weights)]
        if own is None:
            found = verify(
                chip.network, sets, calq, rtl, into, events=count, mutate=mutate, waves=waves
            ).metrics
            said = [f"{key}: {value}" for key, value in found.items()] + compared_in(into)
        else:
            place = [OUT, "replay"] if out is None else [OUT, str(out), FORCE]
            said = run_own(
                own,
                chip.network,
                sets,
                calq,
                rtl,
                into,
                command=[*command, "--events", str(count), *place],
                events=count,
                mutate=mutate,
                waves=waves,
            ).summary()
    say(*said, *([] if out is None else left_in(out)))


def compare_drawn(chip: "DrawnChip", engine: str, events: int, mutate: "Mutation | None") -> None:
    """An engine against golden."""
    from asicae.simulation.drawn import DRAWN
    from asicae.simulation.engine_comparison import compare_engine

    say(chip.title)
    with chip.exported() as rtl:
        sets = [(DRAWN, chip.encoder.weights)]
        done = compare_engine(chip.network, sets, engine, events, rtl_folder=rtl, mutate=mutate)
    say(done.summary())


def estimate_drawn(
    chip: "DrawnChip",
    liberty: list[Path],
    out: Path | None,
    events: int | None,
    timed_events: int | None,
    force: bool,
) -> None:
    """Area, energy and timing; ``out`` is the file of the record, if any."""
    import tempfile

    from asicae.estimation.estimate import estimate
    from asicae.estimation.library_record import summary
    from asicae.foundation.files import refuse_existing
    from asicae.runs.settings import RunSettings

    if out is not None:
        refuse_existing(out, force)
    usual = RunSettings()
    count = usual.estimate_events if events is None else events
    timed = min(usual.timed_events, count) if timed_events is None else timed_events
    say(chip.title)
    with tempfile.TemporaryDirectory(prefix="asicae-estimate-") as name, chip.exported() as rtl:
        record = estimate(
            chip.encoder,
            chip.calq(count),
            rtl,
            out or Path(name) / "estimate.json",
            liberty,
            timed_events=timed,
        )
    say(*summary(record), *([out] if out else []))
