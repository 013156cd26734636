"""The I2C protocol of the target, on the wire."""
