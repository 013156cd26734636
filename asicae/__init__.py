"""asicae: design and verification kit for front-end ASIC autoencoders."""

__version__ = "0.1.0"
