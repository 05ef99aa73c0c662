"""Writes the report on a classifier and labeled images to a file."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from mnistcnn._batches import OnProgress
from mnistcnn._recorded_warnings import user_warnings_recorded
from mnistcnn._safe_writing import check_can_be_written, replaced_at_the_end
from mnistcnn._types import Classifier, Images, Labels, Path
from mnistcnn.evaluation._report._calibration import Calibration
from mnistcnn.evaluation._report._page import Subject, page
from mnistcnn.evaluation._report._predictions import (
    Predictions,
    check_classifier,
    codes_of_labels,
    predictions_of,
)
from mnistcnn.plotting import check_count, check_matplotlib, images_and_shape, shown

__all__ = ["write_report"]


def write_report(
    classifier: Classifier,
    X: Images,
    y: Labels,
    path: Path,
    *,
    title: str | None = None,
    data_name: str = "",
    n_images: int = 24,
    image_shape: tuple[int, ...] | None = None,
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """Evaluate a fitted classifier and write the results as one HTML page.

    The page shows the accuracy with Wilson's interval [1]_; precision, recall, F1 and support of
    each class; the confusion matrix; the reliability curve and the expected calibration error [2]_
    [3]_; the misclassified images, the most confident first; the training curves; the parameters
    that differ from their defaults; architecture, versions and machine. It is self-contained:
    images and charts are in the file, nothing is fetched and no script is run. It can be printed,
    and read on a phone.

    Parameters
    ----------
    classifier : classifier
        A fitted `DigitCNNClassifier`, ensemble, pipeline, or any other scikit-learn classifier.
        Without `predict_proba`, the page has no calibration and no probabilities.
    X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
        Images on which the classifier was not trained, in a form that it accepts.
    y : array-like of shape (n,)
        Labels of `X`, all of which the classifier must know. Classes may be absent.
    path : str or path-like
        Where to write, in an existing folder.
    title : str, default=None
        The heading; None means the name of the classifier's class.
    data_name : str, default=""
        The name of the data, for the reader.
    n_images : int, default=24
        Maximum number of misclassified images to show.
    image_shape : tuple of int, default=None
        ``(h, w)`` or ``(h, w, c)`` of flat images, to show them; None means the classifier's
        `image_shape_` or, if it has none, a square.
    overwrite : bool, default=False
        Whether to replace an existing file, in one step once the new one is complete.
    on_progress : callable, default=None
        Called after every thousand images with the number of images predicted so far and the number
        of all images. With None, all images are predicted at once.

    Returns
    -------
    figures : dict
        As plain values: `images`, `accuracy`, `accuracy_interval` (Wilson's, at 95 %, a list of
        two), `f1_macro`, `rejected` (the number of images) and `expected_calibration_error`, from 0
        to 1, or None without probabilities.

    Raises
    ------
    FileExistsError
        If the file is there, unless `overwrite`.
    ImportError
        If matplotlib is not installed.
    OSError
        If the file cannot be written there.
    sklearn.exceptions.NotFittedError
        If the classifier is not fitted.
    TypeError
        If `X` is sparse, or if `X` or `y` is not in memory, such as a dataset in batches, a
        generator or a query.
    ValueError
        If there are no images, if images and labels differ in number, if a label is missing or
        unknown to the classifier, if the classifier does not accept the images, or if a parameter
        is not as described.

    See Also
    --------
    mnistcnn.compare_architectures : Compares classifiers by cross-validation.
    mnistcnn.plotting.DigitGridDisplay : The misclassified images as a figure.

    Notes
    -----
    Everything but the images is checked before the classifier predicts. Warnings that it issues
    while it predicts, such as a `PixelRangeWarning`, are also shown on the page. Images that a
    `RejectingClassifier` rejects count as wrong, have their own column in the confusion matrix, and
    are not among the misclassified images. The calibration is that of the highest probability, in
    15 bins of equal width.

    References
    ----------
    .. [1] E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
       Journal of the American Statistical Association 22 (158), 1927.
    .. [2] M. P. Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining Well Calibrated Probabilities
       Using Bayesian Binning", AAAI 2015.
    .. [3] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern Neural
       Networks", ICML 2017.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from mnistcnn import load_pretrained, load_sample_digits
    >>> from mnistcnn.evaluation import write_report
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> with TemporaryDirectory() as folder:
    ...     figures = write_report(load_pretrained(), X[1500:], y[1500:], Path(folder, "a.html"))
    >>> figures["images"], figures["accuracy"] > 0.9
    (297, True)
    """
    check_matplotlib("write_report")
    check_can_be_written(path, overwrite=overwrite)
    check_count("n_images", n_images)
    check_classifier(classifier)
    classes = np.asarray(classifier.classes_).tolist()
    codes = codes_of_labels(classes, X, y)
    images, shape = _images_to_show(classifier, X, image_shape)
    predictions, warned = _asked(classifier, X, codes, classes, on_progress)
    calibration = None
    if predictions.probabilities is not None:
        calibration = Calibration.of(predictions.probabilities, predictions.true)
    subject = Subject(
        classifier=classifier,
        title=f"Report on {type(classifier).__name__}" if title is None else str(title),
        data_name=str(data_name),
        images=_described(images, shape),
        pixels=shown(images[predictions.mistakes[:n_images]], shape),
        n_images=n_images,
        warnings=warned,
    )
    html = page(subject, predictions, calibration)
    with replaced_at_the_end(path, overwrite=overwrite) as temporary:
        # Names of files may hold what is no letter.
        temporary.write_bytes(html.encode("utf-8", "backslashreplace"))
    return _figures(predictions, calibration)


def _asked(
    classifier: Classifier,
    X: Images,
    codes: NDArray[np.int64],
    classes: list[Any],
    on_progress: OnProgress | None,
) -> tuple[Predictions, list[str]]:
    """Return the predictions, and the warnings that readers of the report should know."""
    with user_warnings_recorded() as recorded:
        predictions = predictions_of(classifier, X, codes, classes, on_progress)
    once = {(each.category, str(each.message)): each.message for each in recorded}
    for message in once.values():
        # By the filters of the caller, who may want an error in its place.
        warnings.warn(message, stacklevel=3)
    return predictions, [text for _, text in once]


def _images_to_show(
    classifier: Classifier, X: Images, image_shape: Sequence[int] | None
) -> tuple[Any, tuple[int, ...] | None]:
    """Return the images and their shape if they are flat, or refuse what cannot be shown."""
    if issparse(X):
        raise TypeError(
            "Sparse data was passed for X, but dense data is required to show images; pass "
            "X.toarray()."
        )
    images, shape = np.asarray(X), None if image_shape is None else tuple(image_shape)
    if shape is None:
        images_as_seen, shape = images_and_shape(classifier, X)
        images = np.asarray(images_as_seen)
    n_pixels = images.shape[1] if images.ndim == 2 else None
    # Another number of pixels is the classifier's to refuse.
    if n_pixels is None or getattr(classifier, "n_features_in_", n_pixels) == n_pixels:
        shown(images[:1], shape)
    return images, shape


def _described(images: NDArray[Any], shape: tuple[int, ...] | None) -> str:
    single = shown(images[:1], shape)[0]
    size = "×".join(map(str, single.shape[:2]))
    range_ = f"from {images.min():g} to {images.max():g}" if images.size else "empty"
    return f"{len(images):,} of {size} pixels, {images.dtype} {range_}"


def _figures(predictions: Predictions, calibration: Calibration | None) -> dict[str, Any]:
    return {
        "images": len(predictions.true),
        "accuracy": predictions.accuracy,
        "accuracy_interval": list(predictions.interval),
        "f1_macro": float(predictions.scores("macro")[2]),
        "rejected": int((~predictions.answered).sum()) if predictions.rejects else 0,
        "expected_calibration_error": None if calibration is None else calibration.expected_error,
    }
