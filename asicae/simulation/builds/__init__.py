"""What is compiled: the tools that are found, C++ programs, verilated benches."""
