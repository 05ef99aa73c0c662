"""What each parameter of the estimator may be."""

import os
from numbers import Integral, Real
from typing import Any

import keras

from mnistcnn._scikit_learn import HasMethods, Interval, StrOptions
from mnistcnn.augmentation import PRESETS, Augmentation

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
