"""Saves a fitted classifier to a file that contains no code, and loads it again."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils.validation import check_is_fitted

from mnistcnn._types import Classifier, Path
from mnistcnn.exceptions import UnreadableModelError
from mnistcnn.storage._keras_objects import content_of_keras_object, keras_object_of
from mnistcnn.storage._model_file import read_model_file, write_model_file
from mnistcnn.storage._objects import content_of, name_of, object_of
from mnistcnn.storage._plain import Arrays, NotPlainError, decoded, encoded

__all__ = ["MODEL_FILE_SUFFIX", "SavableMixin", "classifier_of", "content_and_arrays",
           "load_classifier", "save_classifier"]  # fmt: skip

MODEL_FILE_SUFFIX = ".mnistcnn"
# Wider numbers are of this machine alone.
MAX_ITEM_BYTES = 8
# The generator of a RandomState, and how many words its state has.
TWISTER, N_WORDS = "MT19937", 624
# Objects that hold code can be stored by other means, at the user's risk.
ALTERNATIVE = (
    "joblib.dump stores it, in a file that can run any code when it is loaded; with skops.io.dump, "
    "the functions to trust are named when it is loaded."
)


class SavableMixin:
    """Adds `save` to a classifier."""

    def save(self: Classifier, path: Path, *, overwrite: bool = False) -> None:
        """Write the fitted classifier to one file that contains no code.

        Parameters
        ----------
        path : str or path-like
            Where to write it, ending in ``.mnistcnn``.
        overwrite : bool, default=False
            Whether to replace a file that is there.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        TypeError
            If it contains a function or class of your own, which only a pickle can store.
        ValueError
            If `path` has another suffix, if a parameter is not allowed, or if weights are not
            finite.
        FileExistsError
            If the file is there, unless `overwrite`.
        OSError
            If it cannot be written.

        See Also
        --------
        mnistcnn.load_classifier : Read the file.
        mnistcnn.save_classifier : Do the same for a pipeline.
        """
        save_classifier(self, path, overwrite=overwrite)


def save_classifier(classifier: Classifier, path: Path, *, overwrite: bool = False) -> None:
    """Write a fitted classifier to one file that contains no code, and so is safe to load.

    The file contains the weights as safetensors [1]_, parameters and labels as JSON, and a hash of
    both. It can store a `mnistcnn.DigitCNNClassifier` with any registered architecture, including
    the state of its optimizer; ensembles, test-time augmentation and rejection around it; and a
    `sklearn.pipeline.Pipeline` of these with the transformers of this library.

    Parameters
    ----------
    classifier : classifier
        A classifier of this library, or a pipeline that ends in one.
    path : str or path-like
        Where to write it, ending in ``.mnistcnn``.
    overwrite : bool, default=False
        Whether to replace a file that is there.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    TypeError
        If it contains something that only a pickle can store: a function or class of your own, a
        network built with Keras, or an estimator from outside this library.
    ValueError
        If `path` has another suffix, if `classifier` is not a classifier, if a parameter that was
        set after the fit is not allowed, or if weights are not finite.
    FileExistsError
        If the file is there, unless `overwrite`.
    OSError
        If it cannot be written.

    See Also
    --------
    load_classifier : Read the file.

    Notes
    -----
    The parameters `callbacks` and `memory`, scikit-learn's callbacks and its metadata requests are
    left out: they only matter for training on one machine.

    References
    ----------
    .. [1] https://huggingface.co/docs/safetensors

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.pipeline import make_pipeline
    >>> from mnistcnn import DigitNormalizer, load_classifier, load_pretrained, load_sample_digits
    >>> from mnistcnn import save_classifier
    >>> reader = make_pipeline(DigitNormalizer(), load_pretrained())
    >>> with TemporaryDirectory() as folder:
    ...     save_classifier(reader, f"{folder}/reader.mnistcnn")
    ...     loaded = load_classifier(f"{folder}/reader.mnistcnn")
    >>> loaded.predict(load_sample_digits().images[:3])
    array([0, 1, 2])
    """
    if not os.fspath(path).endswith(MODEL_FILE_SUFFIX):
        raise ValueError(f"path must end in {MODEL_FILE_SUFFIX!r}, got {os.fspath(path)!r}.")
    if not (isinstance(classifier, BaseEstimator) and is_classifier(classifier)):
        raise ValueError(f"classifier must be a classifier, got {type(classifier).__name__}.")
    check_is_fitted(classifier)
    write_model_file(path, *content_and_arrays(classifier), overwrite=overwrite)


def content_and_arrays(classifier: Classifier) -> tuple[Any, Arrays]:
    """Return a classifier as JSON and arrays."""
    arrays: Arrays = []
    try:
        content = encoded(classifier, arrays, lambda value: _encoded_object(value, arrays))
        _check_dtypes(arrays)
    except NotPlainError as error:
        raise TypeError(f"A model file cannot hold {error}. {ALTERNATIVE}") from error
    except RecursionError as error:
        raise TypeError("A model file cannot hold an object that contains itself.") from error
    return content, arrays


def _check_dtypes(arrays: Arrays) -> None:
    for array in arrays:
        if array.dtype.itemsize > MAX_ITEM_BYTES:
            raise NotPlainError(f"an array of {array.dtype}")


def _encoded_object(value: object, arrays: Arrays) -> Mapping[str, Any]:
    name = name_of(value)
    if name is not None:
        content, key = content_of(value), "object"
    elif isinstance(value, np.random.RandomState):
        name, content, key = "", {"state": _state_of(value)}, "RandomState"
    elif type(value).__module__.startswith("keras."):
        (name, content), key = content_of_keras_object(value), "keras"
    else:
        raise NotPlainError(_described(value))
    inner = encoded(content, arrays, lambda other: _encoded_object(other, arrays))
    return {key: [name, inner]}


def _described(value: object) -> str:
    if hasattr(value, "get_params") and "refit" in value.get_params(deep=False):
        return f"the search {type(value).__name__}, but its best_estimator_"
    if callable(value) and hasattr(value, "__name__"):
        return f"the function or class {value.__name__}"
    return f"an object of the class {type(value).__module__}.{type(value).__qualname__}"


def load_classifier(path: Path) -> Classifier:
    """Read a classifier from a file that `save_classifier` wrote; no code in it is executed.

    Files from strangers can be loaded: networks are built only by the architectures of this
    library, everything is checked, and unknown content is refused. Whether such a network predicts
    well is another matter.

    Parameters
    ----------
    path : str or path-like
        A ``.mnistcnn`` file.

    Returns
    -------
    classifier : classifier
        The fitted classifier as it was saved: with the same backend, its predictions are the same
        bit for bit.

    Raises
    ------
    UnreadableModelError
        If the file is damaged, was changed, is of a later version, or holds something else.
    OSError
        If it cannot be opened.

    See Also
    --------
    save_classifier : Write the file, as ``classifier.save`` does.
    load_pretrained : Load a network that comes with the package.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from mnistcnn import DigitCNNClassifier, load_classifier, load_sample_digits
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> classifier = DigitCNNClassifier("two_layer_mlp", epochs=1, random_state=0).fit(X, y)
    >>> with TemporaryDirectory() as folder:
    ...     classifier.save(f"{folder}/digits.mnistcnn")
    ...     loaded = load_classifier(f"{folder}/digits.mnistcnn")
    >>> bool((loaded.predict_proba(X) == classifier.predict_proba(X)).all())
    True
    """
    content, arrays, _ = read_model_file(path)
    return classifier_of(content, arrays, os.fspath(path))


def classifier_of(content: object, arrays: Arrays, name: str) -> Classifier:
    """Return the classifier that JSON and arrays describe; `name` is that of their file."""
    try:
        _check_uses_all(content, len(arrays))
        classifier: Any = decoded(
            content, arrays, lambda key, inner: _decoded_object(key, inner, arrays)
        )
        if not (isinstance(classifier, BaseEstimator) and is_classifier(classifier)):
            raise ValueError(f"it holds a {type(classifier).__name__}, which is not a classifier")
        check_is_fitted(classifier)
    except UnreadableModelError:
        raise
    except Exception as error:  # content that was tampered with can fail in any way
        raise UnreadableModelError(
            f"{name} does not describe a classifier of this version of mnistcnn: "
            f"{type(error).__name__}: {error}"
        ) from error
    found: Classifier = classifier
    return found


def _check_uses_all(content: object, n_arrays: int) -> None:
    """Refuse arrays that nothing refers to, and places without an array."""
    used: set[int] = set()
    waiting = [content]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            used.update(part[key] for key in ("array", "number") if key in part)
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    if used != set(range(n_arrays)):
        raise ValueError("its arrays do not match its references to them")


def _decoded_object(key: str, content: list[Any], arrays: Arrays) -> Any:
    name, inner = content
    values = decoded(inner, arrays, lambda other, inside: _decoded_object(other, inside, arrays))
    if key == "object":
        return object_of(name, values)
    if key == "keras":
        return keras_object_of(name, values)
    if key == "RandomState":
        return _random_state_of(*values["state"])
    raise ValueError(f"{key!r} is not known")


def _state_of(random_state: np.random.RandomState) -> tuple[Any, ...]:
    # What NumPy calls legacy it warns about, where the generator is another one.
    state: Any = random_state.get_state(legacy=False)
    name, words = state["bit_generator"], state["state"]
    if name != TWISTER:
        raise NotPlainError(f"a RandomState of {name}")
    return name, words["key"], words["pos"], state["has_gauss"], state["gauss"]


def _random_state_of(
    name: str, words: NDArray[np.uint32], place: int, has_normal: int, normal: float
) -> np.random.RandomState:
    """Return a RandomState of a Mersenne twister.

    NumPy would read at any place that it is told, beyond the words, too.
    """
    are_words = words.dtype == np.uint32 and words.shape == (N_WORDS,)
    is_place = type(place) is int and 0 <= place <= N_WORDS
    is_normal = type(has_normal) is int and has_normal in (0, 1) and np.isfinite(normal)
    if not (name == TWISTER and are_words and is_place and is_normal):
        raise ValueError("this is not the state of a RandomState")
    random_state = np.random.RandomState()
    random_state.set_state((TWISTER, words, place, has_normal, float(normal)))
    return random_state
