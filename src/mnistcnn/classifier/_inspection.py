"""Input gradients, layer outputs and kernels of a fitted estimator."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length, column_or_1d

from mnistcnn._training.network_inspection import (
    BATCH_SIZE,
    kernels,
    layer_outputs,
    score_gradients,
)
from mnistcnn._types import Images, Labels
from mnistcnn.classifier._out_of_memory import out_of_memory_explained
from mnistcnn.classifier._predictions import PredictionMixin
from mnistcnn.preprocessing import read_pixels

if TYPE_CHECKING:
    from mnistcnn.classifier._estimator import DigitCNNClassifier


class InspectionMixin(PredictionMixin):
    """Computes gradients, layer outputs and kernels of the fitted network."""

    def input_gradients(self, X: Images, y: "Labels | None" = None) -> NDArray[np.float32]:
        """Return how the score of a class changes with each pixel of an image.

        The score is the logit of the class, not its probability, which could also rise because
        other classes fall [1]_. For a network that ends in softmax, it is the log-odds of the
        class.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images.
        y : array-like of shape (n,), default=None
            The class of each image whose score is differentiated; None means the predicted class.

        Returns
        -------
        gradients : ndarray of shape (n, h, w, c), float32
            Change of the score for each pixel, in the unit of the pixels of `X`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.
        ValueError
            If the images do not match those of the fit, or if labels are not among `classes_`.

        See Also
        --------
        mnistcnn.inspection.gradient_saliency : Maps of the decisive pixels, from these gradients.

        References
        ----------
        .. [1] K. Simonyan, A. Vedaldi and A. Zisserman, "Deep Inside Convolutional Networks:
           Visualising Image Classification Models and Saliency Maps", ICLR workshop 2014.

        Examples
        --------
        >>> from mnistcnn import load_pretrained, load_sample_digits
        >>> X, y = load_sample_digits(return_X_y=True)
        >>> load_pretrained().input_gradients(X[:3], y[:3]).shape
        (3, 28, 28, 1)
        """
        fitted = self._snapshot()
        pixels = fitted._pixels_of(X)
        if y is None:
            targets = fitted._network.inference.scores(pixels).argmax(axis=1)
        else:
            targets = _targets(y, fitted.classes_)
            check_consistent_length(pixels, targets)
        with fitted._out_of_memory_explained(len(pixels)):
            return score_gradients(fitted._network, pixels, targets)

    def layer_outputs(
        self, X: Images, *, layers: Sequence[str] | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """Return the outputs of the network's layers for each image.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images.
        layers : sequence of str, default=None
            Names of layers; None means all layers. A model within the network, such as a column of
            `mnistcnn.architectures.MultiColumn`, is one layer.

        Returns
        -------
        outputs : dict of str to ndarray of shape (n, ...), float32
            The output of each layer by its name, in the order of the network or of `layers`.
            Convolutions have outputs of shape (n, h, w, channels), dense layers of shape (n,
            units).

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.
        ValueError
            If the images do not match those of the fit, or if there is no such layer.

        Examples
        --------
        >>> from mnistcnn import DigitCNNClassifier, load_sample_digits
        >>> X, y = load_sample_digits(return_X_y=True)
        >>> classifier = DigitCNNClassifier("convnet", epochs=1).fit(X[:200], y[:200])
        >>> outputs = classifier.layer_outputs(X[:3])
        >>> list(outputs)[:3]
        ['conv2d', 'max_pooling2d', 'activation']
        >>> outputs["conv2d"].shape
        (3, 26, 26, 32)
        """
        fitted = self._snapshot()
        pixels = fitted._pixels_of(X)
        with fitted._out_of_memory_explained(len(pixels)):
            return layer_outputs(fitted._network, pixels, layers)

    def layer_kernels(self) -> dict[str, NDArray[np.float32]]:
        """Return the kernels of the network's layers, from the first layer to the last.

        Returns
        -------
        kernels : dict of str to ndarray, float32
            The kernel of each layer that has one, by the name of the layer. Kernels of convolutions
            have shape (h, w, channels, filters), kernels of dense layers (inputs, units).

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.

        Examples
        --------
        >>> from mnistcnn import DigitCNNClassifier, load_sample_digits
        >>> X, y = load_sample_digits(return_X_y=True)
        >>> classifier = DigitCNNClassifier("convnet", epochs=1).fit(X[:200], y[:200])
        >>> {name: kernel.shape for name, kernel in classifier.layer_kernels().items()}
        {'conv2d': (3, 3, 1, 32), 'conv2d_1': (3, 3, 32, 64), 'logits': (1600, 10)}
        """
        return kernels(self._snapshot()._network)

    def _pixels_of(self, X: Images) -> NDArray[Any]:
        return read_pixels(cast("DigitCNNClassifier", self), X)

    def _out_of_memory_explained(self, n_images: int) -> Any:
        estimator = cast("DigitCNNClassifier", self)
        return out_of_memory_explained(
            estimator, self._network.image_shape, min(BATCH_SIZE, n_images)
        )


def _targets(labels: Labels, classes: NDArray[Any]) -> NDArray[np.int32]:
    """Return the index of each label; those of another type than the classes are unknown, too."""
    known = {label: index for index, label in enumerate(classes.tolist())}
    given = column_or_1d(labels).tolist()
    unknown = sorted({label for label in given if label not in known}, key=str)
    if unknown:
        raise ValueError(
            f"y must contain only labels known to the estimator, {classes.tolist()}, but also "
            f"contains {unknown}."
        )
    return np.array([known[label] for label in given], dtype=np.int32)
