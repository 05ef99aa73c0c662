"""A scikit-learn classifier that runs a trained network in onnxruntime."""

import json
import os
from math import prod
from typing import Any, Self

import numpy as np
from joblib import cpu_count
from numpy.typing import NDArray

from mnistcnn._onnxruntime import load_onnxruntime
from mnistcnn._types import Images, ImageShape, Labels
from mnistcnn.preprocessing import TrainingPixels, read_pixels

__all__ = ["OnnxClassifier"]

# What the layers compute of more images no longer fits into a processor's caches.
AT_ONCE = 32
# The metadata of the file that are read, each as JSON.
TOLD = ("classes", "image_shape", "pixel_range", "pixel_statistics")


class OnnxClassifier:
    """Predicts like the exported `DigitCNNClassifier`, within the rounding of float32.

    It checks images and issues warnings in the same way. Several threads may use it at the same
    time.

    Parameters
    ----------
    content : bytes
        What `scripts/export_pretrained.py` has written.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    image_shape_ : tuple of 3 int
        Height, width and channels of one image.
    n_features_in_ : int
        Pixels of one image.
    pixel_statistics_ : tuple of 2 float
        Mean and standard deviation of the pixels that it was trained on.

    Examples
    --------
    >>> from mnistcnn import load_sample_digits
    >>> from mnistcnn.pretrained import load_without_keras
    >>> load_without_keras("digits").predict(load_sample_digits().images[:3])
    array([0, 1, 2])
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._session = _session(content)
        metadata = self._session.get_modelmeta().custom_metadata_map
        told = {name: json.loads(metadata[name]) for name in TOLD}
        self.classes_ = np.array(told["classes"])
        self.image_shape_: ImageShape = tuple(told["image_shape"])
        self.n_features_in_ = prod(self.image_shape_)
        self.pixel_statistics_: tuple[float, float] = tuple(told["pixel_statistics"])
        self._training_pixels = TrainingPixels(tuple(told["pixel_range"]), self.pixel_statistics_)

    def fit(self, X: Images, y: Labels) -> Self:  # noqa: ARG002
        """Stay as it is, as `sklearn.frozen.FrozenEstimator` does."""
        return self

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return no parameters: the file determines everything."""
        return {}

    def predict(self, X: Images) -> NDArray[Any]:
        """Return the most probable label of each image."""
        labels: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels

    def predict_proba(self, X: Images) -> NDArray[np.float64]:
        """Return the probability of each class: float64 of shape (n, n_classes).

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images.
        """
        images = read_pixels(self, X).reshape(-1, *self.image_shape_)
        starts = range(0, len(images), AT_ONCE)
        answers = np.concatenate([self._answers(images[i : i + AT_ONCE]) for i in starts])
        precise = answers.astype(np.float64)
        normalized: NDArray[np.float64] = precise / precise.sum(axis=1, keepdims=True)
        return normalized

    def _answers(self, images: NDArray[Any]) -> NDArray[np.float32]:
        given = {"images": images.astype(np.float32, copy=False)}
        (probabilities,) = self._session.run(["probabilities"], given)
        return np.asarray(probabilities)

    def __reduce__(self) -> tuple[type[Self], tuple[bytes]]:
        """Let copies and other processes create their own session."""
        return type(self), (self._content,)

    def __sklearn_clone__(self) -> Self:
        """Return itself, as `sklearn.frozen.FrozenEstimator` does: nothing trains it."""
        return self

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that it is a classifier that need not be fitted."""
        from sklearn.utils import ClassifierTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=False),
            classifier_tags=ClassifierTags(),
            requires_fit=False,
        )


def _session(content: bytes) -> Any:
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = _share_of_cores()
    # Threads that wait for work by spinning take the processor from what prepares the images.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _share_of_cores() -> int:
    """Return the number of cores for this process, by its launcher's settings or the system's."""
    stated = os.environ.get("OMP_NUM_THREADS", "")
    return int(stated) if stated.isdigit() and int(stated) else int(cpu_count())
