"""What the links cut from a latent, with gradients that survive the cut."""

from typing import Any

from asicae.network.fixed_point import FixedPoint
from asicae.training.backend import tf

SURROGATE_SLOPE = 4.0


def truncate_latents(latents: Any, bits: Any, kind: FixedPoint) -> Any:
    """Keep the ``bits`` most significant bits of latents; the rest becomes zero (floor).

    The gradient passes straight through. Its window is that of the encoder's own quantiser, which
    ends at the largest latent (2 - 1/256 for ufixed<9,1>) and not at the largest truncated one:
    a window that shrinks with the bits leaves most latents without gradient. A single bit passes
    the gradient of a sigmoid of slope 4 around its threshold.

    Args:
        latents: float32[n,latents], multiples of the LSB of ``kind``.
        bits: int, or a scalar int32 tensor so that one graph serves all link counts.
        kind: type of the latent.

    Returns:
        float32[n,latents].
    """
    step = tf.pow(2.0, tf.cast(kind.width - bits, tf.float32)) * kind.lsb
    kept = tf.floor(latents / step) * step
    middle = (kind.raw_min + kind.raw_max + 1) / 2 * kind.lsb
    gate = tf.sigmoid(SURROGATE_SLOPE * (latents - middle)) * step
    smooth = tf.where(tf.equal(bits, 1), gate, latents)
    return smooth + tf.stop_gradient(kept - smooth)
