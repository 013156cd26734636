"""Networks, chips and trainings searched for: least distance at least area and energy.

* A search begins with a run (``base``): its events, network, chip and training. ``description``
  says from a TOML file what may differ (``space``) and what is to be small.
* ``sampling`` proposes: the choices of trial n follow from the seed, n, and the outcomes of the
  trials up to n - ``ahead``, and from nothing else. So they are the same however many processes
  there are, whichever of them is faster, and whatever was killed in between.
* ``work`` is all that a worker is told of a trial; ``trial`` does one and ``measuring`` is what is
  done: the fast model first, which costs nothing, then a training and its distances
  on held-out events. It lies in ``trials/KEY``, where KEY is of all that it follows from; what is
  there is not done again, and a training that was begun goes on from its checkpoint.
* Trials are done by workers of the room ``crew``.
* ``journal`` is Optuna's: a line for each trial that has ended, in the order of their numbers. A
  trial is in it as a whole or not at all, so that a kill leaves nothing half told.
* ``searching`` puts these together; ``record``, ``table`` and ``picture`` are what comes out.
"""
