"""All registers but the weights, and the CRC."""
