"""The tests, one folder a room of the package.

``conformance/`` holds the suites that everything of a kind goes through, ``judges/`` references
that share no code with the kit, ``support/`` what tests of several rooms use: lanes and order of
the tests (``lanes``), the short run that is made once for all (``short_run``), benches and C++
programs (``rtl_harness``, ``cpp_harness``), made-up networks and models, kills at every change of a
file (``kills``) and the work that a call costs (``work``).

``make quick`` runs what builds nothing and trains nothing, ``make test`` all, a process a core.
No test looks at a clock: work is counted, and what hangs is stopped after half an hour.
"""
