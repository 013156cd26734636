"""A worker that answers with reasons; the point whose network is called `deadly` kills it."""

import os
import signal
import sys
from pathlib import Path

from asicae.foundation.process_group import end_with_starter
from asicae.scan.work import WORK, Outcome, Work, claim, outcome_file


def main() -> None:
    end_with_starter()
    folder = Path(sys.argv[1])
    work = Work.load(folder / WORK)
    for number, network in enumerate(work.networks):
        if claim(folder, number):
            if network.name == "deadly":
                os.kill(os.getpid(), signal.SIGKILL)
            if network.name == "hopeless":
                sys.exit("nothing works here")
            Outcome(reason=f"done with {network.name}").save(outcome_file(folder, number))


if __name__ == "__main__":
    main()
