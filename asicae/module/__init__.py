"""What 48 trigger cells are: geometry, codes, calibration, groups, the detector they sit in."""
