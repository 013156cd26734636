"""The description: fixed-point types, layers, derived widths, weights, golden execution."""
