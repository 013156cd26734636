"""Settings of a comparison."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from asicae.concentrator.algorithms.classical import ClassicalAlgorithm
from asicae.concentrator.algorithms.table import ALGORITHMS, settings_from
from asicae.concentrator.settings import ConcentratorSettings
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import Exact
from asicae.module.link_map import class_links


def _links(value: Any) -> Any:
    """Trigger links of a class that is named, or given by them."""
    if type(value) not in (str, int):
        return value
    try:
        return class_links(str(value))
    except BadInput as error:
        raise ValueError(str(error)) from None


def _settings(algorithm: str, links: str, values: Mapping[str, Any]) -> ConcentratorSettings:
    """Settings that are given for a comparison.

    Raises:
        BadInput: naming what does not fit.
    """
    where = f"given.{algorithm}.{links}"
    known = ALGORITHMS.get(algorithm)
    if not isinstance(known, ClassicalAlgorithm) or known.variable_rate or known.is_reference:
        raise BadInput(f"{where}: allowed are algorithms of fixed rate that need no network")
    if not (links.isascii() and links.isdecimal() and len(links) < 3):
        raise BadInput(f"{where}: allowed is a number of links")
    for name in ("alg_type", "links"):
        if name in values:
            raise BadInput(f"{where}.{name}: stands in the name of the table already")
    return settings_from({**values, "alg_type": algorithm, "links": int(links)}, where)


def _given(value: Any) -> Any:
    """Tables of settings, each of which fits its algorithm."""
    tables = value if isinstance(value, dict) else {}
    try:
        for algorithm, by_links in tables.items():
            for links, values in by_links.items() if isinstance(by_links, dict) else ():
                if isinstance(values, dict):
                    _settings(algorithm, links, values)
    except BadInput as error:
        raise ValueError(str(error)) from None
    return value


Given = Annotated[dict[str, dict[str, dict[str, bool | int | str]]], BeforeValidator(_given)]
ModuleClass = Annotated[int, BeforeValidator(_links)]


class CompareSettings(Exact):
    """How the classical algorithms are compared with the autoencoder.

    Attributes:
        choice_events: validation modules on which settings and decodings are chosen.
        spreading_epochs: passes of the network that spreads what was not sent; 0 leaves it out.
        spreading_seed: of that network.
        pileup_seed: of the modules of pileup 200 on which everything is measured once more.
        classes: of modules on which everything is measured once more, by name or trigger links;
            nothing is trained for them.
        class_events: modules of each to measure on.
        given: settings of an algorithm of fixed rate, by its name and its links, that are taken
            instead of those that compete: ``{"adaptive_choice": {"5": {"most_cells": 28}}}``.
    """

    choice_events: Annotated[int, Field(ge=1)] = 800
    spreading_epochs: Annotated[int, Field(ge=0)] = 10
    spreading_seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    pileup_seed: Annotated[int, Field(ge=0, lt=2**63)] = 12
    classes: tuple[ModuleClass, ...] = (5, 7)
    class_events: Annotated[int, Field(ge=100)] = 1_500
    given: Given = Field(default_factory=dict)

    def given_to(self, algorithm: str, links: int) -> ConcentratorSettings | None:
        """The settings of an algorithm at a number of links that were given, if any were."""
        values = self.given.get(algorithm, {}).get(str(links))
        return None if values is None else _settings(algorithm, str(links), values)
