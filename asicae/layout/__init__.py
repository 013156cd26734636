"""One block of the chip, placed and routed: what a layout costs in wire and area."""
