"""Printers of an encoder as a chip of its own: Verilog, constraints, data sheet, bench."""
