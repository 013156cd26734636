"""Models of HGQ2 as those of QKeras, which the reading knows."""
