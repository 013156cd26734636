"""The smallest descriptions that are whole chips: what is built of them is built soon."""

import tomllib
from pathlib import Path

from asicae.campaigns.every_kind import every_kind
from asicae.network.description import Network

_DENSE = """
[[layers]]
kind = "dense"
name = "dense"
units = 2
weight = "fixed<3,1>"
bias = "fixed<3,1>"
output = "ufixed<5,1>"
relu = true
"""
TINY = f"""
name = "tiny"
arrangement = "flat"
input = "ufixed<4,1,TRN,SAT>"
{_DENSE}"""
TWO_LAYERS = f"""
name = "two-layers"
arrangement = "4x4x3"
input = "ufixed<4,1,TRN,SAT>"
[[layers]]
kind = "conv2d"
name = "conv"
filters = 1
kernel = [3, 3]
strides = [2, 2]
padding = "same"
weight = "fixed<3,1>"
bias = "fixed<3,1>"
output = "ufixed<5,1>"
relu = true
{_DENSE}"""
GRAPH = (
    TWO_LAYERS.replace("two-layers", "graph")
    + """
[[layers]]
kind = "dense"
name = "beside"
inputs = ["input"]
units = 2
weight = "fixed<3,1>"
bias = "fixed<3,1>"
output = "fixed<4,1>"
relu = false
[[layers]]
kind = "concatenate"
name = "latents_of_both"
inputs = ["beside", "dense"]
"""
)
"""Two branches of other types that end side by side."""
FOUR_PARTS = TWO_LAYERS.replace("units = 2", "units = 4")
"""Each layer may be computed in two or four parts."""
LIVELY = (
    FOUR_PARTS.replace("ufixed<5,1>", "ufixed<6,1>")
    .replace("ufixed<4,1", "ufixed<6,1")
    .replace("<3,1>", "<5,2>")
)
"""As it, with words wide enough that a module's charge leaves something of most latents, if they
are of a seed that speaks."""
SPEAKING = (2, 4)
"""Seeds of its weights with which most latents are not zero."""


def flattened() -> Network:
    """A layer of each kind that there is, and images and a row as one row of latents."""
    content = every_kind().model_dump(mode="json")
    rows = {"kind": "concatenate", "name": "rows", "flatten": True}
    content["layers"].append(rows | {"inputs": ["skip", "dense", "mean"]})
    return Network.model_validate(content | {"name": "flattened"})


def parsed(text: str) -> Network:
    """The network of a description."""
    return Network.model_validate(tomllib.loads(text))


def described(text: str, folder: Path) -> Network:
    """The network of a description, by way of a file."""
    path = folder / "network.toml"
    path.write_text(text)
    return Network.load(path)
