"""The algorithms of the concentrator by name, and settings of any of them."""

from collections.abc import Mapping
from typing import Any, Final

from asicae.concentrator.algorithms.adaptive_choice import AdaptiveChoice
from asicae.concentrator.algorithms.autoencoder import Autoencoder
from asicae.concentrator.algorithms.base import ConcentratorAlgorithm
from asicae.concentrator.algorithms.best_choice import BestChoice
from asicae.concentrator.algorithms.hybrid_choice import HybridChoice
from asicae.concentrator.algorithms.networked import NetworkAlgorithm
from asicae.concentrator.algorithms.repeater import Repeater
from asicae.concentrator.algorithms.super_trigger_cell import SuperTriggerCell
from asicae.concentrator.algorithms.threshold_sum import ThresholdSum
from asicae.concentrator.settings import ConcentratorSettings
from asicae.foundation.errors import BadInput
from asicae.foundation.validation import short, validated

AnyAlgorithm = ConcentratorAlgorithm[Any, Any, Any]
AUTOENCODER: Final = Autoencoder()
"""The one that a run of the kit trains."""
HYBRID_CHOICE: Final = HybridChoice()
"""The one that it trains besides, where its settings ask for it."""
ALGORITHMS: Final[dict[str, AnyAlgorithm]] = {
    algorithm.name: algorithm
    for algorithm in (
        ThresholdSum(),
        SuperTriggerCell(),
        BestChoice(),
        Repeater(),
        AUTOENCODER,
        AdaptiveChoice(),
        HYBRID_CHOICE,
    )
}
"""In the order of their numbers in the register alg_type; behind, the kit's own."""


def algorithm_of(settings: ConcentratorSettings) -> AnyAlgorithm:
    """The algorithm that these settings are of."""
    return ALGORITHMS[settings.alg_type]


def algorithm_in(values: Mapping[str, Any], source: str = "concentrator") -> AnyAlgorithm:
    """The algorithm that named values are for; ``source`` names where they come from.

    Raises:
        BadInput: none is named, or an unknown one.
    """
    if "alg_type" not in values:
        raise BadInput(f"{source}: alg_type: field required")
    name = values["alg_type"]
    if not isinstance(name, str) or name not in ALGORITHMS:
        *most, last = (repr(known) for known in ALGORITHMS)
        allowed = f"{', '.join(most)} or {last}"
        raise BadInput(f"{source}: alg_type: found {short(name)}, input should be {allowed}")
    return ALGORITHMS[name]


def settings_from(values: Mapping[str, Any], source: str = "concentrator") -> ConcentratorSettings:
    """Settings from named values; ``source`` names where they come from.

    Raises:
        BadInput: naming the key, what was found and what is allowed.
    """
    algorithm = algorithm_in(values, source)
    own = algorithm.settings_type
    elsewhere = [
        name
        for other in ALGORITHMS.values()
        for name in other.settings_type.model_fields
        if name in values and name not in own.model_fields
    ]
    settings: ConcentratorSettings = validated(
        own, {k: v for k, v in values.items() if k not in elsewhere}, source
    )
    if elsewhere:
        allowed = ", ".join(settings.own) or "none"
        name = f"{elsewhere[0]}: is not used by {algorithm.name}"
        raise BadInput(f"{source}: {name}, allowed are {allowed}")
    return settings


def those_with_a_network() -> str:
    """The algorithms that need one, in a sentence: "the autoencoder"."""
    needing = (a for a in ALGORITHMS.values() if isinstance(a, NetworkAlgorithm))
    return " or ".join(f"the {algorithm.label.lower()}" for algorithm in needing)


def kinds(setting: str) -> list[str]:
    """What a setting that changes the layout of frames may be, the default marked as such."""
    found = []
    for algorithm in ALGORITHMS.values():
        field = algorithm.settings_type.model_fields.get(setting)
        for variant in algorithm.variants():
            if field is not None and setting in variant:
                mark = " (default)" if variant[setting] == field.default else ""
                found.append(f"{variant[setting]}{mark}")
    return found
