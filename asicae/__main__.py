"""``python -m asicae``: the command line without its script."""

from asicae.cli.main import main

main()
