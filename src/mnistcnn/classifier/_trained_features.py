"""A fitted classifier's features as an architecture, to learn other classes from."""

from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar

import keras
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from mnistcnn._scikit_learn import validate_parameters
from mnistcnn._training.network import DTYPE_POLICIES, Network
from mnistcnn._training.tensors import Tensor
from mnistcnn._training.trained_layers import as_list, trained_features
from mnistcnn._types import ImageShape
from mnistcnn.architectures import flatten, to_logits
from mnistcnn.classifier._fitted_architecture import architecture_built_by
from mnistcnn.classifier._training_config import USUAL_BETAS, USUAL_RATE, resolve_architecture

if TYPE_CHECKING:
    from mnistcnn.classifier._estimator import DigitCNNClassifier

# One layer alone bears a high rate, and with few images there are few updates.
RATE_OF_LAST_LAYER = 0.02

# What is trained already must not be led astray before the new layer has learned anything.
TRAINED_RATE_FRACTION = 0.2


class TrainedFeatures(BaseEstimator):  # type: ignore[misc]
    """The layers of a fitted classifier, with a new last layer for other classes.

    It is an architecture for transfer learning:
    ``DigitCNNClassifier(TrainedFeatures(load_pretrained()))`` learns letters, or any other labels,
    from few images. Each `fit` begins with a copy of the trained layers before the last one that
    has a kernel (in a `MultiColumn`, before the last one of each column), followed by a fully
    connected layer with fresh weights. The fitted classifier itself is never changed.

    The layers receive pixels scaled as before: the pixel scaling of the fitted classifier is kept,
    whatever the value of `pixel_scaling`, and so is its precision. Images must have the same unit,
    shape and form as those that the classifier was trained on.

    Parameters
    ----------
    fitted : DigitCNNClassifier
        The classifier whose layers are used. `clone` keeps it as it is.
    trainable : bool, default=False
        Whether the trained layers are trained further. If False, only the new layer is trained,
        which suits a few dozen images per class. Layers that are frozen in `fitted`, such as the
        batch normalization of `mnistcnn.load_pretrained`, stay frozen. This can be changed between
        two fits with `warm_start`.

    Attributes
    ----------
    learning_rate : float
        A good learning rate for Adam: 0.02 if only the new layer is trained, and with `trainable` a
        fifth of the rate of the architecture of `fitted`.
    adam_betas : tuple of (float, float)
        Decay rates of Adam's two moments, taken from the architecture of `fitted`.

    See Also
    --------
    mnistcnn.load_pretrained : A classifier with features worth reusing.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import (
    ...     DigitCNNClassifier, TrainedFeatures, load_pretrained, load_sample_digits
    ... )
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> letters = np.array(list("OIZEASGTBP"))[y]
    >>> features = TrainedFeatures(load_pretrained())
    >>> classifier = DigitCNNClassifier(features, epochs=10, random_state=0)
    >>> classifier.fit(X[:100], letters[:100]).score(X[1000:], letters[1000:]) > 0.9
    True
    >>> classifier.set_params(architecture__trainable=True).architecture.trainable
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"trainable": ["boolean"]}

    def __init__(self, fitted: "DigitCNNClassifier", *, trainable: bool = False) -> None:
        self.fitted = fitted
        self.trainable = trainable

    @property
    def learning_rate(self) -> float:
        """A good learning rate for Adam."""
        if not self.trainable:
            return RATE_OF_LAST_LAYER
        return TRAINED_RATE_FRACTION * float(
            getattr(self._architecture, "learning_rate", USUAL_RATE)
        )

    @property
    def adam_betas(self) -> tuple[float, float]:
        """Decay rates of Adam's two moments that go with `learning_rate`."""
        betas: tuple[float, float] = getattr(self._architecture, "adam_betas", USUAL_BETAS)
        return betas

    @property
    def trained_precision(self) -> str:
        """The precision in which the trained layers compute."""
        return self._network.precision

    @property
    def pixel_scaling(self) -> tuple[float, float]:
        """Offset and scale of the pixels that the trained layers see."""
        return self._network.pixel_scaling

    @property
    def _architecture(self) -> Any:
        return architecture_built_by(self._network) or resolve_architecture(
            self.fitted.architecture
        )

    @property
    def _network(self) -> Network:
        if not hasattr(self.fitted, "from_keras_model"):
            raise ValueError(
                "fitted must be a fitted DigitCNNClassifier, got "
                f"{self.fitted!r}; DigitCNNClassifier.from_keras_model wraps a keras.Model as one."
            )
        check_is_fitted(self.fitted)
        network: Network = self.fitted._network
        return network

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the parameters, without those of `fitted`, which no longer have an effect."""
        params: dict[str, Any] = super().get_params(deep=False)
        return params

    def __sklearn_clone__(self) -> "TrainedFeatures":
        """Return another one of the same fitted classifier."""
        return TrainedFeatures(self.fitted, trainable=self.trainable)

    def __deepcopy__(self, memo: dict[int, Any]) -> "TrainedFeatures":
        """Return one that a later fit of the same classifier leaves as it is."""
        return TrainedFeatures(copy(self.fitted), trainable=self.trainable)

    def build(self, input_shape: ImageShape, n_classes: int) -> keras.Model:
        """Build the Keras model: the trained layers, and the last one with fresh weights.

        Parameters
        ----------
        input_shape : tuple of (int, int, int)
            Height and width in pixels, and channels, as in `fitted`.
        n_classes : int
            Number of classes.

        Returns
        -------
        model : keras.Model
            A model from float32 images, scaled as in `fitted`, to float32 logits.

        Raises
        ------
        ValueError
            If a parameter is not allowed, or if shape or precision differ from those of `fitted`.
        NotFittedError
            If `fitted` is not fitted.
        """
        validate_parameters(self)
        network = self._network
        self._check_shape(tuple(input_shape))
        self._check_precision()
        features = trained_features(network)
        if not self.trainable:
            features.trainable = False
        image = keras.Input(features.input_shape[1:], dtype="float32")
        rows = [_as_rows(each) for each in as_list(features(image))]
        joined = rows[0] if len(rows) == 1 else keras.layers.Concatenate()(rows)
        return keras.Model(image, to_logits(joined, n_classes), name="trained_features")

    def _check_shape(self, input_shape: tuple[int, ...]) -> None:
        if input_shape != self._network.image_shape:
            raise ValueError(
                f"TrainedFeatures needs images of shape {self._network.image_shape}, those of the "
                f"fitted classifier, got {input_shape}."
            )

    def _check_precision(self) -> None:
        allowed, policy = self.trained_precision, keras.config.dtype_policy().name
        if policy != DTYPE_POLICIES[allowed]:
            raise ValueError(
                f"precision must be 'auto' or {allowed!r} for TrainedFeatures, in which the fitted "
                f"classifier computes, got {policy.removeprefix('mixed_')!r}."
            )


def _as_rows(features: Tensor) -> Any:
    return features if len(features.shape) == 2 else flatten(features)
