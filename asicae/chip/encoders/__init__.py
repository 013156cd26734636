"""Pipelines of the encoder, one a file: same ports, registers, image and words.

They differ in where the register ranks stand, what that makes of the latency, and what the ranks
hold.
"""
