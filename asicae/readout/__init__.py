"""Events: readouts in memory, their files in any format, selection, conversion, description."""
