"""From the description to files: RTL, register map, constraints."""
