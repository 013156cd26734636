"""The data path of a mapped chip as one netlist: its blocks, joined as the top joins them."""

from dataclasses import dataclass, replace

import numpy as np

from asicae.chip.blocks import Block
from asicae.chip.design import Design
from asicae.estimation.netlist import ZERO, Flat, Flattener


@dataclass(frozen=True)
class DataPath:
    """Blocks of the data path and what they are fed with.

    Attributes:
        flat: the netlist; its ports are ``instance.port`` of every block, beside those of the top.
            What another block drives of a port that is entered is constant zero there.
        entering: the ports that are not all driven inside, by name: a block and the port of it.
    """

    flat: Flat
    entering: dict[str, tuple[Block, str]]


def data_path(flattener: Flattener, chip: Design) -> DataPath:
    """The data path of ``chip``; slow control and weight bank are left out."""
    top = flattener.design.top
    flat = flattener.flatten(top, {block.instance for block in chip.data_path})
    children = flattener.design.children(top)
    ports = dict(flat.ports)
    entering: dict[str, tuple[Block, str]] = {}
    for block in chip.data_path:
        own = flattener.module(children[block.instance]).ports
        inputs = (*block.inputs, *block.stored, *block.active)
        for port in (*inputs, *block.outputs):
            if port in own:
                ports[name_of(block, port)] = flat.places[block.instance][own[port]]
        for port in inputs:
            name = name_of(block, port)
            if name in ports and not flat.driven[ports[name]].all():
                free = np.where(flat.driven[ports[name]], ZERO, ports[name])
                ports[name] = free.astype(np.int32)
                entering[name] = block, port
    return DataPath(replace(flat, ports=ports), entering)


def name_of(block: Block, port: str) -> str:
    """What a port of a block is called in a data path."""
    return f"{block.instance}.{port}"
