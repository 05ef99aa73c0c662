"""Cross-validation of a pipeline for several architectures, on the same folds."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from numbers import Integral, Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import BaseCrossValidator, StratifiedKFold, check_cv
from sklearn.utils import indexable
from sklearn.utils.multiclass import check_classification_targets

from mnistcnn._scikit_learn import (
    Interval,
    StrOptions,
    set_callbacks,
    validate_parameter_constraints,
    validate_parameters,
)
from mnistcnn._types import Images, ImageShape, Labels, Memory, RandomState
from mnistcnn.classifier import DigitCNNClassifier, count_parameters
from mnistcnn.evaluation._candidates import Builder, Candidates, labeled_architectures
from mnistcnn.evaluation._environment import describe_environment
from mnistcnn.evaluation._measurement import Scorer, Scoring, named_scorers
from mnistcnn.evaluation._result import ComparisonResult
from mnistcnn.evaluation._search import ArchitectureSearch, Split, records_of
from mnistcnn.preprocessing import ImageReshaper, labels_to_learn, warn_of_row_order

DEFAULT_ARCHITECTURES = ("baseline", "simple", "larger", "convnet", "fast")

Splitter: TypeAlias = int | BaseCrossValidator | Iterable[tuple[ArrayLike, ArrayLike]] | None

_CONSTRAINTS = {
    "cv": ["cv_object"],
    "estimator": [DigitCNNClassifier, None],
    "epochs": [Interval(Integral, 1, None, closed="left"), None],
    "n_jobs": [Integral, None],
    "error_score": [StrOptions({"raise"}), Real],
    "random_state": ["random_state"],
    "on_architecture_done": [callable, None],
}


def compare_architectures(
    X: Images,
    y: Labels,
    *,
    architectures: Candidates = DEFAULT_ARCHITECTURES,
    cv: Splitter = 5,
    scoring: Scoring = "accuracy",
    groups: ArrayLike | None = None,
    estimator: DigitCNNClassifier | None = None,
    epochs: int | None = None,
    n_jobs: int | None = None,
    error_score: float | str = np.nan,
    memory: Memory = None,
    random_state: RandomState = None,
    callbacks: object | Sequence[object] | None = None,
    on_architecture_done: Callable[[ComparisonResult], object] | None = None,
) -> ComparisonResult:
    """Cross-validate several architectures on the same folds and measure their times.

    This runs scikit-learn's ``GridSearchCV`` over the architecture of the pipeline
    ``ImageReshaper`` -> ``DigitCNNClassifier``. All names, sizes, settings and folds are checked
    before the first network is trained.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n, h*w), (n, h, w) or (n, h, w, c)
        The images, of any numeric dtype and in any unit.
    y : array-like of shape (n,)
        The labels.
    architectures : "all", iterable or dict, default=("baseline", "simple", "larger", "convnet", \
"fast")
        Registered names, architecture objects and callables ``(input_shape, n_classes) ->
        keras.Model``; ``"all"`` means every registered name. The keys of a dict are the labels in
        the table; otherwise a name is its own label, and the label of an object is its `repr`.
    cv : int, splitter or iterable of index pairs, default=5
        An integer is the number of stratified, shuffled folds. In every case the splits are drawn
        once and are the same for all architectures. No test image of a split may be among its
        training images.
    scoring : str, callable, list of str, or dict, default="accuracy"
        As in ``GridSearchCV``. Accuracy is always measured; the table is sorted by the first
        scorer.
    groups : array-like of shape (n,), default=None
        Passed to the splitter, such as ``GroupKFold`` over the writers of the digits.
    estimator : DigitCNNClassifier, default=None
        A template for all other parameters of the classifier. None means the defaults.
    epochs : int, default=None
        Number of epochs of every fit. None keeps those of `estimator`.
    n_jobs : int, default=None
        Number of networks to train at the same time, as in ``GridSearchCV``: folds of any
        architectures or, with `on_architecture_done` or `callbacks`, folds of one architecture.
        Each fit takes longer when it shares the processor: for meaningful times, leave this at
        None.
    error_score : "raise" or float, default=np.nan
        The score of a fold in which the fit or the scorer raises an error; the comparison
        continues, and the row of the architecture gives the reason. With ``"raise"``, the error
        ends the comparison.
    memory : str, path-like, joblib.Memory or None, default=None
        Caches each fit, as `DigitCNNClassifier(memory=...)` does, so that a comparison that ended
        early can be run again and only trains the missing fits. For cached fits, `from_memory` in
        the records is True and `fit_seconds` is the time of reading. This needs an integer
        `random_state`. None keeps the `memory` of `estimator`.
    random_state : int, RandomState or None, default=None
        Seeds the folds and every fit. None means the `random_state` of `estimator` or, if that is
        None too, a random seed. The seed is in ``metadata["random_state"]``.
    callbacks : callback or list of callbacks, default=None
        scikit-learn callbacks (from version 1.9 on), such as
        ``ProgressBar(max_propagation_depth=None)``, which shows progress bars for the
        architectures, the folds of each and the epochs of each fit. Keras callbacks are passed to
        `estimator`.
    on_architecture_done : callable, default=None
        Called after each architecture with the `ComparisonResult` so far, to show progress and to
        keep the results of an interrupted run: Ctrl-C raises KeyboardInterrupt, and the last result
        passed can still be used. An exception raised by this function ends the comparison.

    Returns
    -------
    ComparisonResult
        `fit_seconds` is the time of one `fit` of the pipeline, including the compilation of the
        network if the fit compiles one. `predict_seconds` is the time of one `predict` of all
        held-out images of the fold. It includes no compilation, since the scorers have already
        predicted these images.

    Raises
    ------
    ValueError
        If an architecture is unknown, cannot be built for the images or has the same label as
        another, if a scorer or a setting of `estimator` is wrong, if `random_state` is not an int
        although there is a `memory`, if labels are one-hot rows, if a class has fewer images than
        there are folds, if a split has test images among its training images, if there are
        `callbacks` and scikit-learn is older than 1.9, or if every fit failed.
    TypeError
        If `X` or `y` is not in memory, such as a dataset in batches, a generator or a query, or if
        one of `callbacks` is not a scikit-learn callback.

    Warns
    -----
    sklearn.exceptions.FitFailedWarning
        For each architecture that failed, with its folds and the reason.

    See Also
    --------
    ComparisonResult.pairwise : Tells which differences are more than chance.
    mnistcnn.plotting.ComparisonDisplay : Draws the result.

    Notes
    -----
    The folds of a cross-validation share training images. The standard deviation over them
    therefore understates how much a mean would change with new data [1]_;
    `ComparisonResult.pairwise` corrects for this.

    References
    ----------
    .. [1] Y. Bengio and Y. Grandvalet, "No Unbiased Estimator of the Variance of K-Fold
       Cross-Validation", Journal of Machine Learning Research 5, 2004.

    Examples
    --------
    >>> from mnistcnn import compare_architectures, load_sample_digits
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> result = compare_architectures(
    ...     X[:300], y[:300], architectures=["baseline", "larger"], cv=2, epochs=1, random_state=0
    ... )
    >>> result.table.sort_values("parameters")[["architecture", "parameters"]]
        architecture  parameters
    ...       larger       59933
    ...     baseline      623290
    >>> len(result.records)
    4
    """
    given = {name: value for name, value in locals().items() if name in _CONSTRAINTS}
    validate_parameter_constraints(_CONSTRAINTS, given, caller_name="compare_architectures")
    images, labels, groups = indexable(X, labels_to_learn(X, y), groups)
    warn_of_row_order(X, y=y, groups=groups)
    check_classification_targets(labels)
    candidates = labeled_architectures(architectures)
    scorers = named_scorers(scoring)
    template = _template(estimator, epochs, memory, random_state)
    splits = _splits(images, labels, groups, cv, _seed(template.random_state))
    _check_apart(splits, len(labels))
    comparison = _Comparison(images, labels, template, candidates, splits, scorers)
    metadata = comparison.describe() | {"cv": repr(cv), "n_jobs": _plain(n_jobs)}
    result_of = partial(comparison.result_of, comparison.count_parameters(), metadata)
    search = comparison.search(n_jobs, error_score)
    if callbacks is not None:
        set_callbacks(search, callbacks if isinstance(callbacks, list | tuple) else [callbacks])
    if not (on_architecture_done is None and callbacks is None):
        search.one_by_one(candidates, _reporting(result_of, on_architecture_done))
    result = result_of(search.fit(images, labels).cv_results_)
    _tell_of_failures(result)
    return result


@dataclass(frozen=True)
class _Comparison:
    """The architectures, data and settings of a comparison."""

    X: Images
    y: NDArray[Any]
    template: DigitCNNClassifier
    candidates: dict[str, Builder]
    splits: list[Split]
    scorers: dict[str, Scorer]

    @cached_property
    def image_shape(self) -> ImageShape:
        reshaper = ImageReshaper(image_shape=self.template.image_shape)
        shape: ImageShape = reshaper.fit(self.X).image_shape_
        return shape

    @cached_property
    def n_classes(self) -> int:
        return len(np.unique(self.y))

    def count_parameters(self) -> dict[str, int]:
        """Build each network once, which also finds those that the images are too small for."""
        return {
            label: count_parameters(architecture, self.image_shape, self.n_classes)
            for label, architecture in self.candidates.items()
        }

    def describe(self) -> dict[str, Any]:
        """Return the settings and the environment, as plain values."""
        settings = self.template.get_params(deep=False)
        del settings["architecture"]
        return {
            "images": len(self.y),
            "image_shape": list(self.image_shape),
            "classes": self.n_classes,
            "folds": len(self.splits),
            "random_state": self.template.random_state,
            "architectures": {label: repr(value) for label, value in self.candidates.items()},
            "classifier": {name: _plain(value) for name, value in settings.items()},
        } | describe_environment()

    def search(self, n_jobs: int | None, error_score: float | str) -> ArchitectureSearch:
        return ArchitectureSearch.over(
            self.candidates,
            clone(self.template),
            self.scorers,
            self.splits,
            n_jobs=n_jobs,
            error_score=error_score,
        )

    def result_of(
        self, parameters: dict[str, int], metadata: dict[str, Any], results: dict[str, Any]
    ) -> ComparisonResult:
        """Return the result of a search, also of its first architectures alone."""
        records = records_of(results, list(self.candidates), self.splits, list(self.scorers))
        return ComparisonResult(records, parameters, tuple(self.scorers), metadata)


def _reporting(
    result_of: Callable[[dict[str, Any]], ComparisonResult],
    on_architecture_done: Callable[[ComparisonResult], object] | None,
) -> Callable[[dict[str, Any]], None]:
    def report(results: dict[str, Any]) -> None:
        if on_architecture_done is not None:
            on_architecture_done(result_of(results))

    return report


def _tell_of_failures(result: ComparisonResult) -> None:
    if all(np.isnan(record["fit_seconds"]) for record in result.records):
        reasons = dict.fromkeys(record["failure"] for record in result.records)
        raise ValueError(
            f"None of the architectures could be trained: {'; '.join(reasons)} (with "
            "error_score='raise', the traceback shows where)."
        )
    for label, failure in result.failures.items():
        warnings.warn(f"{label} failed in {failure}", FitFailedWarning, stacklevel=3)


def _plain(value: object) -> str | int | float | None:
    """Return a value that JSON can hold: the value itself, or its Python representation."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, str | int | float | None) else repr(value)


def _template(
    estimator: DigitCNNClassifier | None,
    epochs: int | None,
    memory: Memory,
    random_state: RandomState,
) -> DigitCNNClassifier:
    template = DigitCNNClassifier() if estimator is None else clone(estimator)
    if epochs is not None:
        template.set_params(epochs=epochs)
    if memory is not None:
        template.set_params(memory=memory)
    source = template.random_state if random_state is None else random_state
    if template.memory is not None and not isinstance(source, Integral):
        raise ValueError(
            f"random_state must be an int if memory is given, got {source}: with a new seed each "
            "time, no fit would ever be found again."
        )
    template.set_params(random_state=_seed(source))
    validate_parameters(template)
    return template


def _seed(random_state: RandomState) -> int:
    """Return the seed from which each architecture starts, as an integer for the metadata."""
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    # None asks for fresh entropy, which leaves NumPy's global generator to its owner.
    generator = np.random.RandomState() if random_state is None else random_state
    return int(generator.randint(np.iinfo(np.int32).max))


def _splits(
    X: Images, y: NDArray[Any], groups: ArrayLike | None, cv: Splitter, seed: RandomState
) -> list[Split]:
    """Draw the splits once, so that a splitter without a seed gives each architecture the same."""
    if cv is None or isinstance(cv, Integral):
        n_splits = 5 if cv is None else int(cv)
        _check_class_sizes(y, n_splits)
        cv = StratifiedKFold(n_splits, shuffle=True, random_state=seed)
    splits = check_cv(cv, y, classifier=True).split(X, y, groups)
    return [(_indices(train), _indices(test)) for train, test in splits]


def _indices(part: ArrayLike) -> NDArray[np.intp]:
    """Return the part of a split as indices, which may be given as a mask."""
    array = np.asarray(part)
    return np.flatnonzero(array) if array.dtype == bool else array


def _check_apart(splits: list[Split], n_images: int) -> None:
    """Refuse test images that are also training images, which would leak into the scores."""
    for number, (train, test) in enumerate(splits):
        # Indices may count from the end.
        n_shared = len(np.intersect1d(train % n_images, test % n_images))
        if n_shared:
            raise ValueError(
                "cv must yield splits whose training and test images have none in common, got "
                f"{n_shared} image{'s' if n_shared > 1 else ''} in both parts of split {number}."
            )


def _check_class_sizes(y: NDArray[Any], n_splits: int) -> None:
    classes, sizes = np.unique(y, return_counts=True)
    if sizes.min() < n_splits:
        raise ValueError(
            f"cv={n_splits} needs at least {n_splits} images of every class, got {sizes.min()} of "
            f"class {classes[sizes.argmin()]!s}."
        )
