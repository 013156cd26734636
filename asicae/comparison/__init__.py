"""The classical algorithms beside the autoencoder, at equal bandwidth."""
