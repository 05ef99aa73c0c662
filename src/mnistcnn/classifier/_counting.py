"""Counts the parameters of a network that is not trained."""

from collections.abc import Callable
from typing import Any

from mnistcnn._training.global_state import isolated_building
from mnistcnn.architectures import Architecture

__all__ = ["count_parameters"]


def count_parameters(
    architecture: Architecture | Callable[..., Any],
    image_shape: tuple[int, int, int],
    n_classes: int,
) -> int:
    """Return how many parameters the network for these images has, trained or not.

    An architecture is refused if it does not build a Keras model, or needs larger images.

    Examples
    --------
    >>> from mnistcnn.architectures import Baseline
    >>> from mnistcnn.classifier import count_parameters
    >>> count_parameters(Baseline(), (28, 28, 1), 10)
    623290
    """
    build = getattr(architecture, "build", architecture)
    with isolated_building(0, "float32"):
        model = build(image_shape, n_classes)
    if not hasattr(model, "count_params"):
        raise ValueError(
            "architectures must build a keras.Model when called with (input_shape, n_classes), got "
            f"{type(model).__name__} from {architecture!r}."
        )
    return int(model.count_params())
