"""Executions of the chip, one a file, and the table of them."""
