"""The content of a model file for a trained network, and its validation on loading."""

from math import prod
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from mnistcnn._training.keras_internals import layers_of
from mnistcnn._training.network import DTYPE_POLICIES, Network, value_of
from mnistcnn._training.pool import POOL
from mnistcnn._training.storage import network_state, restore_network
from mnistcnn.architectures import RegisteredArchitecture
from mnistcnn.classifier._fitted import FEATURE_ATTRIBUTES, Fitted
from mnistcnn.classifier._fitted_architecture import architecture_built_by, builds
from mnistcnn.classifier._pixel_range import pixels_known_to
from mnistcnn.classifier._trained_features import TrainedFeatures
from mnistcnn.classifier._training_config import resolve_architecture
from mnistcnn.classifier._types import ArchitectureLike
from mnistcnn.preprocessing import PixelRange, is_positive_integer
from mnistcnn.storage import NotPlainError

if TYPE_CHECKING:
    from mnistcnn.classifier._estimator import DigitCNNClassifier

__all__ = ["fitted_of", "learned_by"]

Content = dict[str, Any]

OF_NETWORK = {
    "architecture", "n_classes", "image_shape", "emits_logits", "precision", "trainability",
    "values", "optimizer",
}  # fmt: skip


def learned_by(estimator: "DigitCNNClassifier") -> Content | None:
    """Return the fitted state of a classifier as plain values; None before it is fitted."""
    fitted = Fitted.of(estimator)
    if fitted is None:
        return None
    state = network_state(fitted.borrowed.compiled)
    if state["architecture"] is None:
        state["architecture"] = _features_to_store(estimator.architecture, fitted.network)
    _check_weights(fitted.network)
    return {
        "features": fitted.feature_attributes,
        "classes": fitted.classes,
        "pixel_range": fitted.pixels.range,
        "history": fitted.history,
        "stops_early": fitted.stops_early,
        "settings": fitted.settings,
        "network": {name: value for name, value in state.items() if name in OF_NETWORK},
    }


def _features_to_store(architecture: ArchitectureLike, network: Network) -> TrainedFeatures | None:
    """Return the trained features that a network was built of.

    None where the parameter, which a file holds anyway, builds the same.
    """
    original, is_parameter = (
        architecture_built_by(network),
        isinstance(architecture, TrainedFeatures),
    )
    if is_parameter and builds(architecture, network):
        return None
    if isinstance(original, TrainedFeatures):
        return original
    if is_parameter and original is None:
        raise ValueError(
            "architecture must be the TrainedFeatures that this classifier was fitted with, or it "
            "cannot be saved, got others: they were set after the fit, or the classifier in them "
            "was refitted. Refit this classifier, or use joblib.dump."
        )
    raise NotPlainError(
        "a network that was built by your own function or model, not by a registered architecture"
    )


def fitted_of(learned: Content, architecture: ArchitectureLike) -> Fitted:
    """Return the result of a fit from content that `learned_by` returned.

    Raises
    ------
    ValueError
        If the parts do not fit together. Content that was tampered with raises errors of other
        kinds, too.
    """
    classes, network = learned["classes"], learned["network"]
    _check_classes(classes)
    _check_network(network, len(classes))
    _check_features(learned["features"], network["image_shape"])
    _check_history(learned["history"], stops_early=learned["stops_early"])
    pixel_range = learned["pixel_range"]
    if pixel_range is not None:
        pixel_range = _checked_range(*pixel_range)
    if network["architecture"] is None:
        network = {**network, "architecture": _trained_features(architecture)}
    borrowed = POOL.unpooled(restore_network({**network, "config": None, "build": None}))
    _check_weights(borrowed.network)
    return Fitted(
        learned["features"],
        classes,
        borrowed,
        pixels_known_to(borrowed.network, pixel_range),
        history=learned["history"],
        stops_early=learned["stops_early"],
        settings=_checked_settings(learned.get("settings")),
    )


def _trained_features(architecture: ArchitectureLike) -> TrainedFeatures:
    if not isinstance(architecture, TrainedFeatures):
        raise ValueError("the architecture of the network is missing")
    features: TrainedFeatures = resolve_architecture(architecture)
    return features


def _check_classes(classes: NDArray[Any]) -> None:
    if classes.ndim != 1 or not np.array_equal(np.unique(classes), classes):
        raise ValueError("the labels must be different and in ascending order")


def _check_network(network: Content, n_classes: int) -> None:
    if network.keys() != OF_NETWORK:
        raise ValueError(f"a network must have {sorted(OF_NETWORK)}, got {sorted(network)}")
    architecture = network["architecture"]
    if not isinstance(architecture, RegisteredArchitecture | TrainedFeatures | None):
        raise ValueError("the architecture of the network must be a registered one")
    if network["precision"] not in DTYPE_POLICIES:
        raise ValueError(f"the precision {network['precision']!r} is not known")
    if len(network["image_shape"]) != 3 or not all(
        map(is_positive_integer, network["image_shape"])
    ):
        raise ValueError("images must have a height, a width and channels")
    if not all(type(flag) is bool for flag in network["trainability"]):
        raise ValueError("a layer must be frozen or not")
    if not all(isinstance(each, np.ndarray | np.generic) for each in network["optimizer"]):
        raise ValueError("the optimizer's state must be arrays")
    if network["n_classes"] != n_classes:
        raise ValueError("there must be a label for each output of the network")


def _check_weights(network: Network) -> None:
    """Refuse weights with which a network would predict no numbers."""
    if not all(np.isfinite(values).all() for values in network.values()):
        raise ValueError("the weights of the network must be finite numbers")
    if network.pixel_scaling[1] <= 0:
        raise ValueError("the network must divide pixels by a positive number")
    for layer in layers_of(network.model):
        is_normalization = isinstance(layer, keras.layers.BatchNormalization)
        if is_normalization and value_of(layer.moving_variance).min(initial=0) < 0:
            raise ValueError("the variances in the network must not be negative")


def _checked_range(low: float, high: float) -> PixelRange:
    if not (np.isfinite([low, high]).all() and low <= high):
        raise ValueError("the range of pixels must be two numbers in ascending order")
    return float(low), float(high)


def _checked_settings(settings: object) -> dict[str, str] | None:
    """Return the parameters of a fit as text; earlier versions stored none."""
    if settings is None:
        return None
    if not isinstance(settings, dict) or not all(
        isinstance(part, str) for item in settings.items() for part in item
    ):
        raise ValueError("the parameters of the fit must be strings")
    return settings


def _check_features(features: Content, image_shape: tuple[int, ...]) -> None:
    n_features = features["n_features_in_"]
    # Padded images have more pixels than there are columns.
    if not (features.keys() <= set(FEATURE_ATTRIBUTES) and is_positive_integer(n_features)) or (
        n_features > prod(image_shape)
    ):
        raise ValueError("the number of features must be that of the network")
    names = features.get("feature_names_in_")
    if names is not None and np.shape(names) != (n_features,):
        raise ValueError("there must be a name for each feature")


def _check_history(history: dict[str, list[float]], *, stops_early: bool) -> None:
    # In files of earlier versions, what a callback logged in some epochs only has fewer numbers.
    if not all(
        isinstance(name, str) and all(type(number) is float for number in numbers)
        for name, numbers in history.items()
    ):
        raise ValueError("the history must hold numbers of epochs")
    if stops_early and not history.get("val_accuracy"):
        raise ValueError("early stopping needs the validation accuracy of each epoch")
