"""What a library of weight sets is: ``library.json``, beside the sets themselves."""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from asicae.concentrator.links import AUTOENCODER_LINKS
from asicae.foundation.json_record import JsonRecord
from asicae.readout.place import Place
from asicae.runs.encoders import SET_NAME, weights_file
from asicae.runs.record import Hash

LIBRARY_FILE: Final = "library.json"
MOST_SETS: Final = 1_000
SetName = Annotated[str, Field(pattern=f"^{SET_NAME}$")]
When = Annotated[str, Field(pattern="^[^\\x00-\\x1f\\x7f]{0,40}$")]
"""Words for the running that sets are loaded in; empty where they are for any."""
Key = tuple[str, int, str]
"""What decides about a set: when, links, module."""


class Gain(JsonRecord):
    """Mean distances of one condition, on test events that no training saw.

    Attributes:
        events: that have a distance.
        base: EMD (half trigger-cell pitches) of the set that all began with.
        control: EMD of the set with as many further steps on events of the base.
        adapted: EMD of the set of the condition.
        error: standard error of ``control - adapted`` over the events.
    """

    events: Annotated[int, Field(ge=1)]
    base: float
    control: float
    adapted: float
    error: float

    @property
    def beyond_control(self) -> float:
        """How much nearer the adapted set is than longer training alone."""
        return self.control - self.adapted


class LibrarySet(JsonRecord):
    """One weight set.

    Attributes:
        name: of the set.
        condition: what it was tuned for, in words.
        links: for so many.
        when: the running that it is for; see ``When``.
        file: where it lies in the folder that was made.
        sha256: of that file.
        crc32: of the image, as the chip's CRC register gives it.
        modules: that get it, by layer and place in it.
        gain: what came of it, if that was measured.
    """

    name: SetName
    condition: Annotated[str, Field(max_length=500)]
    links: int
    when: When = ""
    file: str
    sha256: Hash
    crc32: Annotated[str, Field(pattern="^0x[0-9a-f]{8}$")]
    modules: tuple[Place, ...]
    gain: Gain | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.links not in AUTOENCODER_LINKS:
            raise ValueError(f"set {self.name}: links is {self.links}, allowed are 1 to 5")
        if self.file != weights_file(self.name):
            raise ValueError(
                f"set {self.name}: file is {self.file!r}, allowed is {weights_file(self.name)!r}"
            )
        return self

    def deciding(self) -> Iterator[Key]:
        """All that it is for."""
        return ((self.when, self.links, module) for module in self.modules)


class LibraryRecord(JsonRecord):
    """All sets of a library.

    Attributes:
        format: of this file.
        network: name of the network.
        network_sha256: of ``network.json``.
        design_hash: of the network, as the chip's register gives it.
        sets: in the order in which they were asked for.
    """

    format: Literal["asicae weight library 1"] = "asicae weight library 1"
    network: str
    network_sha256: Hash
    design_hash: Annotated[str, Field(pattern="^0x[0-9a-f]{8}$")]
    sets: Annotated[tuple[LibrarySet, ...], Field(min_length=1, max_length=MOST_SETS)]

    @model_validator(mode="after")
    def _one_set_each(self) -> Self:
        name, times = Counter(each.name for each in self.sets).most_common(1)[0]
        if times > 1:
            raise ValueError(f"set {name} stands {times} times, allowed is once")
        owners: dict[Key, str] = {}
        for each in self.sets:
            for key in each.deciding():
                if key in owners:
                    raise ValueError(_two(key, owners[key], each.name))
                owners[key] = each.name
        return self

    def owners(self) -> dict[Key, str]:
        """The set of each module, by the running, the links and the place."""
        return {key: each.name for each in self.sets for key in each.deciding()}


def _two(key: Key, first: str, second: str) -> str:
    when, links, module = key
    running = f" when {when}" if when else ""
    return (
        f"module {module} has sets {first} and {second} for {links} links{running}, one is allowed"
    )


def events_file(name: str) -> str:
    """Where what was sent of the test events of a set lies in the folder of a library."""
    return f"events/{name}.npz"
