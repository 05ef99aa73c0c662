"""Chooses how many images are held out of a training."""

from math import ceil

import click

from mnistcnn._types import Array

__all__ = ["VALIDATION_FRACTION", "held_out_fraction"]

# With fewer images of a class, a tenth of them may hold none of it.
MIN_IMAGES_TO_VALIDATE = 10
VALIDATION_FRACTION = 0.1


def held_out_fraction(asked: float | None, y: Array) -> float:
    """Return the fraction of the images to validate on, which must hold some of every class."""
    import numpy as np

    smallest, n_classes = np.unique(y, return_counts=True)[1].min(), len(np.unique(y))
    if asked is None:
        return VALIDATION_FRACTION if smallest >= MIN_IMAGES_TO_VALIDATE else 0.0
    n_validation = ceil(asked * len(y))
    if asked and (smallest < 2 or not n_classes <= n_validation <= len(y) - n_classes):
        raise click.UsageError(
            f"--validation-fraction {asked:g} of {len(y):,} images cannot leave images of each of "
            f"the {n_classes} classes in both parts; 0 trains on all images."
        )
    return asked
