"""A mapped netlist clock by clock, many chips at once, each with a transient of its own."""
