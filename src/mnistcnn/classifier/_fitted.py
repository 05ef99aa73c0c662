"""The fitted state: one record, from which the estimator takes its attributes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from mnistcnn._training.callbacks import best_epoch
from mnistcnn._training.compiled_network import CompiledNetwork
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.network import Network
from mnistcnn._training.pool import POOL, BorrowedNetwork
from mnistcnn._training.training import History
from mnistcnn.classifier._pixel_range import pixels_known_to
from mnistcnn.preprocessing import PixelRange, TrainingPixels

if TYPE_CHECKING:
    from mnistcnn.classifier._estimator import DigitCNNClassifier

# What scikit-learn's validation keeps of the columns.
FEATURE_ATTRIBUTES = ("n_features_in_", "feature_names_in_")


def feature_attributes_of(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of an estimator's attributes that describe the columns."""
    return {name: attributes[name] for name in FEATURE_ATTRIBUTES if name in attributes}


def n_epochs(history: History) -> int:
    """Return the number of epochs of a history."""
    return len(history.get("loss", []))


@dataclass(frozen=True, eq=False)
class Fitted:
    """The result of a fit.

    Parameters
    ----------
    feature_attributes : dict
        `n_features_in_`, and `feature_names_in_` if the columns have names.
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    borrowed : BorrowedNetwork
        The trained network.
    pixels : TrainingPixels
        What is known of the pixels of the training.
    callbacks : list of keras.callbacks.Callback
        The trained copies of the user's.
    history : dict of list of float
        Keras's: a number for each epoch.
    stops_early : bool
        Whether the network has the weights of its best epoch once it is trained.
    from_memory : bool
        Whether it was loaded from the cache, not trained.
    settings : dict of str to str, or None
        The parameters of the estimator in the fit, as text, where they are known.
    """

    feature_attributes: dict[str, Any]
    classes: NDArray[Any]
    borrowed: BorrowedNetwork
    pixels: TrainingPixels
    callbacks: list[Any] = field(default_factory=list)
    history: History = field(default_factory=dict)
    stops_early: bool = False
    from_memory: bool = False
    settings: dict[str, str] | None = None

    NAMES: ClassVar = (
        "classes_",
        *FEATURE_ATTRIBUTES,
        "image_shape_",
        "n_iter_",
        "history_",
        "precision_",
        "callbacks_",
        "from_memory_",
        "best_epoch_",
        "validation_scores_",
        "_borrowed",
        "_training_pixels",
        "_settings",
    )

    @classmethod
    def of(cls, estimator: "DigitCNNClassifier") -> Self | None:
        """Return the record behind the attributes of an estimator; None before its first fit."""
        attributes = vars(estimator)
        if "_borrowed" not in attributes:
            return None
        return cls(
            feature_attributes_of(attributes),
            attributes["classes_"],
            attributes["_borrowed"],
            attributes["_training_pixels"],
            attributes["callbacks_"],
            attributes["history_"],
            stops_early="best_epoch_" in attributes,
            # Earlier versions have not stored them.
            from_memory=attributes.get("from_memory_", False),
            settings=attributes.get("_settings"),
        )

    @classmethod
    def untrained(
        cls,
        data: TrainingData,
        borrowed: BorrowedNetwork,
        pixels: TrainingPixels,
        config: TrainingConfig,
    ) -> Self:
        """Return the fitted state before the first epoch."""
        return cls(
            data.feature_attributes,
            data.classes,
            borrowed,
            pixels,
            config.callbacks,
            stops_early=config.patience is not None,
        )

    @classmethod
    def around(
        cls,
        network: Network,
        classes: NDArray[Any],
        pixel_range: PixelRange | None,
        history: History | None = None,
    ) -> Self:
        """Return the result of a fit for a network that was trained elsewhere."""
        features = {"n_features_in_": int(np.prod(network.image_shape))}
        borrowed = POOL.unpooled(CompiledNetwork(network))
        pixels = pixels_known_to(network, pixel_range)
        return cls(features, classes, borrowed, pixels, history=history or {})

    @property
    def network(self) -> Network:
        """The network."""
        return self.borrowed.network

    def attributes(self) -> dict[str, Any]:
        """Return the attributes of the estimator."""
        attributes = {
            **self.feature_attributes,
            "image_shape_": self.network.image_shape,
            "classes_": self.classes,
            "precision_": self.network.precision,
            "callbacks_": self.callbacks,
            "history_": self.history,
            "from_memory_": self.from_memory,
            "n_iter_": n_epochs(self.history),
            "_borrowed": self.borrowed,
            "_training_pixels": self.pixels,
            "_settings": self.settings,
        }
        if self.stops_early and self.history:
            attributes["best_epoch_"] = best_epoch(self.history)
            attributes["validation_scores_"] = self.history["val_accuracy"]
        return attributes
