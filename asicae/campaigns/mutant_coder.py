"""Compares an exported encoder with its algorithm, in a process that may be ended where the encoder
never ends.

    python -m asicae.campaigns.mutant_coder RTL NAME SEED EVENTS CACHE ANSWER

RTL is the folder of that in an export of the encoder NAME of ``judged_coders``, as it is to be
judged. ANSWER becomes a file with what is wrong in one line, or with nothing.
"""

import signal
import sys
from pathlib import Path

from asicae.campaigns.judged_coders import JUDGED_CODERS
from asicae.campaigns.mutant_chip import LIMIT_S
from asicae.concentrator.silicon.events import drawn_events
from asicae.foundation.errors import CheckFailed
from asicae.foundation.files import write_text
from asicae.foundation.process_group import end_with_starter
from asicae.simulation.coder.comparison import coder_library, compare_coder


def main() -> None:
    """Write what differs, with events of the seed."""
    end_with_starter()
    rtl, cache, answer = (Path(sys.argv[place]) for place in (1, 5, 6))
    design, seed, events = JUDGED_CODERS[sys.argv[2]], int(sys.argv[3]), int(sys.argv[4])
    calq = drawn_events(design.settings, events, seed)
    wrong = ""
    try:
        coder_library(rtl, cache, quick=True)  # compiled without the limit
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
        compare_coder(design, rtl, calq, seed, cache, quick=True)
    except CheckFailed as error:
        wrong = str(error).splitlines()[0]
    write_text(answer, wrong)


if __name__ == "__main__":
    main()
