"""The base class of architectures: parameters as in estimators, and the Keras model they define."""

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from sklearn.base import BaseEstimator

from mnistcnn._keras_start import find_devices, load_keras
from mnistcnn._scikit_learn import validate_parameter_constraints, validate_parameters
from mnistcnn._types import ImageShape
from mnistcnn.architectures._constraints import COUNT, EachCount
from mnistcnn.architectures._layers import Tensor, to_logits
from mnistcnn.architectures._windows import TracedImage

if TYPE_CHECKING:
    import keras

_BUILD_CONSTRAINTS = {"input_shape": [EachCount(3)], "n_classes": [COUNT]}


class Architecture(BaseEstimator, ABC):  # type: ignore[misc]
    """A description of a network: its layers and hyperparameters, without a Keras model.

    Like the kernel of a Gaussian process, an architecture is a parameter of an estimator. It has
    `get_params` and `set_params`, can be cloned and compared, and its hyperparameters are set as
    ``architecture__dropout`` and so on. `build` checks their values.

    A subclass of your own sets `name`, takes its hyperparameters in the constructor as a
    scikit-learn estimator does, and defines ``_features(image)``: all layers but the last, from a
    Keras tensor of images to one of shape (n, n_features). It may also set `minimum_image_size`,
    `learning_rate`, `adam_betas` and scikit-learn's ``_parameter_constraints``.

    Attributes
    ----------
    name : str
        The name in the registry, and of the Keras model. A class attribute.
    learning_rate : float, default=0.001
        A good learning rate for Adam: the peak of a one-cycle schedule. A class attribute, not a
        parameter.
    adam_betas : tuple of (float, float), default=(0.9, 0.999)
        Decay rates of Adam's two moments that go with `learning_rate`. A class attribute.

    Examples
    --------
    >>> from mnistcnn.architectures import Simple
    >>> architecture = Simple(filters=16)
    >>> architecture
    Simple(filters=16)
    >>> architecture == Simple(dropout=0.3).set_params(filters=16, dropout=0.2)
    True
    >>> model = architecture.build((28, 28, 1), 10)
    >>> model.name, model.output_shape, model.count_params()
    ('simple', (None, 10), 296746)
    """

    name: ClassVar[str]
    learning_rate: ClassVar[float] = 1e-3
    adam_betas: ClassVar[tuple[float, float]] = (0.9, 0.999)
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}

    @property
    def minimum_image_size(self) -> int:
        """Smallest height and width, in pixels, that the layers accept."""
        return 1

    def build(self, input_shape: ImageShape, n_classes: int) -> "keras.Model":
        """Build the Keras model with new initial weights, without compiling it.

        Keras takes the seed of the weights from Python's `random`; the global dtype policy applies
        to all layers but the last.

        Parameters
        ----------
        input_shape : tuple of (int, int, int)
            Height and width in pixels, and channels.
        n_classes : int
            Number of classes.

        Returns
        -------
        model : keras.Model
            A model from float32 images of shape (n, height, width, channels) to float32 logits of
            shape (n, n_classes).

        Raises
        ------
        ValueError
            If a parameter is not allowed, or if the images are smaller than `minimum_image_size`.

        Examples
        --------
        >>> from mnistcnn.architectures import ConvNet
        >>> ConvNet().build((8, 8, 1), 10)
        Traceback (most recent call last):
        ...
        ValueError: architecture 'convnet' needs images of at least 10x10 pixels, got 8x8.
        """
        given = {"input_shape": input_shape, "n_classes": n_classes}
        caller_name = f"{type(self).__name__}.build"
        validate_parameter_constraints(_BUILD_CONSTRAINTS, given, caller_name=caller_name)
        validate_parameters(self)
        self._check_image_size(*input_shape[:2])
        return self._assemble(input_shape, n_classes)

    def _check_image_size(self, height: int, width: int) -> None:
        needed = self.minimum_image_size
        if min(height, width) < needed:
            raise ValueError(
                f"architecture {self.name!r} needs images of at least {needed}x{needed} pixels, "
                f"got {height}x{width}."
            )

    def _assemble(self, input_shape: ImageShape, n_classes: int) -> "keras.Model":
        load_keras()
        find_devices()
        import keras

        image = keras.Input(input_shape, dtype="float32")
        logits = self._logits(self._features(image), n_classes)
        return keras.Model(image, logits, name=self.name)

    @abstractmethod
    def _features(self, image: Tensor) -> Tensor:
        """Apply all layers but the last to a Keras tensor; gives shape (n, n_features)."""

    def _logits(self, features: Tensor, n_classes: int) -> Tensor:
        """Apply the last layer."""
        return to_logits(features, n_classes)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return bool(self.get_params() == other.get_params())

    # Equal by parameters that can change: no hash could stay true.
    __hash__ = None  # type: ignore[assignment]


class Published(NamedTuple):
    """Facts about a network with its default parameters, for the documentation and for tests.

    Attributes
    ----------
    n_parameters : int
        Number of weights on images of 28x28x1 pixels with 10 classes.
    layers : str
        A summary of the layers.
    source : str
        Who published it, and when.
    reported : str
        The result that the source reports.
    only_trainable : bool, default=False
        Whether `n_parameters` counts only trainable weights.
    """

    n_parameters: int
    layers: str
    source: str
    reported: str
    only_trainable: bool = False


class RegisteredArchitecture(Architecture):
    """A registered architecture, whose ``_features`` calls only functions of `_layers`.

    Attributes
    ----------
    published : Published
        Its number of parameters, its source and the reported result. A class attribute.
    """

    published: ClassVar[Published]

    @property
    def minimum_image_size(self) -> int:
        """Smallest height and width, in pixels, that the layers accept."""
        # A class of a user's own that derives from this one may have layers that cannot be traced.
        with suppress(AttributeError, TypeError, ValueError):
            traced = self._features(TracedImage())
            return int(traced.smallest_input)
        return 1
