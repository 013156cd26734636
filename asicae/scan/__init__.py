"""Many chips at once: grids over description and ways to build them."""
