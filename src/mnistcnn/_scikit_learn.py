"""The only module that uses private names of scikit-learn, with substitutes for missing ones.

Without them parameters are not checked before they are used, which the user is told once, and
scikit-learn's callbacks, which are experimental, are not called.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import sklearn
from numpy.typing import ArrayLike, DTypeLike, NDArray
from sklearn.base import BaseEstimator

from mnistcnn._types import Estimator, Images, Labels

if TYPE_CHECKING:
    # Before 1.9 scikit-learn has none; the alias lets other modules name it, too.
    from sklearn.callback import CallbackContext as CallbackContext
    from sklearn.callback import FitCallback

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
    "CandidateByCandidate",
    "HasMethods",
    "Interval",
    "Options",
    "StrOptions",
    "check_sample_weight",
    "fit_context",
    "only_shows_progress",
    "reports_its_fit",
    "set_callbacks",
    "validate_parameter",
    "validate_parameter_constraints",
    "validate_parameters",
    "validate_params",
    "with_callbacks",
]


def validate_parameters(estimator: BaseEstimator) -> None:
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


def validate_parameter(estimator: BaseEstimator, name: str) -> None:
    """Check one of an estimator's parameters, which may have been set after `fit`.

    Raises
    ------
    InvalidParameterError
        If it is not allowed; it is a ValueError.

    Examples
    --------
    >>> from sklearn.linear_model import Perceptron
    >>> from mnistcnn._scikit_learn import validate_parameter
    >>> validate_parameter(Perceptron(max_iter=0), "alpha")
    >>> validate_parameter(Perceptron(max_iter=0), "max_iter")
    Traceback (most recent call last):
        ...
    sklearn.utils._param_validation.InvalidParameterError: The 'max_iter' parameter of Perceptron
    must be an int in the range [1, inf). Got 0 instead.
    """
    validate_parameter_constraints(
        {name: estimator._parameter_constraints[name]},
        {name: getattr(estimator, name)},
        caller_name=type(estimator).__name__,
    )


def fit_context(estimator: BaseEstimator, n_epochs: int) -> Any:
    """Return the context in which scikit-learn's callbacks follow a fit; None if there are none."""
    begin = getattr(estimator, "_init_callback_context", None)
    return None if begin is None else begin(max_subtasks=n_epochs)


def only_shows_progress(estimator: BaseEstimator) -> bool:
    """Tell whether an estimator's scikit-learn callbacks only show a progress bar."""
    callbacks = getattr(estimator, "_skl_callbacks", [])
    return all(type(callback).__name__ == "ProgressBar" for callback in callbacks)


def set_callbacks(estimator: BaseEstimator, callbacks: "Sequence[FitCallback]") -> None:
    """Register scikit-learn's callbacks.

    Raises
    ------
    TypeError
        If one is not a callback of scikit-learn's.
    ValueError
        If this version of scikit-learn has none.
    """
    if not hasattr(estimator, "set_callbacks"):
        raise ValueError(f"callbacks needs scikit-learn 1.9 or later, got {sklearn.__version__}.")
    try:
        estimator.set_callbacks(*callbacks)
    except TypeError as error:
        raise TypeError(
            "callbacks must be scikit-learn's, such as sklearn.callback.ProgressBar(), got "
            f"{list(callbacks)!r}; pass Keras callbacks to DigitCNNClassifier(callbacks=...)."
        ) from error


class CandidateByCandidate:
    """Mixin of a search that evaluates candidates one by one and keeps the scores of each fit.

    `cv_results_` gains `fold_scores`, a list of what the scorer returned for each fit: all folds of
    the first candidate, then those of the second.

    Attributes
    ----------
    candidates : dict of str to dict
        The parameters of each candidate by a name, under which scikit-learn's callbacks see it.
        Where there are none the search evaluates its own, all at once.
    on_candidate_done : callable
        Called after each of `candidates` with the `cv_results_` so far.
    """

    candidates: Mapping[str, dict[str, Any]] = {}
    on_candidate_done: Callable[[dict[str, Any]], object]

    def __getstate__(self) -> dict[str, Any]:
        # A copy goes to each worker, which has no use for what may not be copied.
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        return {name: value for name, value in state.items() if name != "on_candidate_done"}

    def _run_search(
        self,
        evaluate_candidates: Callable[..., dict[str, Any]],
        *,
        callback_ctx: "CallbackContext | None" = None,
    ) -> None:
        if not self.candidates:
            super()._run_search(evaluate_candidates, **_in_task(callback_ctx))  # type: ignore[misc]
            return
        # Known before the fits wherever there are callbacks.
        n_folds = getattr(self, "n_splits_", None)
        with self._task(callback_ctx, "search", len(self.candidates)) as search:
            for name, candidate in self.candidates.items():
                with self._task(search, name, n_folds, sequential_subtasks=False) as task:
                    results = evaluate_candidates([candidate], **_in_task(task))
                self.on_candidate_done(results)

    @contextmanager
    def _task(
        self, parent: "CallbackContext | None", name: str, n_subtasks: int | None, **settings: Any
    ) -> Iterator[Any]:
        if parent is None:
            yield None
            return
        task = parent.subcontext(task_name=name, max_subtasks=n_subtasks, **settings)
        task.call_on_fit_task_begin(estimator=self)
        yield task
        task.call_on_fit_task_end(estimator=self)

    def _format_results(
        self,
        candidate_params: list[dict[str, Any]],
        n_splits: int,
        out: list[dict[str, Any]],
        *more: Any,
    ) -> dict[str, Any]:
        with warnings.catch_warnings():
            # The scorer says itself what is not finite, and why.
            warnings.filterwarnings("ignore", "One or more of the test scores", UserWarning)
            results = super()._format_results(candidate_params, n_splits, out, *more)  # type: ignore[misc]
        return {**results, "fold_scores": [fit["test_scores"] for fit in out]}


def _in_task(task: "CallbackContext | None") -> dict[str, Any]:
    # Before 1.9 scikit-learn has no callbacks, and no parameter for them.
    return {} if task is None else {"callback_ctx": task}


def reports_its_fit(fit: Function) -> Function:
    """Report a transformer's fit to scikit-learn's callbacks, as a task without subtasks."""

    @with_callbacks  # type: ignore[untyped-decorator]
    @wraps(fit)
    def reported(transformer: Estimator, X: Images, y: "Labels | None" = None) -> Estimator:
        context, task = fit_context(transformer, 0), {"estimator": transformer, "X": X, "y": y}
        if context is not None:
            context.call_on_fit_task_begin(**task)
        fit(transformer, X, y)
        if context is not None:
            context.call_on_fit_task_end(**task, reconstruction_attributes={})
        return transformer

    return reported  # type: ignore[no-any-return]


@cache
def _warn() -> None:
    warnings.warn(
        "This version of scikit-learn lacks the functions with which mnistcnn validates "
        "parameters: invalid ones are not reported before they are used.",
        RuntimeWarning,
        stacklevel=3,
    )
