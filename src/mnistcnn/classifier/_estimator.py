"""The estimator itself: scikit-learn's contract around one Keras network."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import keras
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from mnistcnn._scikit_learn import (
    CallbackSupportMixin,
    validate_parameters,
    with_callbacks,
)
from mnistcnn._types import Images, Labels, Memory, RandomState
from mnistcnn.classifier._constructors import OtherConstructorsMixin
from mnistcnn.classifier._export import ExportMixin
from mnistcnn.classifier._fit import (
    KEPT_BY_PARTIAL_FIT,
    KEPT_BY_WARM_START,
    fit,
    partial_fit,
    settings_of_fit,
    unchanged_by_failure,
)
from mnistcnn.classifier._fitted import Fitted
from mnistcnn.classifier._inspection import InspectionMixin
from mnistcnn.classifier._nested_parameters import NestedParametersMixin
from mnistcnn.classifier._parameters import PARAMETER_CONSTRAINTS
from mnistcnn.classifier._persistence import StoredNetworkMixin
from mnistcnn.classifier._types import (
    ArchitectureLike,
    AugmentationLike,
    Callbacks,
    ClassWeight,
    ImageShapeParameter,
    OptimizerLike,
    Weights,
)
from mnistcnn.preprocessing import AccuracyMixin


class DigitCNNClassifier(
    InspectionMixin,
    ExportMixin,
    OtherConstructorsMixin,
    StoredNetworkMixin,
    NestedParametersMixin,
    CallbackSupportMixin,  # type: ignore[misc]
    AccuracyMixin,
    BaseEstimator,  # type: ignore[misc]
):
    """A Keras network that classifies images of digits, as a scikit-learn classifier.

    Images may be flat rows ``(n, h * w)`` or arrays ``(n, h, w)`` or ``(n, h, w, c)``, of any
    numeric dtype; both forms of the same images are interchangeable between `fit` and `predict`.
    Labels may be integers, strings or anything else that scikit-learn takes.

    Parameters
    ----------
    architecture : str, architecture object or callable, default="fast"
        A name from `mnistcnn.list_architectures`, an object from `mnistcnn.architectures` (whose
        hyperparameters can then be searched as ``architecture__dropout`` and the like), or a
        callable ``(input_shape, n_classes) -> keras.Model`` whose model ends in softmax or in
        logits. Other keyword parameters of the callable can be searched in the same way.
    image_shape : {"auto", "pad"} or tuple of int, default="auto"
        The shape of one image. ``"auto"`` reads flat rows as square images, ``"pad"`` pads them
        with zeros to the next square, and ``(h, w)`` or ``(h, w, c)`` gives the shape explicitly.
    pixel_scaling : {"standard", "unit"} or None, default="standard"
        How the network scales pixels before its first layer: ``"standard"`` subtracts the mean and
        divides by the standard deviation of the training pixels, ``"unit"`` divides by 255, and
        None leaves them as they are.
    augmentation : {"light", "mnist", "strong", "handwriting"}, Augmentation or None, default=None
        Random changes to the training images (see `mnistcnn.Augmentation`).
    unaugmented_epochs : int, default=0
        Number of final epochs that train on the images without augmentation, at most `epochs`.
    epochs : int, default=10
        Maximum number of passes over the training images.
    batch_size : int or "auto", default="auto"
        Images per update (mini-batch size); ``"auto"`` is the power of two nearest to n / 64, from
        32 to 256.
    optimizer : {"adam", "adamw", "sgd", "rmsprop"} or keras.optimizers.Optimizer, default="adam"
        A Keras optimizer is a template: each fit makes a fresh one with its settings. One on which
        `exclude_from_weight_decay` was called is refused, as copies of it forget that.
    momentum : float, default=0.9
        Momentum of ``"sgd"``, at least 0 and below 1; the other optimizers do not use it.
    nesterov : bool, default=True
        Whether ``"sgd"`` uses Nesterov momentum (Sutskever et al. 2013).
    learning_rate : float or "auto", default="auto"
        The peak learning rate of the schedule. ``"auto"`` uses a value that suits the architecture
        and the optimizer, or the rate of an optimizer template; with ``"constant"`` and
        ``"plateau"``, and in `partial_fit`, it uses a fifth of that value. A number is used as it
        is.
    lr_schedule : {"constant", "one_cycle", "cosine", "exponential", "step", "plateau"}, \
default="one_cycle"
        How the learning rate changes during the fit. ``"exponential"`` lowers it at each update,
        ``"step"`` at `lr_boundaries`, ``"plateau"`` after `lr_patience` epochs without a lower loss
        (with early stopping, without a lower validation loss). An optimizer template that has its
        own schedule keeps it.
    lr_decay_rate : float or "auto", default="auto"
        The factor, above 0 and below 1, that multiplies the learning rate from one epoch to the
        next with ``"exponential"``, at each boundary with ``"step"``, and on each plateau with
        ``"plateau"``. ``"auto"`` is, in this order, the factor with which the fit ends at a
        hundredth of the peak, 0.1, and 0.5.
    lr_boundaries : tuple of float, default=(0.5, 0.75)
        Where ``"step"`` lowers the rate, as fractions of the fit.
    lr_patience : int, default=2
        Number of epochs without a lower loss after which ``"plateau"`` lowers the learning rate.
    weight_decay : float, default=0.0
        Decoupled weight decay (Loshchilov and Hutter 2019), applied to the kernels, not to biases
        and the gains of normalization.
    ema_momentum : float or None, default=None
        Momentum, at least 0 and below 1, of an exponential moving average of the weights over the
        updates (Polyak and Juditsky 1992). The averaged weights are validated, and the fitted
        network has them; a warning is issued if the fit has too few updates for the average to
        follow the weights. None means no averaging.
    label_smoothing : float, default=0.0
        Share of each target that is spread evenly over all classes, at least 0 and below 1.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss, by label; classes that are not named have weight 1.
    early_stopping : bool, default=False
        Whether to hold out a stratified part of the training images (unless `X_val` is passed to
        `fit`), stop when the validation accuracy no longer rises, and keep the weights of the best
        epoch.
    validation_fraction : float, default=0.1
        Fraction of the training images that is held out, between 0 and 1; not used with `X_val`.
    n_iter_no_change : int, default=5
        Number of epochs without a better validation accuracy after which training stops.
    warm_start : bool, default=False
        Whether `fit` continues from the weights and pixel scaling of the previous fit. `classes_`
        does not change; `y` may hold only some of these labels. Images must have the same shape,
        and columns with names the same order. Frozen layers stay frozen.
    precision : {"auto", "float32", "bfloat16", "float16"}, default="auto"
        The precision in which the hidden layers compute; weights, scores and loss are always
        float32. ``"auto"`` is bfloat16 where the CPU (AVX512-BF16 or AMX) or the GPU (tensor cores)
        multiplies it natively, and float32 elsewhere and for networks from a callable.
    callbacks : keras.callbacks.Callback, callable, list of them or None, default=None
        Keras callbacks. Each fit uses copies of them, which are kept in `callbacks_`. Objects that
        a callback refers to, such as a trial or a logger, are not copied. A function without
        arguments is called in each fit and returns a callback or a list of callbacks. With
        `keras.callbacks.BackupAndRestore`, a fit that was killed resumes where it stopped.
        scikit-learn's own callbacks are passed to `set_callbacks`.
    memory : str, path-like, joblib.Memory or None, default=None
        Where to cache fits, as in `Pipeline`. A fit with the same parameters, data, seed, backend
        and versions as an earlier one is read back bit for bit instead of being trained, so that a
        search that was killed can simply be run again. This needs an integer `random_state`; a fit
        with callbacks that do more than train, or with functions of your own inside the network, is
        always trained. joblib stores with pickle: use only folders that you trust.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the order of the images, dropout and the validation split. The
        same seed gives the same predictions bit for bit on the same machine with the same number of
        threads.
    verbose : int, default=0
        As in Keras: 0 is silent, 1 shows a progress bar for each epoch, 2 prints a line for each
        epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of values in one image, h * w * c (with ``image_shape="pad"``, the number of columns
        before padding).
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if `X` in `fit` was a DataFrame whose column names are all strings.
    image_shape_ : tuple of 3 int
        Height, width and channels of one image.
    n_iter_ : int
        Number of epochs that were run.
    history_ : dict of list of float
        Loss, accuracy and learning rate of each epoch, and the loss and accuracy on the validation
        images, if there are any, and what callbacks log; NaN for epochs without a value, such as
        those of `partial_fit` after a fit with a validation.
    model_ : keras.Model
        The network, from raw pixels to float32 scores.
    precision_ : str
        The precision in which the hidden layers compute.
    callbacks_ : list of keras.callbacks.Callback
        The trained copies of `callbacks`.
    from_memory_ : bool
        Whether this fit was read from `memory`.
    best_epoch_ : int
        With early stopping: the epoch, counted from 1, whose weights were kept.
    validation_scores_ : list of float
        With early stopping: the validation accuracy of each epoch.

    See Also
    --------
    mnistcnn.compare_architectures : Compare several architectures by cross-validation.

    Examples
    --------
    >>> from mnistcnn import DigitCNNClassifier, load_sample_digits
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> classifier = DigitCNNClassifier("baseline", epochs=3, random_state=0)
    >>> classifier.fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.85
    True
    >>> classifier.predict_proba(X[:2]).shape
    (2, 10)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = PARAMETER_CONSTRAINTS

    def __init__(
        self,
        architecture: ArchitectureLike = "fast",
        *,
        image_shape: ImageShapeParameter = "auto",
        pixel_scaling: str | None = "standard",
        augmentation: AugmentationLike = None,
        unaugmented_epochs: int = 0,
        epochs: int = 10,
        batch_size: int | str = "auto",
        optimizer: OptimizerLike = "adam",
        momentum: float = 0.9,
        nesterov: bool = True,
        learning_rate: float | str = "auto",
        lr_schedule: str = "one_cycle",
        lr_decay_rate: float | str = "auto",
        lr_boundaries: Sequence[float] = (0.5, 0.75),
        lr_patience: int = 2,
        weight_decay: float = 0.0,
        ema_momentum: float | None = None,
        label_smoothing: float = 0.0,
        class_weight: ClassWeight = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        warm_start: bool = False,
        precision: str = "auto",
        callbacks: Callbacks = None,
        memory: Memory = None,
        random_state: RandomState = None,
        verbose: int = 0,
    ) -> None:
        self.architecture = architecture
        self.image_shape = image_shape
        self.pixel_scaling = pixel_scaling
        self.augmentation = augmentation
        self.unaugmented_epochs = unaugmented_epochs
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.momentum = momentum
        self.nesterov = nesterov
        self.learning_rate = learning_rate
        self.lr_schedule = lr_schedule
        self.lr_decay_rate = lr_decay_rate
        self.lr_boundaries = lr_boundaries
        self.lr_patience = lr_patience
        self.weight_decay = weight_decay
        self.ema_momentum = ema_momentum
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.precision = precision
        self.callbacks = callbacks
        self.memory = memory
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: Images,
        y: Labels,
        sample_weight: Weights = None,
        *,
        X_val: "Images | None" = None,
        y_val: "Labels | None" = None,
        sample_weight_val: Weights = None,
    ) -> Self:
        """Train a new network or, with `warm_start`, continue training the previous one.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images.
        y : array-like of shape (n,)
            Labels.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images in the loss; images of weight 0 are left out.
        X_val : array-like of the form of `X`, default=None
            Your own images to validate on after each epoch, in the same unit as `X`. `history_`
            records their loss and accuracy; `early_stopping` uses them, and no training images are
            held out. A `Pipeline(..., transform_input=["X_val"])` transforms them as it does `X`.
        y_val : array-like of shape (n_val,), default=None
            Labels of `X_val`; all of them must occur in `y`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of `X_val`.

        Returns
        -------
        self : DigitCNNClassifier
            The fitted estimator. If anything fails, it is left unchanged.

        Raises
        ------
        ValueError
            If a parameter or the data are not as described.
        NonFiniteLossError
            If the loss or a weight becomes NaN or infinite.
        """
        validate_parameters(self)
        # Never trains the network of the previous fit, so a failure leaves that as it was.
        fitted = fit(self, X, y, sample_weight, X_val, y_val, sample_weight_val)
        kept = KEPT_BY_WARM_START if self.warm_start else ()
        self._adopt(replace(fitted, settings=settings_of_fit(self, kept)))
        return self

    def partial_fit(
        self,
        X: Images,
        y: Labels,
        classes: ArrayLike | None = None,
        sample_weight: Weights = None,
    ) -> Self:
        """Train for one epoch at a constant learning rate, starting from the current weights.

        Architecture, precision and pixel scaling stay as in the first call or fit. `history_` goes
        on; what is measured on validation images is NaN for this epoch, which has none.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images. The images of the first call set the pixel scaling for all later calls.
        y : array-like of shape (n,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that can occur in any call; required in the first call.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images in the loss. With those of `class_weight` they are scaled to a
            mean of 1 in each call, so only differences within a call count.

        Returns
        -------
        self : DigitCNNClassifier
            The fitted estimator. If anything fails, it is left unchanged.

        Raises
        ------
        ValueError
            If a parameter or the data are not as described, or with ``early_stopping=True``.
        NonFiniteLossError
            If the loss or a weight becomes NaN or infinite.
        """
        validate_parameters(self)
        with unchanged_by_failure(self):
            fitted = partial_fit(self, X, y, classes, sample_weight)
            self._adopt(replace(fitted, settings=settings_of_fit(self, KEPT_BY_PARTIAL_FIT)))
        return self

    @property
    def model_(self) -> keras.Model:
        """The network, from raw pixels to float32 scores."""
        if "_borrowed" not in vars(self):
            raise AttributeError(f"This {type(self).__name__} has no model_ before it is fitted.")
        # The caller holds the network from now on, so that no other fit may train it.
        self._borrowed.never_return()
        return self._network.model

    def _adopt(self, fitted: Fitted) -> None:
        kept = {name: value for name, value in vars(self).items() if name not in Fitted.NAMES}
        # One assignment: an interrupt leaves either the old state or the new one.
        self.__dict__ = {**kept, **fitted.attributes()}

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn which shapes images may have."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
