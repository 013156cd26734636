"""How the printers write each kind of layer: one file a kind."""
