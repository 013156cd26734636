"""The concentrator algorithms, one object a file."""
