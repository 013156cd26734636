"""Hybrid Choice with a decoder that knows all charges: what it gives is told from any other's."""

from asicae.comparison.links_record import EncoderOrigin
from asicae.comparison.trained_encoders import TrainedEncoders
from asicae.comparison.trained_hybrids import TrainedHybrid
from asicae.concentrator.algorithms.hybrid_choice import HybridChoiceFields
from asicae.concentrator.charge_maps import Decode
from asicae.concentrator.transmitted import Transmitted
from asicae.export.hybrid.export import drawn_encoder
from asicae.metrics.images import Floats
from asicae.network.description import Network
from asicae.readout.readouts import Readouts
from asicae.runs.trained_encoders import StoredSet


class TrueHybrid(TrainedHybrid):
    """Its frames are sent, and all that is decoded of them is what entered."""

    def decoded(
        self, fields: HybridChoiceFields, known: Transmitted, modules: Readouts, quiet: Decode
    ) -> Floats:
        """The charges of the modules."""
        return modules.calq.astype(float)


def true_hybrid(links: int) -> TrueHybrid:
    """The network for so many links, with drawn weights."""
    network = Network.preset(f"hybrid-{links}")
    encoder = drawn_encoder({"alg_type": "hybrid_choice", "links": links}, network)
    return TrueHybrid(network, links, StoredSet(encoder.weights, None))


def with_hybrids(*numbers: int, module_class: int | None = None) -> TrainedEncoders:
    """What a run has that trained nothing else."""
    origin = EncoderOrigin(network="small", own_readouts=False, module_class=module_class, seed=11)
    hybrids = {links: true_hybrid(links) for links in numbers}
    return TrainedEncoders(Network.preset("small"), {}, origin, hybrids)
