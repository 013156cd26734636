"""Every number of the detector: its layers, modules and sensors.

What of it was published has its source, the rest is ours:

    [PDG] Review of Particle Physics, "Passage of particles through matter".
    [TDR] CMS, The Phase-2 Upgrade of the CMS Endcap Calorimeter, CERN-LHCC-2017-023
        (CMS-TDR-019), and its later version of 47 layers.
    [GEO] the public geometry description in CMSSW, github.com/cms-sw/cmssw,
        Geometry/HGCalCommonData/data, version 17 (``hgcal.xml``, ``hgcalEE.xml``).
    [CFG] public settings in CMSSW: ``HGCalUncalibRecHit_cfi``, ``HGCalRecHit_cfi``.
    [OCC] github.com/mhassans/hgcal-linkmapping, ``average_tcs_sil_v11_relval_neutrino_gun_
        20200625.csv``: trigger cells above 1.35 transverse MIP per module at pileup 200, full
        simulation of CMS.

A value whose text ends with "ours" is a round figure of this kit.
"""

from typing import Final

# --- Layers ------------------------------------------------------------------------------------
N_LAYERS: Final = 47
"""26 layers of the electromagnetic section CE-E and 21 of the hadronic section CE-H [TDR]."""
EM_LAYERS: Final = 26
FINE_LAYERS: Final = 11
"""Layers of CE-H with thin plates; the others are coarser [TDR]."""
EM_X0: Final = 27.7
"""Radiation lengths of CE-E [TDR]."""
EM_LENGTH: Final = 1.5
"""Interaction lengths of CE-E [TDR]."""
TOTAL_LENGTH: Final = 10.0
"""Interaction lengths of both sections [TDR]."""
LEAD_MM: Final = (2.77, *(4.97,) * 8, *(8.22,) * 4)
"""Lead in front of every odd layer of CE-E [GEO]."""
LEAD_X0_MM: Final = 5.61
"""Radiation length of lead [PDG]."""
CLADDING_X0: Final = 0.05
"""Steel and copper sheets around the lead, radiation lengths; the rest of EM_X0 lies between the
two sensors of a cassette, in front of every even layer."""
CASSETTE_MM: Final = (28.37, *(30.57,) * 8, *(33.82,) * 3, 34.82)
"""Thickness of the 13 cassettes of CE-E, of two layers each [GEO]."""
MODULE_MM: Final = 9.325
"""Thickness of one module of CE-E [GEO]; its sensor is taken in the middle."""
COOLING_MM: Final = 6.05
"""Copper plate between the two modules of a cassette [GEO]."""
FRONT_CM: Final = 321.05
"""Distance of the front face from the collision point [GEO]."""
HADRONIC_FIRST_CM: Final = 367.9
"""Sensor of layer 27, ours; CE-H lies between 361.97 and 514.05 cm [GEO]."""
HADRONIC_SPACING_CM: Final = (6.3, 8.2)
"""Distance of the thin and of the thick layers of CE-H, ours, within the same limits."""
PLATES_MM: Final = (41.5, 60.7)
"""Steel of the thin and of the thick layers of CE-H [TDR]."""
IRON_X0_PER_LENGTH: Final = 16.77 / 1.757
"""Radiation lengths in one interaction length of iron [PDG]."""
IRON_LOSS_GEV_PER_LENGTH: Final = 0.19
"""Energy a minimum ionising particle loses in one interaction length of iron: 11.4 MeV/cm [PDG]."""
FRONT_X0: Final = 1.5
"""Material in front of the calorimeter (tracker, timing layer, services), radiation lengths, ours:
it puts the depth of the largest occupancy where [OCC] has it."""
FRONT_LENGTH: Final = 0.3
"""The same material in interaction lengths, ours."""
CRITICAL_ENERGY_GEV: Final = 0.010
"""Effective critical energy of CE-E, and loss of a minimum ionising particle per radiation length
(lead 7.4, copper 19, tungsten 8 MeV [PDG]), ours."""
E_OVER_MIP: Final = (0.77, 0.84)
"""Response to electromagnetic showers relative to minimum ionising particles in CE-E and CE-H:
regional factors of [CFG]."""

# --- Modules -----------------------------------------------------------------------------------
MODULE_PITCH_CM: Final = 16.74
"""Distance of neighbouring 8-inch modules [GEO]."""
ETA_RANGE: Final = (1.5, 3.0)
"""Acceptance [TDR]."""
EM_EDGE_CM: Final = 152.33
"""Outer radius of the silicon at the front face [GEO], growing behind it by"""
EM_EDGE_SLOPE: Final = (175.32 - 152.33) / (387.75 - 321.05)
"""cm per cm [GEO]."""
MIXED_EDGES_CM: Final = (*(153.7,) * 4, *(137.9,) * 2, *(120.8,) * 4, *(104.6,) * 4)
"""Outer radius of the silicon in layers 34 to 47, where scintillator takes over [GEO]."""
THICKNESS_RADII_CM: Final = (70.0, 100.0)
"""Sensors of 120 µm (high density) inside the first radius, of 200 µm inside the second, of 300 µm
beyond [TDR]."""
MIN_PRESENT_CELLS: Final = 12
"""A partial module with fewer trigger cells than this is not built, ours."""

# --- Sensors -----------------------------------------------------------------------------------
THICKNESS_UM: Final = (120, 200, 300)
MIP_FC: Final = (1.25, 2.57, 3.88)
"""Most probable charge of a minimum ionising particle by sensor thickness [CFG]."""
CELLS_PER_TRIGGER_CELL: Final = (9, 4, 4)
"""Sensor cells that are summed by sensor thickness: high density, low density [TDR]."""
