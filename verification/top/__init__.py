"""The whole chip: loading, streaming, comparison with golden, registers, upsets."""
