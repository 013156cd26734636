"""File formats of readouts: a module each, with its row of the table as ``FORMAT``."""
