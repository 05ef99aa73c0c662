"""The allowed values of the estimator's parameters."""

import os
import re
from numbers import Integral, Real
from typing import Any

import keras
import numpy as np
from sklearn.base import BaseEstimator

from mnistcnn._scikit_learn import HasMethods, Interval, StrOptions
from mnistcnn.augmentation import PRESETS, Augmentation
from mnistcnn.storage import LEFT_OUT

# They do not change what a fit learns.
WITHOUT_EFFECT = {"verbose", *LEFT_OUT}

# Of an object in this process alone.
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

PARAMETER_CONSTRAINTS: dict[str, list[Any]] = {
    "architecture": [str, HasMethods(["build"]), callable],
    "image_shape": [StrOptions({"auto", "pad"}), tuple, list],
    "pixel_scaling": [StrOptions({"standard", "unit"}), None],
    "augmentation": [StrOptions(set(PRESETS)), Augmentation, None],
    "unaugmented_epochs": [Interval(Integral, 0, None, closed="left")],
    "epochs": [Interval(Integral, 1, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "optimizer": [
        StrOptions({"adam", "adamw", "sgd", "rmsprop"}),
        keras.optimizers.Optimizer,
    ],
    "momentum": [Interval(Real, 0, 1, closed="left")],
    "nesterov": ["boolean"],
    "learning_rate": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
    "lr_schedule": [
        StrOptions({"constant", "one_cycle", "cosine", "exponential", "step", "plateau"})
    ],
    "lr_decay_rate": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="neither")],
    "lr_boundaries": [tuple, list],
    "lr_patience": [Interval(Integral, 0, None, closed="left")],
    "ema_momentum": [Interval(Real, 0, 1, closed="left"), None],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "label_smoothing": [Interval(Real, 0, 1, closed="left")],
    "class_weight": [dict, StrOptions({"balanced"}), None],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
    "warm_start": ["boolean"],
    "precision": [StrOptions({"auto", "float32", "bfloat16", "float16"})],
    "callbacks": [keras.callbacks.Callback, list, tuple, callable, None],
    "memory": [str, os.PathLike, HasMethods(["cache"]), None],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


def parameters_as_text(estimator: BaseEstimator) -> dict[str, str]:
    """Return the parameters of an estimator that matter to its fit, as text."""
    parameters = estimator.get_params(deep=False).items()
    return {name: _text(value) for name, value in parameters if name not in WITHOUT_EFFECT}


def set_since_fit(estimator: BaseEstimator) -> list[str]:
    """Return the parameters that have other values than in the fit, as far as that is known.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import DigitCNNClassifier
    >>> from mnistcnn.classifier import set_since_fit
    >>> X, y = np.arange(128, dtype=np.uint8).reshape(2, 64), [0, 1]
    >>> classifier = DigitCNNClassifier("two_layer_mlp", epochs=1).fit(X, y)
    >>> set_since_fit(classifier), set_since_fit(classifier.set_params(epochs=5))
    ([], ['epochs'])
    """
    in_fit = vars(estimator).get("_settings") or {}
    now = parameters_as_text(estimator)
    return [name for name, text in in_fit.items() if now.get(name) != text]


def _text(value: Any) -> str:
    if hasattr(value, "fitted"):
        # The parameters of a classifier whose layers are used are no matter of this fit.
        return f"{type(value).__name__}(trainable={getattr(value, 'trainable', None)})"
    # Texts of NumPy's come back from a file as Python's.
    plain = value.item() if isinstance(value, np.generic) else value
    return ADDRESS.sub("", repr(plain))
