"""Predicts many images in batches, and reports progress."""

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from sklearn.utils import _safe_indexing, gen_batches
from sklearn.utils.validation import _num_samples

from mnistcnn._recorded_warnings import user_warnings_recorded
from mnistcnn._types import Array, Images, OnProgress

__all__ = ["OnProgress", "predict_in_batches"]

IMAGES_AT_A_TIME = 1000

FIGURE = re.compile(r"[\d.+-]+")

Method = Callable[[Images], Array]
# Of warnings: the category, and the text without its figures.
Kind = tuple[type[Warning], str]


def predict_in_batches(
    methods: Sequence[Method], X: Images, on_progress: OnProgress | None = None
) -> list[Array]:
    """Return the result of each of a classifier's methods for images.

    Parameters
    ----------
    methods : sequence of callable
        Such as `predict`.
    X : array-like of shape (n, ...)
        Images.
    on_progress : callable, default=None
        Called after each thousand images with the number done so far and the total. With None,
        all are predicted at once.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn._batches import predict_in_batches
    >>> def are_bright(images):
    ...     return images.mean(axis=1) > 127
    >>> (answers,) = predict_in_batches([are_bright], np.full((1500, 784), 200), print)
    1000 1500
    1500 1500
    >>> answers.shape, answers.all()
    ((1500,), np.True_)
    """
    if on_progress is None or not _num_samples(X):
        return [method(X) for method in methods]
    n_images = _num_samples(X)
    answers, told = [], set[Kind]()
    for batch in gen_batches(n_images, IMAGES_AT_A_TIME):
        with _each_kind_once(told):
            answers.append([method(_safe_indexing(X, batch)) for method in methods])
        on_progress(batch.stop, n_images)
    return [np.concatenate(each) for each in zip(*answers, strict=True)]


@contextmanager
def _each_kind_once(told: set[Kind]) -> Iterator[None]:
    """Issue each kind of warning once, though the figures in its text differ between batches."""
    with user_warnings_recorded() as recorded:
        yield
    for each in recorded:
        kind = (each.category, FIGURE.sub("", str(each.message)))
        if kind not in told:
            told.add(kind)
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
