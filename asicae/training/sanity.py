"""Whether a training has learned anything."""

from collections.abc import Iterable, Mapping

from asicae.foundation.errors import CheckFailed


def check_learned(metrics: Mapping[str, float | int | str], links: Iterable[int]) -> None:
    """Make sure that every set decodes closer to the truth than the mean image of all events is.

    Args:
        metrics: those of ``evaluate_all``.
        links: link counts of the sets.

    Raises:
        CheckFailed: a set that does not; names its distance, and the latents that are constant.
    """
    mean = float(metrics["emd.mean_image"])
    for count in sorted(links):
        distance = float(metrics[f"emd.autoencoder.{count}links"])
        if not distance < mean:
            raise CheckFailed(
                f"training: emd {distance:.4f} at {count} links, that of the mean image is"
                f" {mean:.4f}: nothing is learned (up to {metrics['train.dead_latents']} latents of"
                " a set are constant); train longer or on more events, or set"
                " allow_worse_than_mean = true"
            )
