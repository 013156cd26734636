"""The HLS templates with ap_types, those of Vitis HLS, as an engine."""

from asicae.simulation.engines.hls import HlsEngine


class ApTypes(HlsEngine):
    """ap_types have no RND_CONV_ODD."""

    name = types = "ap"
    share = 0.05
