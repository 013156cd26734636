"""Runs one Yosys script in this process: ``python -m asicae.estimation.yosys_process SCRIPT LOG``.

A process of its own, because Yosys ends its process on an error and keeps its memory.
"""

import os
import sys
from pathlib import Path

from asicae.foundation.process_group import end_with_starter


def main() -> None:
    """Run the commands of the script (one a line) on an empty design; output goes to the log."""
    end_with_starter()
    script, log = Path(sys.argv[1]), Path(sys.argv[2])
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
