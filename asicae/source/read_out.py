"""What the front end sends of signals in modules, as readouts."""

import numpy as np
import numpy.typing as npt

from asicae.module import detector
from asicae.readout.readouts import Readouts
from asicae.source import frontend
from asicae.source.dead_cells import dead_cells_at
from asicae.source.settings import SourceSettings

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def read_out(
    settings: SourceSettings,
    modules: detector.Modules,
    mips: Array,
    energy: Array,
    collisions: Integers,
    rng: np.random.Generator,
    event: Integers | None = None,
) -> Readouts:
    """Readouts of n modules, without the empty ones where the settings say so.

    Args:
        settings: of the source.
        modules: the n modules.
        mips: signals [n, 48] in MIP.
        energy: of the signal in each module, GeV.
        collisions: mean of the crossing of each.
        rng: source of the noise.
        event: number of the event of each; none is known by default.
    """
    chain = frontend.FrontEnd(
        settings.threshold_mip_t,
        settings.calq_per_mip_t,
        settings.noise_scale,
        settings.saturation_fc,
    )
    dead = dead_cells_at(settings, modules.layer, modules.u, modules.v)
    sent = frontend.link_codes(mips, modules, modules.present & ~dead, chain, rng)
    readouts = Readouts(
        calq=frontend.calibrated(sent, modules.wafer_type, modules.eta, settings.calq_per_mip_t),
        layer=modules.layer.astype(np.int16),
        wafer_u=modules.u.astype(np.int16),
        wafer_v=modules.v.astype(np.int16),
        wafer_type=modules.wafer_type.astype(np.int8),
        high_density=detector.HIGH_DENSITY[modules.wafer_type],
        eta=modules.eta.astype(np.float32),
        sim_energy=energy.astype(np.float32),
        pileup=collisions.astype(np.int16),
        partial=np.asarray(~modules.present.all(axis=1)),
        event=np.array(-1) if event is None else event,
        source=f"asicae source {settings.model_dump_json()}",
    )
    return readouts.select((readouts.calq > 0).any(axis=1)) if settings.drop_empty else readouts
