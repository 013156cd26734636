"""A training that takes seconds."""

from asicae.training.settings import TrainSettings

LINKS = (1, 2, 3, 4, 5)
SETTINGS = TrainSettings(
    seed=3, epochs=6, batch=256, hidden=(64,), warm_up=10, next_epochs=2, fine_tune_epochs=2
)
