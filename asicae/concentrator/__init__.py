"""The chip around the encoder, in integers: normaliser, module sum, links."""
