"""Predicts with several fitted classifiers in one compiled pass."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mnistcnn._training.inference import BUCKETS, Inference, ModelsSideBySide
from mnistcnn._training.network import Network
from mnistcnn._types import Images
from mnistcnn.classifier._estimator import DigitCNNClassifier
from mnistcnn.classifier._out_of_memory import out_of_memory_explained
from mnistcnn.classifier._scores import as_probabilities
from mnistcnn.preprocessing import read_pixels


class JointPredictor:
    """Predicts with several fitted classifiers in one compiled pass, and keeps the program.

    Their weights are read where they are, and a classifier that is refitted is noticed. A copy,
    also one in another process, compiles for itself.
    """

    def __init__(self) -> None:
        self._latest: tuple[list[Network], Inference] | None = None

    def __reduce__(self) -> tuple[type[Self], tuple[()]]:
        """Copy and store nothing: a compiled program is of one process and of these networks."""
        return type(self), ()

    def probabilities(self, classifiers: Sequence[Any], X: Images) -> NDArray[np.float64] | None:
        """Return the same as each classifier's own `predict_proba`, to the rounding of float32.

        Parameters
        ----------
        classifiers : sequence of estimators
            Fitted ones.
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images.

        Returns
        -------
        probabilities : ndarray of shape (n, n_classifiers, n_classes), float64, or None
            None if they must predict one by one: others than `DigitCNNClassifier`, or such as
            take images of different shapes or know different labels.
        """
        if not all(type(classifier) is DigitCNNClassifier for classifier in classifiers):
            return None
        # Snapshots, for another thread may refit one of the classifiers meanwhile.
        fitted = [classifier._snapshot() for classifier in classifiers]
        if any(not _agree(fitted[0], other) for other in fitted[1:]):
            return None
        pixels, image_shape = read_pixels(fitted[0], X), fitted[0].image_shape_
        inference = self._compiled([each._network for each in fitted])
        with out_of_memory_explained(fitted[0], image_shape, min(BUCKETS[-1], len(pixels))):
            scores = inference.scores(pixels)
        return as_probabilities(scores, fitted[0]._network.emits_logits)

    def _compiled(self, networks: list[Network]) -> Inference:
        latest = self._latest
        if latest is None or latest[0] != networks:
            models = ModelsSideBySide([network.model for network in networks])
            latest = networks, Inference(models, networks[0].image_shape)
            self._latest = latest
        return latest[1]


def _agree(one: DigitCNNClassifier, other: DigitCNNClassifier) -> bool:
    """Tell whether two classifiers take the same images and know the same classes."""
    return (
        one.image_shape_ == other.image_shape_
        and one.n_features_in_ == other.n_features_in_
        and one._training_pixels.range == other._training_pixels.range
        and one._network.emits_logits == other._network.emits_logits
        and np.array_equal(one.classes_, other.classes_)
        and np.array_equal(_names(one), _names(other))
    )


def _names(classifier: DigitCNNClassifier) -> Any:
    return vars(classifier).get("feature_names_in_", ())
