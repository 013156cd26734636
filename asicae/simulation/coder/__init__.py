"""The exported encoder of an algorithm, verilated and compared with the algorithm itself."""
