"""Closures of a made-up package: what counts as needed, and what does not."""

from pathlib import Path

import pytest

from asicae.foundation.import_closure import Sources

FILES = {
    "asicae/__init__.py": "",
    "asicae/py.typed": "",
    "asicae/a/__init__.py": "",
    "asicae/a/plain.py": "",
    "asicae/a/other.py": "import json\n",
    "asicae/a/data/table.toml": "",
    "asicae/a/inner/__init__.py": "",
    "asicae/a/inner/deep.py": "",
    "asicae/a/inner/text.j2": "",
    "asicae/b/__init__.py": "from asicae.a.inner import deep\n",
    "asicae/b/used.py": "",
    "rtl/one.v": "",
    "hls/one.hpp": "",
    "verification/plan.yaml": "",
    "verification/bench.py": "from asicae.a import other\n",
}
PACKAGE = {"asicae/__init__.py", "asicae/py.typed"}
A = {*PACKAGE, "asicae/a/__init__.py", "asicae/a/data/table.toml"}
INNER = {"asicae/a/inner/__init__.py", "asicae/a/inner/text.j2", "asicae/a/inner/deep.py"}
B = {*A, *INNER, "asicae/b/__init__.py"}
BENCHES = {"verification/plan.yaml", "verification/bench.py"}
CASES = {
    "nothing": ("x = 1\n", PACKAGE),
    "import": ("import asicae.a.plain\n", {*A, "asicae/a/plain.py"}),
    "from a module": ("from asicae.a.plain import f\n", {*A, "asicae/a/plain.py"}),
    "from a package": (
        "from asicae.a import plain as p, other\n",
        {*A, *{"asicae/a/plain.py", "asicae/a/other.py"}},
    ),
    "in a function": ("def f():\n    import asicae.a.plain\n", {*A, "asicae/a/plain.py"}),
    "in a handler": (
        "try:\n    x = 1\nexcept OSError:\n    import asicae.a.plain\n",
        {*A, "asicae/a/plain.py"},
    ),
    "in a match": (
        "match x:\n    case 1:\n        import asicae.a.plain\n",
        {*A, "asicae/a/plain.py"},
    ),
    "of a package above": ("import asicae.b.used\n", {*B, "asicae/b/used.py"}),
    "relative": ("from .a import plain\n", {*A, "asicae/a/plain.py"}),
    "for the type checker": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import asicae.a.plain\n",
        PACKAGE,
    ),
    "in place of the type checker's": (
        "import typing\nif typing.TYPE_CHECKING:\n    import asicae.b\nelse:\n"
        "    import asicae.a.plain\n",
        {*A, "asicae/a/plain.py"},
    ),
    "a child process": (
        "command = [python, '-m', 'asicae.a.plain']\n",
        {*A, "asicae/a/plain.py"},
    ),
    "an owner of templates": ('PackageLoader("asicae.a")\n', A),
    "a text that is no module": ('"asicae.nothing", "asicae.a is a package"\n', PACKAGE),
    "a listed package": (
        "from asicae.a import inner\nlist(inner.__path__)\n",
        {*A, *INNER},
    ),
    "a listed package of others": ("import json\njson.__path__, x.__path__\n", PACKAGE),
    "an asset": ('asset_folder("rtl")\n', {*PACKAGE, "rtl/one.v"}),
    "an asset of a module": ('assets.asset_folder("hls") / "x"\n', {*PACKAGE, "hls/one.hpp"}),
    "benches with what they import": (
        'asset_folder("verification")\n',
        {*A, "asicae/a/other.py", *BENCHES},
    ),
    "any asset": (
        "def f(kind):\n    return asset_folder(kind)\n",
        {*A, "asicae/a/other.py", "rtl/one.v", "hls/one.hpp", *BENCHES},
    ),
}


def package(root: Path, wheel: bool = False) -> Path:
    """The made-up package, as a checkout or as it is installed."""
    for name, text in FILES.items():
        inside = wheel and not name.startswith("asicae/")
        path = root / "asicae" / "_assets" / name if inside else root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root / "asicae"


@pytest.mark.parametrize("wheel", [False, True], ids=["checkout", "wheel"])
@pytest.mark.parametrize("case", CASES)
def test_a_module_needs(case: str, wheel: bool, tmp_path: Path) -> None:
    text, expected = CASES[case]
    folder = package(tmp_path, wheel)
    module = folder / "module.py"
    module.write_text(text)
    assert Sources(folder).closure(module).keys() == {"asicae/module.py", *expected}


def test_a_module_outside_has_its_bare_name(tmp_path: Path) -> None:
    module = tmp_path / "mine" / "stage.py"
    module.parent.mkdir()
    module.write_text("from asicae.a import plain\n")
    found = Sources(package(tmp_path)).closure(module)
    assert found.keys() == {"stage.py", *A, "asicae/a/plain.py"}


def test_a_circle_ends(tmp_path: Path) -> None:
    folder = package(tmp_path)
    (folder / "a" / "plain.py").write_text("import asicae.module\n")
    (folder / "module.py").write_text("import asicae.a.plain\n")
    assert "asicae/a/plain.py" in Sources(folder).closure(folder / "module.py")


def test_names_and_contents_make_the_digest(tmp_path: Path) -> None:
    folder = package(tmp_path)
    module = folder / "module.py"
    module.write_text("from asicae.a import plain\n")
    found = [Sources(folder).digest(module)]
    (folder / "a" / "plain.py").write_text("VALUE = 1\n")
    found.append(Sources(folder).digest(module))
    (folder / "a" / "data" / "table.toml").rename(folder / "a" / "data" / "other.toml")
    found.append(Sources(folder).digest(module))
    (folder / "b" / "used.py").write_text("VALUE = 1\n")  # not needed
    assert Sources(folder).digest(module) == found[-1]
    assert len(set(found)) == 3


def test_what_is_written_over_it_since_is_not_what_a_process_has_loaded(tmp_path: Path) -> None:
    folder = package(tmp_path)
    module = folder / "a" / "plain.py"
    before = Sources(folder).digest(module)
    sources = Sources(folder)
    sources.read()
    module.write_text("x = 2\n")
    assert sources.digest(module) == before != Sources(folder).digest(module)
