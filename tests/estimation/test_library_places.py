"""Libraries that lie on the machine are found where kits and packages put them."""

from pathlib import Path

import pytest

from asicae.cli.doctor import findings
from asicae.estimation import library_places
from asicae.estimation.library_places import found_libraries


def test_libraries_of_packages_and_of_a_kit_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qflow, kit = tmp_path / "tech", tmp_path / "kits"
    names = ("one/lib/one__slow.lib", "one/lib/one__tt.lib.gz", "two/lib/two.lib")
    for path in (qflow / "osu" / "cells.lib", *(kit / "sky" / "libs.ref" / n for n in names)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (kit / "sky" / "libs.ref" / "three" / "lef").mkdir(parents=True)
    monkeypatch.setattr(library_places, "QFLOW", qflow)
    monkeypatch.setenv("PDK_ROOT", str(kit))
    told = {place.name: str(place) for place in found_libraries()}
    folder = kit / "sky" / "libs.ref"
    assert {name: told[name] for name in ("cells", "one", "two")} == {
        "cells": str(qflow / "osu" / "cells.lib"),
        "one": f"2 files in {folder / 'one' / 'lib'}",
        "two": str(folder / "two" / "lib" / "two.lib"),
    }
    lines = [line for name, line in findings() if name == "cell library"]
    assert lines == [f"{name}: {where}" for name, where in told.items()]
    monkeypatch.setenv("PDK_ROOT", str(tmp_path / "absent"))
    lines = [line for name, line in findings() if name == "cell library"]
    assert lines[-1] == f"none in $PDK_ROOT ({tmp_path / 'absent'})"
    monkeypatch.delenv("PDK_ROOT")
    assert [place.name for place in found_libraries()][-1] == "cells"
