"""The HLS templates with ac_types, those of Catapult, as an engine."""

from asicae.simulation.engines.hls import HlsEngine


class AcTypes(HlsEngine):
    """ac_types hold every network."""

    name = types = "ac"
    share = 0.2
