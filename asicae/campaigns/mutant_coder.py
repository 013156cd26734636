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
from asicae.foundation.errors import CheckFailed
from asicae.foundation.files import write_text
from asicae.foundation.process_group import end_with_starter


def main() -> None:
    """Write what differs, with events of the seed."""
    end_with_starter()
    rtl, cache, answer = (Path(sys.argv[place]) for place in (1, 5, 6))
    coder, seed, events = JUDGED_CODERS[sys.argv[2]], int(sys.argv[3]), int(sys.argv[4])
    wrong = ""
    try:
        coder.compile(rtl, cache)  # without the limit
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
        coder.compare(rtl, events, seed, cache)
    except CheckFailed as error:
        wrong = str(error).splitlines()[0]
    write_text(answer, wrong)


if __name__ == "__main__":
    main()
