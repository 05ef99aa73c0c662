"""The objects that a model file may hold, as the name of their class and plain values."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeGuard

import numpy as np
from sklearn.base import BaseEstimator

from mnistcnn._scikit_learn import validate_parameters
from mnistcnn.storage._plain import NotPlainError

__all__ = ["content_of", "name_of", "object_of"]

Content = dict[str, Any]
Check = Callable[[object], bool]

# Where the classes are; no other module is imported for a file.
MODULES = {"": "mnistcnn", "architectures.": "mnistcnn.architectures"}
OF_SCIKIT_LEARN = {
    "sklearn.Pipeline": ("sklearn.pipeline", "Pipeline"),
    "sklearn.FrozenEstimator": ("sklearn.frozen", "FrozenEstimator"),
}
OF_THIS_LIBRARY = (
    "Augmentation",
    "DigitCNNClassifier",
    "DigitEnsembleClassifier",
    "DigitNormalizer",
    "ImageReshaper",
    "PixelScaler",
    "RejectingClassifier",
    "TestTimeAugmentationClassifier",
    "TrainedFeatures",
)
# They serve a training on one machine, and are no part of what was learned.
LEFT_OUT = {"callbacks", "memory", "_metadata_request", "_skl_callbacks"}
# A file must not start more processes on any machine.
MAX_JOBS = 1024


def _is_count(value: object) -> bool:
    return type(value) is int and value > 0


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, float) and bool(np.isfinite(value))


def _is_positive(value: object) -> bool:
    return _is_number(value) and value > 0


def _is_fraction(value: object) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_range(value: object) -> bool:
    if not isinstance(value, tuple) or len(value) != 2:
        return False
    low, high = value
    return _is_number(low) and _is_number(high) and low <= high


def _is_image_shape(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 3 and all(map(_is_count, value))


def _are_names(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "OU"


def _is_estimator(value: object) -> bool:
    return hasattr(value, "get_params") and hasattr(value, "fit")


def _is_output_config(value: object) -> bool:
    return isinstance(value, dict) and all(
        key == "transform" and choice in ("default", "pandas", "polars", None)
        for key, choice in value.items()
    )


OF_INPUT: dict[str, Check] = {
    "n_features_in_": _is_count,
    "feature_names_in_": _are_names,
    "_sklearn_output_config": _is_output_config,
}
# What is learned, of the classes that do not store it in a way of their own.
LEARNED: dict[str, dict[str, Check]] = {
    "ImageReshaper": {"image_shape_": _is_image_shape, **OF_INPUT},
    "PixelScaler": {
        "mean_": _is_number, "scale_": _is_positive, "_n_dimensions_in": _is_count,
        "_pixel_range": _is_range, **OF_INPUT,
    },
    "RejectingClassifier": {"estimator_": _is_estimator, "threshold_": _is_fraction},
    "TestTimeAugmentationClassifier": {"estimator_": _is_estimator},
}  # fmt: skip


def name_of(value: object) -> str | None:
    """Return the name of an object's class in a model file; None if the file cannot hold it."""
    kind = type(value)
    for name, (module, attribute) in OF_SCIKIT_LEARN.items():
        if kind.__name__ == attribute and getattr(import_module(module), attribute) is kind:
            return name
    for prefix in MODULES:
        name = prefix + kind.__name__
        if kind.__module__.startswith("mnistcnn.") and _is_known(name) and _class_of(name) is kind:
            return name
    return None


def _is_known(name: str) -> bool:
    if name.startswith("architectures."):
        architectures = import_module(MODULES["architectures."])
        kind = getattr(architectures, name.removeprefix("architectures."), None)
        registered = architectures.RegisteredArchitecture
        return isinstance(kind, type) and issubclass(kind, registered) and kind is not registered
    return name in OF_THIS_LIBRARY or name in OF_SCIKIT_LEARN


def _class_of(name: str) -> Any:
    if not _is_known(name):
        raise ValueError(f"a model file holds no {name!r}")
    if name in OF_SCIKIT_LEARN:
        module, attribute = OF_SCIKIT_LEARN[name]
        return getattr(import_module(module), attribute)
    prefix, _, attribute = name.rpartition(".")
    return getattr(import_module(MODULES[prefix and f"{prefix}."]), attribute)


def content_of(value: BaseEstimator) -> Content:
    """Return the content of an object, as plain values and further such objects."""
    _check_parameters(value)
    # A frozen estimator has what the one in it has.
    if hasattr(type(value), "_to_content"):
        content: Content = value._to_content()
        return content
    parameters = value.get_params(deep=False)
    # A copy, for another thread may fit it meanwhile.
    attributes = dict(vars(value))
    learned = {name: attributes[name] for name in attributes if name not in parameters}
    return {"parameters": _kept(parameters), "learned": _checked(value, _kept(learned))}


def _check_parameters(value: BaseEstimator) -> None:
    """Refuse invalid parameters, which might have been set after the fit."""
    if type(value).__name__ in OF_THIS_LIBRARY and hasattr(value, "_parameter_constraints"):
        validate_parameters(value)
        _check_jobs(value.get_params(deep=False))


def _check_jobs(parameters: Content) -> None:
    if (parameters.get("n_jobs") or 1) > MAX_JOBS:
        raise ValueError(f"n_jobs must be {MAX_JOBS:,} at most, got {parameters['n_jobs']}.")


def _kept(values: Content) -> Content:
    return {name: value for name, value in values.items() if name not in LEFT_OUT}


def _checked(value: object, learned: Content) -> Content:
    known = LEARNED.get(type(value).__name__, OF_INPUT)
    for name, attribute in learned.items():
        if name not in known or not known[name](attribute):
            raise NotPlainError(f"the attribute {name!r} of {type(value).__name__}")
    return learned


def object_of(name: str, content: Content) -> Any:
    """Return the object of which `content_of` returned the content.

    Raises
    ------
    ValueError
        If the class is not known, or the content is not of it. Content that was tampered with
        raises errors of other kinds, too.
    """
    kind = _class_of(name)
    if LEFT_OUT & content["parameters"].keys():
        # A folder of `memory` holds pickles.
        raise ValueError(f"a file holds none of the parameters {sorted(LEFT_OUT)}")
    _check_jobs(content["parameters"])
    if hasattr(kind, "_from_content"):
        return kind._from_content(content)
    made = kind(**content["parameters"])
    _check_parameters(made)
    if name == "sklearn.Pipeline":
        _check_steps(made.steps)
    vars(made).update(_checked(made, content["learned"]))
    return made


def _check_steps(steps: object) -> None:
    """Refuse anything but a list of names and estimators, which Pipeline checks only in use."""
    if not (_are_steps(steps) and steps and all(_transforms(step) for _, step in steps[:-1])):
        raise ValueError("the steps of a Pipeline must be pairs of a name and an estimator")


def _are_steps(steps: object) -> TypeGuard[list[tuple[str, object]]]:
    return isinstance(steps, list) and all(
        isinstance(step, tuple) and len(step) == 2 and isinstance(step[0], str) for step in steps
    )


def _transforms(step: object) -> bool:
    return hasattr(step, "transform") or step is None or step == "passthrough"
