"""QKeras autoencoder: model, losses, fitting, conditions, lowering to integers."""
