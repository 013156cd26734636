"""Runs one Yosys script: ``python -m asicae.estimation.yosys_process SCRIPT LOG SECONDS``.

A process of its own, because Yosys ends its process on an error and keeps its memory.  It and each
process that it starts may use that many seconds of processor time.
"""

import os
import resource
import sys
from pathlib import Path

from asicae.foundation.process_group import end_with_starter


def main() -> None:
    """Run the commands of the script (one a line) on an empty design; output goes to the log."""
    end_with_starter()
    script, log, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
    with log.open("wb") as stream:
        # Yosys prints from C++, past sys.stdout.
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
        from pyosys import libyosys

        design = libyosys.Design()
        for line in script.read_text().splitlines():
            libyosys.run_pass(line, design)
        # Tearing the library down in a Python process ends in a segmentation fault (pyosys 0.70);
        # every file is written by now.
        os._exit(0)


if __name__ == "__main__":
    main()
