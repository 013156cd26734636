"""The smallest description that is a whole chip: what is built of it is built soon."""

TINY = """
name = "tiny"
arrangement = "flat"
input = "ufixed<4,1,TRN,SAT>"
[[layers]]
kind = "dense"
name = "dense"
units = 2
weight = "fixed<3,1>"
bias = "fixed<3,1>"
output = "ufixed<5,1>"
relu = true
"""
