"""Printers of the encoder of Hybrid Choice: the chip of its network, and what is around it."""
