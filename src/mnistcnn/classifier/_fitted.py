"""The fitted state: one record, from which the estimator takes its attributes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from mnistcnn._training.callbacks import best_epoch
from mnistcnn._training.compiled_network import CompiledNetwork
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.network import Network
from mnistcnn._training.pool import POOL, BorrowedNetwork
from mnistcnn._training.training import History
from mnistcnn.classifier._parameters import ParameterTexts
from mnistcnn.classifier._pixel_range import learned_statistics
from mnistcnn.preprocessing import PixelRange

# What scikit-learn's validation keeps of the columns.
FEATURE_ATTRIBUTES = ("n_features_in_", "feature_names_in_")


def feature_attributes_of(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of an estimator's attributes that describe the columns."""
    return {name: attributes[name] for name in FEATURE_ATTRIBUTES if name in attributes}


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
    pixel_range : tuple of 2 float or None
        The lowest and the highest pixel of the training, where it is known.
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
    pixel_range: PixelRange | None
    callbacks: list[Any] = field(default_factory=list)
    history: History = field(default_factory=dict)
    stops_early: bool = False
    from_memory: bool = False
    settings: ParameterTexts | None = None

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
        "_network",
        "_borrowed",
        "_pixel_range",
        "_settings",
        "_pixel_statistics",
    )

    @classmethod
    def before_training(
        cls,
        data: TrainingData,
        borrowed: BorrowedNetwork,
        pixel_range: PixelRange | None,
        config: TrainingConfig,
    ) -> Self:
        """Return the fitted state before the first epoch."""
        return cls(
            data.feature_attributes,
            data.classes,
            borrowed,
            pixel_range,
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
        return cls(features, classes, borrowed, pixel_range, history=history or {})

    def with_history(self, history: History) -> Self:
        """Return the record after the epochs of a history."""
        return replace(self, history=history)

    def attributes(self) -> dict[str, Any]:
        """Return the attributes of the estimator."""
        network = self.borrowed.network
        attributes = {
            **self.feature_attributes,
            "image_shape_": network.image_shape,
            "classes_": self.classes,
            "precision_": network.precision,
            "callbacks_": self.callbacks,
            "history_": self.history,
            "from_memory_": self.from_memory,
            "n_iter_": len(self.history.get("loss", [])),
            "_network": network,
            "_borrowed": self.borrowed,
            "_pixel_range": self.pixel_range,
            "_settings": self.settings,
            "_pixel_statistics": learned_statistics(network),
        }
        if self.stops_early and self.history:
            attributes["best_epoch_"] = best_epoch(self.history)
            attributes["validation_scores_"] = self.history["val_accuracy"]
        return attributes
