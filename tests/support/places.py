"""Where things lie in a checkout."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "asicae"
DATA = ROOT / "data"
SAMPLE = DATA / "sample.csv"
TESTS = ROOT / "tests"
FIXTURES = TESTS / "fixtures"
