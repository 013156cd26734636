"""DEF: what is written is read again, and what a router writes is read as the manual says."""

from pathlib import Path

import pytest

from asicae.foundation.errors import BadInput
from asicae.layout.def_file import Segment, Tracks, Via, def_text, read_def
from asicae.layout.geometry import Point
from tests.layout import toys

ROUTED = """
NETS 1 ;
- n
  ( a O )
  ( b I )
+ ROUTED metal1 ( 10 20 ) ( 30 * ) via12
  NEW metal2 ( 30 20 ) ( * 50 ) ( * 70 5 ) via23 FS
  NEW metal3 TAPER ( 30 70 ) ( 10 * )
+ USE SIGNAL ;
END NETS
SPECIALNETS 1 ;
- n
+ ROUTED metal1 8 ( 10 20 ) ( * 24 ) ;
END SPECIALNETS
"""


def test_a_block_is_read_as_it_was_written(tmp_path: Path) -> None:
    block = toys.pair()
    block.nets["n"].segments.append(Segment("metal1", Point(52, 8), Point(52, 16), 8))
    path = tmp_path / "pair.def"
    tracks = Tracks("metal2", True, 0, 7, 20)
    path.write_text(def_text(block, [tracks]))
    assert "TRACKS X 0 DO 7 STEP 20 LAYER metal2 ;" in path.read_text()
    assert read_def(path) == block


def test_wires_are_read_as_the_manual_says(tmp_path: Path) -> None:
    text = def_text(toys.pair())
    path = tmp_path / "routed.def"
    path.write_text(text[: text.index("NETS 3")] + ROUTED + "END DESIGN\n")
    net = read_def(path).nets["n"]
    assert net.terminals == (("a", "O"), ("b", "I"))
    assert net.segments == [
        Segment("metal1", Point(10, 20), Point(30, 20)),
        Segment("metal2", Point(30, 20), Point(30, 50)),
        Segment("metal2", Point(30, 50), Point(30, 70)),
        Segment("metal3", Point(30, 70), Point(10, 70)),
        Segment("metal1", Point(10, 20), Point(10, 24), 8),
    ]
    assert net.vias == [
        Via("via12", Point(30, 20), "metal1"),
        Via("via23", Point(30, 70), "metal2"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("END DESIGN", "", "ends within a statement"),
        ("DESIGN pair ;\n", "", "has no DESIGN"),
        ("- b inv", "- a inv", "COMPONENTS: a name stands there twice"),
        ("( 60 0 ) N", "( 60 0 ) X", "b: orientation 'X'"),
        ("( 60 0 )", "( 60 )", "a place has two numbers"),
        ("( 60 0 )", "( 60 0", "a bracket stays open"),
        ("( 60 0 )", "( * 0 )", "there is none"),
        ("( 60 0 )", "( 99999999999 0 )", "too large"),
        ("+ PLACED ( 60 0 ) N", "", "b: is not placed"),
        ("metal1 ( 52 12 ) ( 66 12 )", "metal1 ( 52 12 ) ( 66 13 )", "net n: a wire is slanted"),
        ("metal1 ( 52 12 ) ( 66 12 )", "metal1 via12", "net n: a via before the first place"),
        (
            "metal1 ( 52 12 ) ( 66 12 )",
            "metal1 ( 52 12 ) RECT ( 0 0 1 1 )",
            "RECT is not supported",
        ),
        ("  ( b I )", "  ( b )", "net n: a terminal has two words"),
        ("END NETS", "END PINS", "NETS: found"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = def_text(toys.pair())
    assert old in text
    path = tmp_path / "damaged.def"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(BadInput, match=said) as refused:
        read_def(path)
    assert str(path) in str(refused.value)
