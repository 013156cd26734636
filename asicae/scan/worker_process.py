"""Works on the points in a folder: ``python -m asicae.scan.worker_process FOLDER``."""

import sys
from pathlib import Path

from asicae.foundation.errors import AsicaeError
from asicae.foundation.process_group import end_with_starter
from asicae.scan.work import do_all


def main() -> None:
    """Estimate what nobody else has begun, until nothing is left."""
    end_with_starter()
    try:
        do_all(Path(sys.argv[1]))
    except AsicaeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
