"""Energy with glitches: an event-driven simulation of the mapped data path with table delays."""
