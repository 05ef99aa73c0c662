"""Counts the parameters of networks."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mnistcnn._training.building import isolated_building
from mnistcnn._types import ImageShape
from mnistcnn.architectures import Architecture

if TYPE_CHECKING:
    from mnistcnn.classifier._estimator import DigitCNNClassifier

__all__ = ["count_parameters", "n_parameters_of"]


def count_parameters(
    architecture: Architecture | Callable[..., Any],
    image_shape: ImageShape,
    n_classes: int,
) -> int:
    """Return the number of parameters of the network for these images, trained or not.

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


def n_parameters_of(classifier: "DigitCNNClassifier") -> int:
    """Return the number of parameters of a fitted classifier's network, trained or not.

    The two numbers of the pixel scaling are none. The network stays the classifier's own, where
    reading `model_` would hand it over.

    Examples
    --------
    >>> from mnistcnn import load_pretrained
    >>> from mnistcnn.classifier import n_parameters_of
    >>> n_parameters_of(load_pretrained("parts"))
    193785
    """
    network = classifier._network
    return int(network.model.count_params() - network.pixel_layer.count_params())
