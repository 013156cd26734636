"""Microarchitectures of the encoder, one a file: same ports, registers, image and words.

They differ in structure alone: where the register ranks sit, what that makes of the latency, and
what the ranks hold.
"""
