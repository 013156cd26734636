"""What the sensor sends: geometry, codes, calibration, shower source, file readers."""
