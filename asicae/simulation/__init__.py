"""Engines and regressions: Verilator builds and cocotb benches."""
