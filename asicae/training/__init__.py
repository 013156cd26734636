"""QKeras autoencoder: model, losses, fitting, metrics, lowering to integers."""
