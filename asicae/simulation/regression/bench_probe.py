"""What a file of cocotb tests holds, found out in a process of its own.

``python -m asicae.simulation.regression.bench_probe MODULE FILE SEED``: MODULE is imported as
cocotb does it, and FILE gets JSON: its path and the names of its tests in their order,
without skipped ones and those of other modules, or why it does not import.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from asicae.foundation.process_group import end_with_starter


def look(module: str, seed: int) -> dict[str, Any]:
    """``tests`` and ``file`` of a module, or ``error``."""
    import cocotb

    # The simulation sets it before it imports a bench.
    cocotb.RANDOM_SEED = seed
    try:
        found = importlib.import_module(module)
    except BaseException as error:  # whatever a file of others does as it is imported
        return {"error": f"{type(error).__name__}: {error}"}
    own = [test.name for test in _tests(found) if test.module == module]
    return {"file": getattr(found, "__file__", None), "tests": own}


def _tests(module: ModuleType) -> Iterator[Any]:
    from cocotb.regression import Test, TestGenerator

    for member in vars(module).values():
        found = member.generate_tests() if isinstance(member, TestGenerator) else [member]
        yield from (test for test in found if isinstance(test, Test) and not test.skip)


if __name__ == "__main__":
    end_with_starter()
    Path(sys.argv[2]).write_text(json.dumps(look(sys.argv[1], int(sys.argv[3]))), encoding="utf-8")
