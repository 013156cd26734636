"""How the learning rate goes over the steps of a training; no TensorFlow here."""

import math


def rate_at(peak: float, warm_up: int, step: int, steps: int) -> float:
    """Learning rate of a step (0..steps - 1): linear warm-up, then half a cosine to zero."""
    warm_up = min(warm_up, steps // 4)
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * (1 + math.cos(math.pi * (step - warm_up) / max(steps - warm_up, 1))) / 2
