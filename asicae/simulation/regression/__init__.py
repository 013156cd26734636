"""The cocotb regression of the chip: what it is given, what is flipped on purpose, its run."""
