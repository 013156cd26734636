"""Every number of the synthetic source: what was published, and which figures are ours.

Those of the detector stand in ``asicae/module/parameters.py``. Formulas live where they are used;
the numbers in them live here, each with its source:

    [PDG] Review of Particle Physics, "Passage of particles through matter".
    [LS] E. Longo, I. Sestili, Nucl. Instrum. Meth. 128 (1975) 283: gamma profile in depth.
    [GP] G. Grindhammer, S. Peters, hep-ex/0001020, homogeneous media.
    [B] R. K. Bock, T. Hansl-Kozanecka, T. P. Shah, Nucl. Instrum. Meth. 186 (1981) 533.
    [GRP] G. Grindhammer, M. Rudowicz, S. Peters, Nucl. Instrum. Meth. A290 (1990) 469.
    [TDR] CMS, The Phase-2 Upgrade of the CMS Endcap Calorimeter, CERN-LHCC-2017-023
        (CMS-TDR-019), and its later version of 47 layers.
    [CFG] public settings in CMSSW: ``HGCalUncalibRecHit_cfi``, ``HGCalRecHit_cfi``,
        ``hgcalDigitizer_cfi``, ``l1tHGCalVFEProducer_cfi``.
    [MB] CMS, Phys. Lett. B 751 (2015) 143 (density of charged hadrons at 13 TeV); CMS, JHEP 02
        (2010) 041 and PRL 105 (2010) 022002 (transverse momenta, and their growth with energy).
    [FF] R. D. Field, R. P. Feynman, Nucl. Phys. B136 (1978) 1: quark jets.
    [PF] CMS, JINST 12 (2017) P10003: composition of jets.
    [OCC] github.com/mhassans/hgcal-linkmapping, ``average_tcs_sil_v11_relval_neutrino_gun_
        20200625.csv``: trigger cells above 1.35 transverse MIP per module at pileup 200, full
        simulation of CMS.
    [BT] CMS HGCAL prototype in positron beams, arXiv:2111.06855.

A value whose text ends with "ours" is a round figure of this kit.
"""

from typing import Final

# --- Straggling, noise and front end -----------------------------------------------------------
NOISE_ELECTRONS: Final = (2100.0, 2100.0, 1600.0)
"""Noise of one sensor cell by sensor thickness, new detector [CFG]."""
LANDAU_WIDTH: Final = (0.14, 0.11, 0.09)
"""Width of the straggling of one crossing relative to its most probable value, ours."""
ADC_RANGE_FC: Final = 100.0
"""Charge up to which the ADC measures [CFG]."""
ADC_BITS: Final = 10
TOT_RANGE_FC: Final = 10_000.0
"""Charge up to which the time over threshold measures [CFG]; beyond, the code stays the same."""
TOT_BITS: Final = 12
FC_PER_ELECTRON: Final = 1.602e-4
THRESHOLD_MIP_T: Final = 0.6
"""A trigger cell below this transverse charge is sent as code 0, ours: 15 of 48 cells are then
left in layers 1 to 13 at pileup 200, as many as in a public capture of the codes of one module
(github.com/dnoonan08/HGCAL_Scripts, ``Example_ePortRX_Data.csv``; it holds no code below 23, so it
was cut higher, at a place with more pileup)."""
CALQ_PER_MIP_T: Final = 12.0
"""CALQ of one transverse MIP, ours."""

# --- Electromagnetic showers -------------------------------------------------------------------
MOLIERE_RADIUS_CM: Final = 2.8
"""Effective Molière radius of CE-E with its gaps [TDR]."""
ATOMIC_NUMBER: Final = 70.0
"""Effective Z at which the radial parameters are taken, ours."""
SPOT_MIPS: Final = 1.0
"""Mean charge of one spot of a shower; spots are independent, with an exponential law, ours."""
SHOWER_TERM: Final = 0.15
"""Common fluctuation of all layers of an electromagnetic shower, relative at 1 GeV, ours: particles
that cross several layers. With that of the spots it makes the stochastic term of electrons
22 % sqrt(GeV) [BT]."""
MAX_SPOTS: Final = 150
"""Spots per radial component, particle and layer; larger signals get heavier spots with the same
fluctuation of their sum, ours."""
MIN_MIPS: Final = 0.05
"""Below this mean signal a particle is not followed in its layer, ours."""
PDG_B: Final = 0.5
"""Slope of the longitudinal tail per radiation length [PDG]."""
PDG_C_ELECTRON: Final = -0.5
"""Depth of the maximum is ln(E / Ec) + C [PDG]."""
PDG_C_PHOTON: Final = 0.5
MIN_T_MAX: Final = 0.3
"""Least depth of the maximum in radiation lengths, ours."""
GP_SIGMA_T: Final = (-1.4, 1.26)
"""Spread of ln t_max: 1 / (first + second ln y), y = E / Ec [GP]."""
GP_SIGMA_A: Final = (-0.58, 0.86)
"""Spread of the logarithm of the exponent a, likewise [GP]."""
GP_RHO: Final = (0.705, -0.023)
"""Correlation of the two: first + second ln y [GP]."""
MAX_SIGMA: Final = 0.5
"""Largest spread, ours: the fits grow without bound at the lowest energies."""
GP_CORE: Final = (0.0251, 0.00319, 0.1162, -0.000381)
"""Radius of the core: first + second ln E + (third + fourth Z) tau [GP]."""
GP_TAIL: Final = (0.659, -0.00309, 0.645, -2.59, 0.3585, 0.0421)
"""Radius of the tail: k1 = first + second Z, k2, k3, k4 = fifth + sixth ln E [GP]."""
GP_SHARE: Final = (2.632, -0.00094, 0.401, 0.00187, 1.313, -0.0686)
"""Share of the core: p1 = first + second Z, p2 = third + fourth Z, p3 = fifth + sixth ln E [GP]."""
GP_ENERGIES_GEV: Final = (0.4, 400.0)
"""Range in which energies are held for the radial fits, ours."""
GP_TAUS: Final = (0.05, 4.0)
"""Range in which the relative depth is held for the radial fits, ours."""

# --- Hadronic showers --------------------------------------------------------------------------
BOCK_EXPONENT: Final = (0.6165, 0.3183)
"""Exponent of both gamma profiles: first + second ln E [B]."""
BOCK_B: Final = 0.2198
"""Slope of the electromagnetic component per radiation length [B]."""
BOCK_D: Final = (0.9099, -0.0237)
"""Slope of the hadronic component per interaction length: first + second ln E [B]."""
BOCK_SHARE: Final = 0.4634
"""Mean electromagnetic share of the energy [B]."""
BOCK_MIN_GEV: Final = 5.0
"""Below, the shape is that of 5 GeV, ours."""
SHARE_STRENGTH: Final = 5.0
"""Sum of the parameters of the beta law of the electromagnetic share: spread 0.2, ours."""
H_OVER_MIP: Final = 0.6
"""Response to the hadronic component relative to minimum ionising particles, ours."""
HADRON_TERM: Final = 1.5
"""Fluctuation of the visible hadronic component, relative at 1 GeV of it (nuclear break-up,
neutrons), ours."""
LENGTH_CM: Final = 25.0
"""Effective interaction length with its gaps, for the width of showers, ours."""
HADRON_WIDTH: Final = (0.06, 0.05)
"""Radial scale in interaction lengths: first + second times the depth behind the first interaction
(form of [GRP], figures ours)."""

# --- Particles ---------------------------------------------------------------------------------
CHARGED_PER_ETA: Final = 5.49
"""Charged hadrons per unit of pseudorapidity and inelastic collision [MB], used at every eta."""
PHOTONS_PER_CHARGED: Final = 0.95
"""About half as many neutral as charged pions, two photons each, ours."""
NEUTRALS_PER_CHARGED: Final = 0.15
"""Neutrons and long-lived kaons, ours."""
SECONDARIES: Final = 1.25
"""Factor on all three, ours: growth of the density away from the centre, secondaries of the
material in front, tracks bent into the endcap. One figure, chosen for [OCC]."""
PT_EXPONENT: Final = 6.7
"""Transverse momenta follow p (1 + p / scale)^-exponent [MB]."""
PT_MEAN_GEV: Final = 0.60
"""Mean transverse momentum of hadrons at 13 and 14 TeV: 0.413 - 0.0171 ln s + 0.00143 ln^2 s with
s in GeV^2 [MB]."""
FIELD_TESLA: Final = 3.8
"""Field of the solenoid [TDR]; it keeps slow charged particles away from large radii."""
MAX_BENT_FLUX: Final = 4.0
"""Largest enhancement of slow particles at the radius where they turn back, ours."""
PHOTON_PT_SHARE: Final = 0.5
"""Mean transverse momentum of photons relative to that of hadrons: half a pion each, ours."""
SIGNAL_MARGIN_CM: Final = 2.5
"""How far outside the circle around the module the axis of a signal may pass, ours."""
PILEUP_MARGIN_CM: Final = 1.5
"""The same for pileup, ours."""
NEUTRAL_PION_GEV: Final = 0.13498
"""Mass of the neutral pion [PDG]."""
FF_A: Final = 0.77
"""Share of the falling part in the fragmentation 1 - a + 3 a (1 - z)^2 [FF]."""
FF_SIGMA_GEV: Final = 0.35
"""Spread of each transverse component of the quark pairs [FF]."""
JET_MIN_GEV: Final = 0.3
"""Transverse momentum below which a jet stops to break up, ours."""
JET_SHARES: Final = (0.65, 0.25, 0.10)
"""Energy share of charged hadrons, photons (here from neutral pions) and neutral hadrons [PF]."""
