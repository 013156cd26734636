"""A technology of two layers and a half, and a block of two cells, small enough to be seen through.

::

      y
     40 |            +--------------- metal2 at x = 60, from b/I up, then right on metal3
      0 |  a: O ===== metal1 ===== I :b
"""

from pathlib import Path

from asicae.layout.def_file import Component, Layout, Net, Port, Segment, Via
from asicae.layout.geometry import Point, Rect
from asicae.layout.lef import Lef, read_lef
from asicae.layout.netlist import Netlist

LEF = """
VERSION 5.6 ; # a comment ; with a semicolon
UNITS
  DATABASE MICRONS 1000 ;
END UNITS
MANUFACTURINGGRID 0.005 ;
PROPERTYDEFINITIONS
  LAYER SOMETHING STRING ;
END PROPERTYDEFINITIONS
LAYER poly
  TYPE MASTERSLICE ;
END poly
LAYER contact
  TYPE CUT ;
END contact
LAYER metal1
  TYPE ROUTING ;
  SPACINGTABLE
    PARALLELRUNLENGTH 0.0 0.3
      WIDTH 0.0 0.004 0.004 ;
  WIDTH 0.004 ;
  PITCH 0.010 ;
  DIRECTION HORIZONTAL ;
  RESISTANCE RPERSQ 0.38 ;
  CAPACITANCE CPERSQDIST 7.5e-05 ;
END metal1
LAYER via1
  TYPE CUT ;
END via1
LAYER metal2
  TYPE ROUTING ;
  WIDTH 0.004 ;
  PITCH 0.020 0.010 ;
  DIRECTION VERTICAL ;
END metal2
LAYER via2
  TYPE CUT ;
END via2
LAYER metal3
  TYPE ROUTING ;
  WIDTH 0.004 ;
  PITCH 0.010 ;
  DIRECTION HORIZONTAL ;
END metal3
VIA via12 DEFAULT
  LAYER metal1 ;
    RECT -0.002 -0.004 0.002 0.004 ;
  LAYER via1 ;
    RECT -0.002 -0.002 0.002 0.002 ;
  LAYER metal2 ;
    RECT -0.002 -0.002 0.002 0.002 ;
END via12
VIARULE any GENERATE
  LAYER metal1 ;
    ENCLOSURE 0.1 0.1 ;
END any
SITE core
  SIZE 0.01 BY 0.1 ;
END core
MACRO inv
  CLASS core ;
  ORIGIN 0.010 0 ;
  SIZE 0.040 BY 0.040 ;
  PIN I
    DIRECTION INPUT ;
    PORT
      LAYER metal1 ;
        POLYGON -0.006 0.010 0.002 0.010 0.002 0.022 -0.002 0.022 -0.002 0.014 -0.006 0.014 ;
    END
  END I
  PIN O
    DIRECTION OUTPUT ;
    PORT
      LAYER metal1 ;
        RECT 0.020 0.010 0.024 0.022 ;
    END
  END O
  PIN VDD
    USE power ;
    PORT
      LAYER metal1 ;
        RECT -0.010 0.036 0.030 0.044 ;
    END
  END VDD
  PIN VSS
    USE ground ;
    PORT
      LAYER metal1 ;
        RECT -0.010 -0.004 0.030 0.004 ;
    END
  END VSS
  OBS
    LAYER metal1 ;
      RECT 0.008 0.008 0.014 0.030 ;
  END
END inv
END LIBRARY
"""


def lef(folder: Path) -> Lef:
    """The technology, read from a file."""
    path = folder / "toy.lef"
    path.write_text(LEF)
    return read_lef(path)


NETLIST = Netlist(
    "pair",
    {"a": "inv", "b": "inv"},
    {"in_i": "INPUT", "out_o": "OUTPUT"},
    {
        "in_i": (("a", "I"), ("PIN", "in_i")),
        "n": (("a", "O"), ("b", "I")),
        "out_o": (("b", "O"), ("PIN", "out_o")),
    },
)


def pair() -> Layout:
    """Two inverters side by side, routed: a at x = 20, b at x = 60, both in the lowest row."""
    return Layout(
        "pair",
        1000,
        Rect(0, 0, 120, 60),
        {"a": Component("inv", Point(20, 0), "N"), "b": Component("inv", Point(60, 0), "N")},
        {
            "in_i": Port("in_i", "INPUT", "metal3", Rect(0, 48, 12, 52)),
            "out_o": Port("out_o", "OUTPUT", "metal3", Rect(108, 48, 120, 52)),
        },
        {
            "in_i": Net(
                NETLIST.nets["in_i"],
                [
                    Segment("metal2", Point(30, 15), Point(30, 50)),
                    Segment("metal3", Point(10, 50), Point(30, 50)),
                ],
                [Via("via12", Point(30, 15), "metal1"), Via("via23", Point(30, 50), "metal2")],
            ),
            "n": Net(NETLIST.nets["n"], [Segment("metal1", Point(52, 12), Point(66, 12))]),
            "out_o": Net(
                NETLIST.nets["out_o"],
                [
                    Segment("metal2", Point(92, 15), Point(92, 50)),
                    Segment("metal3", Point(92, 50), Point(110, 50)),
                ],
                [Via("via12", Point(92, 15), "metal1"), Via("via23", Point(92, 50), "metal2")],
            ),
        },
        {
            "via23": (
                ("metal2", Rect(-2, -2, 2, 2)),
                ("via2", Rect(-2, -2, 2, 2)),
                ("metal3", Rect(-2, -2, 2, 2)),
            )
        },
    )
