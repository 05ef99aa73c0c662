"""The one module that touches private names of scikit-learn, and what serves where one is gone.

Without them parameters are not checked before they are used, which the user is told once, and
scikit-learn's callbacks, which are experimental, are not called.
"""

import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Function = TypeVar("Function", bound=Callable[..., Any])


class _Unchecked:
    """Takes the place of a constraint that cannot be checked."""

    def __init__(self, *arguments: object, **settings: object) -> None:
        pass


try:
    from sklearn.utils._param_validation import (
        HasMethods,
        Interval,
        Options,
        StrOptions,
        validate_parameter_constraints,
        validate_params,
    )

    IS_CHECKED = True
except ImportError:
    IS_CHECKED = False
    HasMethods = Interval = Options = StrOptions = _Unchecked

    def validate_parameter_constraints(
        parameter_constraints: Mapping[str, Any],  # noqa: ARG001
        params: Mapping[str, Any],  # noqa: ARG001
        caller_name: str,  # noqa: ARG001
    ) -> None:
        """Say once that nothing is checked."""
        _warn()

    def validate_params(
        parameter_constraints: Mapping[str, Any],  # noqa: ARG001
        *,
        prefer_skip_nested_validation: bool,  # noqa: ARG001
    ) -> Callable[[Function], Function]:
        """Leave a function as it is."""
        return lambda function: function


try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Serves where scikit-learn has no callbacks."""

    def with_callbacks(method: Function) -> Function:
        """Return the method as it is."""
        return method


try:
    from sklearn.utils.validation import _check_sample_weight as check_sample_weight
except ImportError:
    from sklearn.utils import check_array
    from sklearn.utils.validation import check_consistent_length

    def check_sample_weight(
        sample_weight: ArrayLike | None, X: NDArray[Any], *, dtype: DTypeLike | None = None
    ) -> NDArray[Any]:
        """Return finite weights, one for each row; 1 where none are given."""
        weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight)
        if weights.ndim == 0:
            weights = np.full(len(X), weights)
        checked = check_array(weights, ensure_2d=False, dtype=dtype, input_name="sample_weight")
        check_consistent_length(checked, X)
        result: NDArray[Any] = checked
        return result


__all__ = [
    "CallbackSupportMixin",
    "HasMethods",
    "Interval",
    "Options",
    "StrOptions",
    "check_sample_weight",
    "fit_context",
    "only_shows_progress",
    "validate_parameter_constraints",
    "validate_parameters",
    "validate_params",
    "with_callbacks",
]


def validate_parameters(estimator: Any) -> None:
    """Check an estimator's parameters by its ``_parameter_constraints``.

    Raises
    ------
    InvalidParameterError
        If one is not allowed; it is a ValueError.
    """
    validate = getattr(estimator, "_validate_params", None)
    if IS_CHECKED and validate is not None:
        validate()
    else:
        _warn()


def fit_context(estimator: Any, n_epochs: int) -> Any:
    """Return what scikit-learn's callbacks hear of a fit; None where there are none."""
    begin = getattr(estimator, "_init_callback_context", None)
    return None if begin is None else begin(max_subtasks=n_epochs)


def only_shows_progress(estimator: Any) -> bool:
    """Tell whether no callback of scikit-learn's that an estimator has wants more than a bar."""
    callbacks = getattr(estimator, "_skl_callbacks", [])
    return all(type(callback).__name__ == "ProgressBar" for callback in callbacks)


@cache
def _warn() -> None:
    warnings.warn(
        "This version of scikit-learn lacks what mnistcnn checks parameters with: a wrong one is "
        "not named before it is used.",
        RuntimeWarning,
        stacklevel=3,
    )
