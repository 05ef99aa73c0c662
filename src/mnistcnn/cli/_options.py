"""The options that several commands share, and what they mean."""

from collections.abc import Callable
from typing import Any

import click

DIGITS_PARTS = {
    "comparison": slice(None),
    "training": slice(None, 1500),
    "test": slice(1500, None),
}

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

data_option: Decorator = click.option(
    "--data",
    default="digits",
    show_default=True,
    metavar="digits|mnist|PATH",
    help="The images: digits (1,797 of them, bundled), mnist, a .csv with a label column, a .npz, "
    "or a folder of IDX files.",
)

limit_option: Decorator = click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="Take a random sample of this many images, in which every class keeps its share.",
)

random_state_option: Decorator = click.option(
    "--random-state",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Seeds samples, folds and training.",
)

epochs_option: Decorator = click.option(
    "--epochs",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How often a training passes over its images.",
)


def load_images(source: str, *, part: str, limit: int | None, random_state: int) -> tuple[Any, Any]:
    """Return the images and labels that ``--data`` and ``--limit`` name.

    Parameters
    ----------
    source : str
        As ``--data`` takes it.
    part : {"comparison", "training", "test"}
        What they are for. MNIST's test images are for tests alone. The bundled digits have no
        split of their own: all are there for comparisons, the first 1,500 for training and the
        others for tests.
    limit : int or None
        The size of a random sample in which every class keeps its share; None takes all.
    random_state : int
        Seeds the sample.
    """
    from mnistcnn.datasets import load_labelled

    X, y = load_labelled(source, subset="test" if part == "test" else "train")
    if source == "digits":
        X, y = X[DIGITS_PARTS[part]], y[DIGITS_PARTS[part]]
    if limit is None or limit >= len(y):
        return X, y
    from sklearn.utils import resample

    X, y = resample(X, y, replace=False, n_samples=limit, stratify=y, random_state=random_state)
    return X, y
