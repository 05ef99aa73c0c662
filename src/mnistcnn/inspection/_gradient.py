"""Computes how much the score of a class changes with each pixel."""

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mnistcnn._meta_estimator import inner_estimator_with, input_of
from mnistcnn.inspection._saliency import (
    Saliency,
    WantedClasses,
    probabilities_of,
    unit_was_checked,
    wanted_classes,
)

if TYPE_CHECKING:
    from mnistcnn._types import Classifier, Images

__all__ = ["gradient_saliency", "network_and_input", "network_within"]


def gradient_saliency(
    estimator: "Classifier", X: "Images", *, classes: WantedClasses = None
) -> Saliency:
    """Map the decisive pixels by the gradient: those with which the score changes most.

    The value of a pixel is the absolute gradient of the class's score, the largest of its channels
    [1]_. This takes one forward and one backward pass, on every backend that this library trains on
    (TensorFlow, JAX and PyTorch).

    Classes and probabilities are those of `estimator`, the gradients those of the network in it:
    for a `TestTimeAugmentationClassifier`, the gradients at the unmoved image.

    Parameters
    ----------
    estimator : classifier
        A fitted `DigitCNNClassifier`, or a pipeline, search or wrapper around one.
    X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
        Images, in a form that the estimator accepts.
    classes : label or sequence of labels, default=None
        The classes for which maps of every image are computed; None means its predicted class.

    Returns
    -------
    Saliency
        Maps of absolute gradients, at least 0, in the unit of the images. For a pipeline, the
        images are those that its last step receives.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the classifier is not fitted.
    ValueError
        If `estimator` does not contain a single network, or does not know one of `classes`.

    See Also
    --------
    mnistcnn.plotting.SaliencyDisplay : Draws the maps.
    mnistcnn.inspection.occlusion_saliency : For any classifier.
    mnistcnn.DigitCNNClassifier.input_gradients : The signed gradients behind the maps.

    References
    ----------
    .. [1] K. Simonyan, A. Vedaldi and A. Zisserman, "Deep Inside Convolutional Networks:
       Visualising Image Classification Models and Saliency Maps", ICLR workshop 2014.

    Examples
    --------
    >>> from mnistcnn import load_pretrained, load_sample_digits
    >>> from mnistcnn.inspection import gradient_saliency
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> saliency = gradient_saliency(load_pretrained(), X[:2])
    >>> saliency.maps.shape, saliency.classes.ravel().tolist()
    ((2, 1, 28, 28), [0, 1])
    """
    network, given = network_and_input(estimator, X)
    # A wrapper may predict otherwise than the network in it.
    probabilities = probabilities_of(estimator, X)
    columns = wanted_classes(classes, estimator.classes_, probabilities)
    labels = estimator.classes_[columns]
    with unit_was_checked():
        gradients = [network.input_gradients(given, of_class) for of_class in labels.T]
    shape = gradients[0].shape
    rows = np.asarray(given).reshape(len(labels), -1)
    missing = int(np.prod(shape[1:])) - rows.shape[1]
    return Saliency(
        images=np.pad(rows, ((0, 0), (0, missing))).reshape(shape),
        maps=np.stack([np.abs(each).max(axis=-1) for each in gradients], axis=1).astype(np.float64),
        classes=labels,
        probabilities=np.take_along_axis(probabilities, columns, axis=1),
        method="gradient",
    )


def network_within(estimator: "Classifier") -> Any:
    """Return the `DigitCNNClassifier` with which an estimator predicts.

    An estimator that does not predict with a single one is refused, and one that is not fitted.
    """
    check_is_fitted(estimator)
    network = inner_estimator_with(estimator, "input_gradients")
    if network is None:
        raise ValueError(
            "estimator must be a DigitCNNClassifier, or a pipeline, search or wrapper around one, "
            f"got {type(estimator).__name__}; occlusion works with any classifier."
        )
    return network


def network_and_input(estimator: "Classifier", X: "Images") -> tuple[Any, Any]:
    """Return the same, and its input: the images after the steps before it."""
    network = network_within(estimator)
    return network, input_of(network, estimator, X)
