"""Detects images that are inverted, compared with the training images."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isqrt

from mnistcnn._types import Array, Classifier, ImageShape
from mnistcnn.cli._messages import say

N_EXAMINED = 1000
# An accuracy below which something may be wrong with the images, and by how much inverting them
# must raise it.
LOW_ACCURACY, MIN_GAIN = 0.5, 0.3


def warn_of_other_polarity(X: Array, X_test: Array) -> bool:
    """Warn if the test images are inverted, compared with the training images.

    Tell whether. It takes no training, whatever the classifier makes of pixels.
    """
    from mnistcnn.preprocessing import TrainingPixels, look_inverted, pixel_statistics, some_of

    some = some_of(X, N_EXAMINED)
    training = TrainingPixels((some.min(), some.max()), pixel_statistics(some))
    image_shape = _image_shape(X_test)
    if image_shape is None or not look_inverted(training, _rows(X_test), image_shape):
        return False
    is_light = some.mean() < (some.min() / 2 + some.max() / 2)
    test, known = ("dark ink on light", "light ink on dark")[:: 1 if is_light else -1]
    say(
        f"warning: the test images show {test}, and the training images {known}, so the "
        "predictions are likely to be wrong; DigitNormalizer brings images to one form."
    )
    return True


@contextmanager
def polarity_was_told() -> Iterator[None]:
    """Suppress the warnings that `warn_of_other_polarity` has already issued."""
    from mnistcnn import PixelRangeWarning

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The images show", PixelRangeWarning)
        yield


def looks_inverted(classifier: Classifier, X: Array) -> bool:
    """Tell whether a classifier warns, as it predicts, that light and dark are exchanged."""
    from mnistcnn.preprocessing import look_inverted, training_pixels_of

    image_shape = getattr(classifier, "image_shape_", None)
    known = training_pixels_of(classifier)
    return image_shape is not None and look_inverted(known, _rows(X), image_shape)


def warn_if_better_inverted(
    predict: Callable[[Array], Array], X: Array, y: Array, accuracy: float
) -> None:
    """Warn where the accuracy would be much higher on inverted images, by the first thousand."""
    if accuracy >= LOW_ACCURACY:
        return
    some = X[:N_EXAMINED]
    inverted = some.max() - (some - some.min())
    with polarity_was_told():
        accuracy_inverted = float((predict(inverted) == y[:N_EXAMINED]).mean())
    if accuracy_inverted > accuracy + MIN_GAIN:
        say(
            f"warning: with inverted pixels the accuracy would be {100 * accuracy_inverted:.0f} %, "
            "so the images show dark ink and the classifier was trained on light ink, or vice "
            "versa; DigitNormalizer brings images to one form."
        )


def _rows(X: Array) -> Array:
    return X.reshape(len(X), -1)


def _image_shape(X: Array) -> ImageShape | None:
    """Return height, width and channels; None for rows of no square number of pixels."""
    if X.ndim > 2:
        return X.shape[1], X.shape[2], X[0].size // (X.shape[1] * X.shape[2])
    side = isqrt(X.shape[1])
    return (side, side, 1) if side * side == X.shape[1] else None
