"""Trains published recipes, keeps one record per run, and compares with reported results."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from numbers import Integral, Real
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import joblib
import keras
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from mnistcnn._scikit_learn import Interval, validate_params
from mnistcnn._types import Array, Classifier
from mnistcnn._types import Path as PathLike
from mnistcnn.evaluation._environment import describe_environment
from mnistcnn.evaluation._image_checks import checked_images
from mnistcnn.evaluation._run_records import RecipeRun, Record, RunRecords
from mnistcnn.recipes import get_recipe, list_recipes

# The split of pooled images is the same for every run and recipe.
POOL_SEED = 0
POOLED_FRACTIONS = {"kaggle": 28 / 70, "four_fifths": 1 / 5}
VALIDATION_FRACTION = 1 / 6

Tell = Callable[[int, dict[str, Any], float], None]
OnEpoch = Callable[[RecipeRun, int, dict[str, Any], float], None]


class DigitImages(NamedTuple):
    """Images for training and for testing, with their labels.

    Attributes
    ----------
    X, y : array-like
        Training images and labels.
    X_test, y_test : array-like
        Test images and labels.

    Examples
    --------
    >>> from mnistcnn import load_sample_digits
    >>> from mnistcnn.evaluation import DigitImages
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> images = DigitImages(X[:1500], y[:1500], X[1500:], y[1500:])
    >>> images.X_test.shape
    (297, 784)
    """

    X: Array
    y: Array
    X_test: Array
    y_test: Array

    def split_as(self, data: str) -> "DigitImages":
        """Return the images split as for a published recipe, according to its `data`.

        Examples
        --------
        >>> import numpy as np
        >>> from mnistcnn.evaluation import DigitImages
        >>> labels = np.arange(70) % 10
        >>> images = DigitImages(np.zeros((60, 4)), labels[:60], np.zeros((10, 4)), labels[60:])
        >>> len(images.split_as("kaggle").X), len(images.split_as("kaggle").X_test)
        (42, 28)
        """
        if data not in POOLED_FRACTIONS:
            return self
        X, X_test, y, y_test = train_test_split(
            np.concatenate([self.X, self.X_test]),
            labels := np.concatenate([self.y, self.y_test]),
            test_size=POOLED_FRACTIONS[data],
            stratify=labels,
            random_state=POOL_SEED,
        )
        return DigitImages(X, y, X_test, y_test)

    def without_test(self) -> "DigitImages":
        """Return the last sixth of the training images in place of the test images."""
        n_training = len(self.y) - round(VALIDATION_FRACTION * len(self.y))
        return DigitImages(
            self.X[:n_training], self.y[:n_training], self.X[n_training:], self.y[n_training:]
        )


class _Stopwatch:
    """Measures the seconds between calls; no plain value, so that no backup restores it."""

    def __init__(self) -> None:
        self._start = perf_counter()

    def lap(self) -> float:
        """Return the seconds since the last call, or since it was made."""
        start, self._start = self._start, perf_counter()
        return self._start - start


class _EpochClock(keras.callbacks.Callback):  # type: ignore[misc]
    """Records the seconds of each epoch, including those before a kill, and reports them.

    Parameters
    ----------
    tell : callable
        Called with the number of epochs done, Keras's logs and the seconds left.
    epochs : int
        Their maximum number.
    """

    def __init__(self, tell: Tell, epochs: int) -> None:
        super().__init__()
        self._tell = tell
        self._epochs = epochs
        self.seconds: list[float] = []
        self._stopwatch = _Stopwatch()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the seconds since the last one ended."""
        self.seconds = [*self.seconds[:epoch], self._stopwatch.lap()]
        left = float(np.mean(self.seconds)) * (self._epochs - epoch - 1)
        self._tell(epoch + 1, logs or {}, left)


@validate_params(
    {
        "recipes": [str, list, tuple],
        "images": [tuple],
        "seeds": [Interval(Integral, 1, None, closed="left")],
        "epochs_scale": [Interval(Real, 0, None, closed="neither")],
        "output": [str, Path, None],
        "on_epoch": [callable, None],
    },
    prefer_skip_nested_validation=True,
)  # type: ignore[untyped-decorator]
def reproduce(
    recipes: str | Iterable[str],
    images: DigitImages,
    *,
    seeds: int = 1,
    epochs_scale: float = 1.0,
    output: PathLike | None = None,
    on_epoch: OnEpoch | None = None,
) -> Iterator[Record]:
    """Train networks by their published recipes, and evaluate each once on the test images.

    Parameters
    ----------
    recipes : str or list of str
        Names from `mnistcnn.list_recipes`; ``"all"`` means all of them.
    images : DigitImages
        MNIST's training and test images, or others. If the result of a recipe was reported on
        another split, both parts are pooled and split in the same way.
    seeds : int, default=1
        Number of fits of each recipe, with `random_state` 0, 1 and so on.
    epochs_scale : float, default=1.0
        Factor for the number of epochs of each recipe.
    output : str, path-like or None, default=None
        A folder for the records, which is created if it does not exist. A run that is recorded
        there is not trained again; an interrupted run resumes from its last complete epoch.
    on_epoch : callable, default=None
        Called after each epoch with the run, the number of epochs done, Keras's logs and the
        estimated seconds left of the run.

    Yields
    ------
    dict
        The record of each run, as soon as it has ended: `recipe`, `seed`, `reported`, `accuracy`,
        `n_errors`, `wrong` (the number, label, prediction and probability of each misclassified
        test image), `seconds` of the fit, `epochs`, `history`, and the details needed to repeat it.

    Raises
    ------
    ValueError
        If a name is unknown, if the folder contains a record of other data or settings, or if
        training and test images do not belong together: if their shapes differ, if labels are not
        as many as images, or if test labels do not occur among the training labels.

    Examples
    --------
    >>> from mnistcnn import load_sample_digits
    >>> from mnistcnn.evaluation import DigitImages, reproduce, reproduction_table
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> images = DigitImages(X[:1000], y[:1000], X[1000:1200], y[1000:1200])
    >>> records = list(reproduce("two_layer_mlp", images, epochs_scale=0.5))
    >>> reproduction_table(records)[["recipe", "reported", "n"]]
              recipe  reported  n
    0  two_layer_mlp    0.9699  1
    """
    runs = _runs(recipes, seeds, epochs_scale)
    images = DigitImages(*checked_images(images))
    folder = None if output is None else Path(output).expanduser()
    common = {"images": joblib.hash(tuple(images)), "epochs_scale": float(epochs_scale)}
    kept = RunRecords(folder, common)
    # All are looked at before the first is trained, which may take hours.
    known = {run: kept.of(run) for run in runs}
    return _records(known, images, kept, on_epoch)


def n_epochs_to_reproduce(recipes: str | Iterable[str], seeds: int, epochs_scale: float) -> int:
    """Return the maximum number of epochs of all runs of `reproduce`."""
    return sum(run.epochs for run in _runs(recipes, seeds, epochs_scale))


def _runs(recipes: str | Iterable[str], seeds: int, epochs_scale: float) -> list[RecipeRun]:
    return [
        RecipeRun(get_recipe(name), seed, float(epochs_scale))
        for name in _named(recipes)
        for seed in range(seeds)
    ]


def _named(recipes: str | Iterable[str]) -> list[str]:
    if recipes == "all":
        return list_recipes()
    names = [recipes] if isinstance(recipes, str) else list(dict.fromkeys(recipes))
    if not names:
        raise ValueError(f"recipes must hold at least one name, got {recipes!r}.")
    return names


def _records(
    known: dict[RecipeRun, Record | None],
    images: DigitImages,
    kept: RunRecords,
    on_epoch: OnEpoch | None,
) -> Iterator[Record]:
    for run, record in known.items():
        if record is not None:
            yield record
        else:
            callbacks = kept.callbacks_of(run)
            split = images.split_as(run.recipe.data)
            yield kept.write(run, _train_run(run, split, callbacks, on_epoch))


def _train_run(
    run: RecipeRun, images: DigitImages, callbacks: list[Any], on_epoch: OnEpoch | None
) -> Record:
    """Return the record of a run."""

    def tell(n_done: int, logs: dict[str, Any], seconds_left: float) -> None:
        if on_epoch is not None:
            on_epoch(run, n_done, logs, seconds_left)

    clock = _EpochClock(tell, run.epochs)
    classifier = run.classifier([clock, *callbacks]).fit(images.X, images.y)
    clock = classifier.callbacks_[0]
    return {
        "reported": run.recipe.reported,
        "epochs": classifier.n_iter_,
        "seconds": sum(clock.seconds),
        "data": run.recipe.data,
        "n_training_images": len(images.y),
        **evaluate_on_test_images(classifier, images),
        "precision": classifier.precision_,
        "history": classifier.history_,
        "recorded": datetime.now(UTC).isoformat(timespec="seconds"),
        "environment": describe_environment(),
    }


def evaluate_on_test_images(classifier: Classifier, images: DigitImages) -> Record:
    """Return the results of a fitted classifier on the images that it is measured on.

    Parameters
    ----------
    classifier : classifier
        With `predict_proba`.
    images : DigitImages
        Its `X_test` and `y_test` are looked at.

    Returns
    -------
    dict
        `accuracy`, `n_errors`, `n_test_images` and `wrong`, as a record of `reproduce` holds them.
    """
    probabilities, labels = classifier.predict_proba(images.X_test), np.asarray(images.y_test)
    predicted = classifier.classes_[probabilities.argmax(axis=1)]
    wrong = np.flatnonzero(predicted != labels)
    return {
        "n_test_images": len(labels),
        "n_errors": len(wrong),
        "accuracy": 1 - len(wrong) / len(labels),
        "wrong": [
            {
                "image": int(number),
                "label": labels[number : number + 1].tolist()[0],
                "predicted": predicted[number : number + 1].tolist()[0],
                "probability": float(probabilities[number].max()),
            }
            for number in wrong
        ],
    }


def reproduction_table(records: Iterable[Record]) -> pd.DataFrame:
    """Return the reported accuracy of each recipe and the accuracy of its runs.

    Parameters
    ----------
    records : iterable of dict
        Records from `reproduce`.

    Returns
    -------
    DataFrame
        A row for each recipe: `recipe`, `reported`, `accuracy_mean`, `accuracy_sd` (NaN for a
        single run), `n` (the number of runs), `epochs_scale` and `seconds_mean` (of a fit).

    Examples
    --------
    >>> from mnistcnn.evaluation import reproduction_table
    >>> run = {"recipe": "simple", "reported": 0.9897, "epochs_scale": 1.0}
    >>> records = [{**run, "accuracy": each, "seconds": 20} for each in (0.99, 0.992)]
    >>> reproduction_table(records)["accuracy_mean"].tolist()
    [0.991]
    """
    rows = pd.DataFrame(list(records))
    rows["reported"] = rows["reported"].astype(float)
    grouped = rows.groupby(["recipe", "epochs_scale"], sort=False)
    table = grouped.agg(
        reported=("reported", "first"),
        accuracy_mean=("accuracy", "mean"),
        accuracy_sd=("accuracy", "std"),
        n=("accuracy", "size"),
        seconds_mean=("seconds", "mean"),
    )
    ordered = ["recipe", "reported", "accuracy_mean", "accuracy_sd", "n", "epochs_scale"]
    return table.reset_index()[[*ordered, "seconds_mean"]]
