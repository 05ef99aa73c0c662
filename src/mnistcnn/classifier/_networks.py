"""Builds the network of a fit, or takes over one that is already trained."""

import warnings
from typing import TYPE_CHECKING, Any, cast

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnistcnn._training.building import build_network
from mnistcnn._training.data import TrainingData
from mnistcnn._training.network import Build, Network, renew_constants
from mnistcnn._training.pool import POOL, BorrowedNetwork
from mnistcnn._training.storage import network_state, restore_network
from mnistcnn._types import Classifier, ImageShape
from mnistcnn.classifier._fitted import Fitted
from mnistcnn.classifier._out_of_memory import out_of_memory_explained
from mnistcnn.classifier._pixel_range import (
    pixels_so_far,
    stated_range,
    warn_of_wrong_scaling,
)
from mnistcnn.classifier._trained_features import TrainedFeatures
from mnistcnn.classifier._training_config import resolve_architecture, resolve_precision
from mnistcnn.classifier._types import ArchitectureLike
from mnistcnn.preprocessing import (
    PixelRange,
    TrainingPixels,
    callers_level,
    pixel_statistics,
    training_pixels_of,
)

if TYPE_CHECKING:
    from mnistcnn.classifier._estimator import DigitCNNClassifier

# Offset and scale of the pixels, where they do not depend on the data.
FIXED_SCALING = {"unit": (0.0, 255.0), None: (0.0, 1.0)}
SCALINGS = ("standard", *FIXED_SCALING)


def build_for(
    estimator: "DigitCNNClassifier",
    architecture: ArchitectureLike,
    image_shape: ImageShape,
    n_classes: int,
    seed: int,
) -> Network:
    """Build the network of an estimator for images and classes, with fresh weights."""
    build = cast("Build", getattr(architecture, "build", architecture))
    precision = resolve_precision(estimator.precision, architecture)
    with out_of_memory_explained(estimator, image_shape):
        return build_network(build, image_shape, n_classes, precision=precision, seed=seed)


def learn_pixel_scaling(
    network: Network,
    estimator: "DigitCNNClassifier",
    architecture: ArchitectureLike,
    training: TrainingData,
) -> TrainingPixels:
    """Set a network's pixel scaling from the training pixels, and return what it knows of them.

    Layers that were trained before keep the scaling and know the pixels of that training.
    """
    if isinstance(architecture, TrainedFeatures):
        network.set_pixel_scaling(*architecture.pixel_scaling)
        return pixels_so_far(network, training_pixels_of(architecture.fitted), training)
    if estimator.pixel_scaling == "standard":
        network.set_pixel_scaling(*pixel_statistics(training.pixels, training.indices))
    else:
        network.set_pixel_scaling(*FIXED_SCALING[estimator.pixel_scaling])
    pixels = pixels_so_far(network, TrainingPixels(), training)
    warn_of_wrong_scaling(estimator.pixel_scaling, pixels.range, network)
    return pixels


def continue_from(
    previous: Fitted,
    network: Network,
    architecture: ArchitectureLike,
    training: TrainingData,
) -> TrainingPixels:
    """Give a network the weights of a previous fit, and return what it knows of the pixels.

    It takes over the pixel scaling, too. Networks that differ are refused.
    """
    source = previous.network
    if network.layout() != source.layout():
        raise ValueError(
            "warm_start=True needs the same architecture, image_shape and number of classes as in "
            "the previous fit, got others; use warm_start=False for a fresh network."
        )
    # Whether trained features learn is a parameter, which may have changed.
    if not isinstance(architecture, TrainedFeatures):
        network.assign_trainability(source.trainability())
    network.assign_values(source.values())
    return pixels_so_far(network, previous.pixels, training)


def warn_of_kept_scaling(
    pixel_scaling: str | None, previous: Fitted, architecture: ArchitectureLike
) -> None:
    """Warn if `pixel_scaling` was set to another value, which the weights of a fit do not suit."""
    kept = scaling_in_force(previous)
    # Trained features keep theirs whatever the parameter, which says so.
    if kept != pixel_scaling and not isinstance(architecture, TrainedFeatures):
        warnings.warn(
            f"pixel_scaling={pixel_scaling!r} has no effect with warm_start=True, which keeps the "
            f"pixel scaling of the previous fit, {kept!r}: its weights suit no other. Use "
            "warm_start=False for a fresh network.",
            UserWarning,
            stacklevel=callers_level(),
        )


def scaling_in_force(fitted: Fitted) -> str | None:
    """Return the `pixel_scaling` by which the network of a fit scales.

    The network tells it where the parameters of the fit are not known.
    """
    settings = fitted.settings or {}
    if "pixel_scaling" in settings:
        return next((each for each in SCALINGS if repr(each) == settings["pixel_scaling"]), None)
    scaling = fitted.network.pixel_scaling
    return next((name for name, each in FIXED_SCALING.items() if each == scaling), "standard")


def fitted_from_model(
    estimator: "DigitCNNClassifier", model: keras.Model, classes: ArrayLike | None
) -> Fitted:
    """Return the result of a fit for a copy of a trained model.

    Labels that are not ascending, or not as many as the model's outputs, are refused.
    """
    template: Any = estimator.architecture
    labels = np.arange(template.n_classes) if classes is None else np.asarray(classes)
    if len(labels) != template.n_classes or not np.array_equal(np.unique(labels), labels):
        raise ValueError(
            f"classes must be {template.n_classes} different labels in ascending order, one for "
            f"each output of model, got {labels.tolist()}."
        )
    if estimator.pixel_scaling == "standard":
        raise ValueError(
            "pixel_scaling must be 'unit' or None for a trained model, since there are no "
            "training pixels to take a mean from, got 'standard'."
        )
    height, width, *channels = cast("tuple[int, ...]", estimator.image_shape)
    image_shape = (height, width, channels[0] if channels else 1)
    network = build_for(estimator, template, image_shape, len(labels), seed=0)
    _adopt_weights(network, model)
    network.set_pixel_scaling(*FIXED_SCALING[estimator.pixel_scaling])
    return Fitted.around(network, labels, stated_range(estimator.pixel_scaling, network))


def restore_fit(
    estimator: "DigitCNNClassifier",
    *,
    image_shape: ImageShape,
    classes: NDArray[Any],
    weights: list[NDArray[np.float32]],
    history: dict[str, list[float]],
    pixel_range: PixelRange,
) -> Any:
    """Fit an estimator with stored weights instead of training, and return it.

    They are Keras's of the whole network, pixel scaling included; `pixel_range` is the lowest and
    the highest pixel of the training. Those of another architecture are refused.
    """
    architecture = resolve_architecture(estimator.architecture)
    network = build_for(estimator, architecture, image_shape, len(classes), seed=0)
    network.model.set_weights(weights)
    # A few images, of a few digits perhaps, would lead the moving averages astray.
    network.freeze_normalization()
    estimator._adopt(Fitted.around(network, classes, pixel_range, history))
    return estimator


def leave_compiled_network(classifier: Classifier) -> None:
    """Give a fitted classifier a network of its own, so that the compiled one serves the next fit.

    Its weights, its predictions and what its optimizer remembers stay. Nothing happens where the
    network serves no other fit anyway, or where the classifier is of another kind.
    """
    borrowed = vars(classifier).get("_borrowed")
    if isinstance(borrowed, BorrowedNetwork) and borrowed.will_return:
        own = POOL.unpooled(restore_network(network_state(borrowed.compiled)))
        classifier.__dict__ = {**vars(classifier), "_borrowed": own}


def _adopt_weights(network: Network, model: keras.Model) -> None:
    """Copy a trained model's weights and see that the copy computes what the model does."""
    core = network.model.layers[-1]
    core.set_weights(model.get_weights())
    renew_constants(core)
    probe = np.random.default_rng(0).uniform(size=(2, *model.input_shape[1:])).astype(np.float32)
    given, copied = (
        keras.ops.convert_to_numpy(one(probe, training=False)).astype(np.float64)
        for one in (model, core)
    )
    if not np.allclose(given, copied, rtol=1e-3, atol=1e-4):
        raise ValueError(
            "model contains custom functions that its config does not describe, so its copy "
            "computes something else; pass a function that builds it as architecture, and fit."
        )
