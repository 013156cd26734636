"""cocotb's runner in a process of its own.

The runner takes its settings from the environment and ends the process when a build fails, so it
gets an environment and a process of its own:
``python -m asicae.simulation.builds.runner_process FILE``.
"""

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asicae.foundation.process_group import end_with_starter, run_group


def run_runner(request: Mapping[str, Any], environment: Mapping[str, str], log: Path) -> int:
    """Carry out a build or test request; everything it says goes to ``log``.

    Returns the exit status of the runner's process.
    """
    with tempfile.TemporaryDirectory(prefix="asicae-runner-") as folder:
        path = Path(folder) / "request.json"
        path.write_text(json.dumps(dict(request)), encoding="utf-8")
        with log.open("wb") as stream:
            program = [sys.executable, "-m", "asicae.simulation.builds.runner_process", str(path)]
            return run_group(program, stream, environment)


def _build(request: dict[str, Any]) -> None:
    from cocotb_tools.runner import VerilatorControlFile, get_runner

    get_runner("verilator").build(
        sources=[*request["sources"], VerilatorControlFile(Path(request["control"]))],
        hdl_toplevel=request["top"],
        build_args=request["options"],
        parameters=request["parameters"],
        build_dir=request["folder"],
        waves=request["waves"],
        timescale=("1ns", "1ps"),
        log_file=request["log"],
    )


def _test(request: dict[str, Any]) -> None:
    from cocotb_tools.runner import get_runner

    get_runner("verilator").test(
        test_module=request["module"],
        test_filter=request["filter"],
        hdl_toplevel=request["top"],
        hdl_toplevel_lang="verilog",
        build_dir=request["folder"],
        test_dir=request["test_folder"],
        results_xml=request["junit"],
        seed=request["seed"],
        waves=request["waves"],
        log_file=request["log"],
        extra_env={"COCOTB_REDUCED_LOG_FMT": "1"},
    )


if __name__ == "__main__":
    end_with_starter()
    content = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    {"build": _build, "test": _test}[content["action"]](content)
