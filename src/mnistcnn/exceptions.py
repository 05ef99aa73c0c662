"""The errors and warnings of the library beyond Python's own."""

__all__ = [
    "DeviceMemoryError",
    "EmptyImageError",
    "NonFiniteLossError",
    "PixelRangeWarning",
    "SharedGPUWarning",
    "UnreadableImageError",
    "UnreadableModelError",
]


class DeviceMemoryError(MemoryError):
    """The memory of the GPU or of the machine is too small for a network; what it takes is named.

    It comes from all that fits or predicts, whatever the backend, and the estimator is as it was
    before. A search with ``error_score=nan``, the default, goes on with the next candidate.

    Examples
    --------
    >>> from mnistcnn import DeviceMemoryError
    >>> issubclass(DeviceMemoryError, MemoryError)
    True
    """


class EmptyImageError(ValueError):
    """An image shows no ink; its index is named.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import DigitNormalizer, EmptyImageError
    >>> try:
    ...     DigitNormalizer().transform([np.ones((200, 200))])
    ... except EmptyImageError as error:
    ...     print(error)
    X must hold images with ink, got none in X[0]; empty='blank' makes them black.
    """


class NonFiniteLossError(ValueError):
    """The loss or a weight became NaN or infinite; the estimator is as it was before the fit.

    Examples
    --------
    >>> from mnistcnn import NonFiniteLossError
    >>> issubclass(NonFiniteLossError, ValueError)
    True
    """


class PixelRangeWarning(UserWarning):
    """Pixels are in another unit than the classifier takes; both ranges and a remedy are named.

    It comes from `fit`, `partial_fit`, `predict` and all that predict, and only where the unit is
    certain. ``warnings.simplefilter("error", PixelRangeWarning)`` makes it an error.

    Examples
    --------
    >>> import warnings
    >>> from mnistcnn import PixelRangeWarning, load_pretrained, load_sample_digits
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always", PixelRangeWarning)
    ...     load_pretrained().predict(X / 255).shape
    (1797,)
    >>> print(caught[0].message)
    The pixels range from 0 to 1, but the classifier was trained on pixels from 0 to 255, so its
    answers are mostly wrong. Multiply the pixels by 255.
    """


class SharedGPUWarning(UserWarning):
    """Several fits run on one GPU at the same time, as with ``n_jobs=2``.

    None of them is faster for it, and they share its memory. It comes once, from one of the
    workers, so that `warnings.simplefilter` in the main process does not see it, but the
    environment variable ``PYTHONWARNINGS`` does.

    Examples
    --------
    >>> from mnistcnn import SharedGPUWarning
    >>> issubclass(SharedGPUWarning, UserWarning)
    True
    """


class UnreadableImageError(ValueError):
    """A file is not an image, is damaged, too large, or holds several images; it is named.

    Examples
    --------
    >>> from mnistcnn import UnreadableImageError
    >>> from mnistcnn.images import open_image
    >>> try:
    ...     open_image(b"not an image")
    ... except UnreadableImageError as error:
    ...     print(error)
    a file of 12 bytes is not a complete BMP, GIF, JPEG, PNG, PPM, TIFF or WEBP file.
    """


class UnreadableModelError(ValueError):
    """A model file is damaged, was changed, or holds something else; the file is named.

    Examples
    --------
    >>> from tempfile import NamedTemporaryFile
    >>> from mnistcnn import UnreadableModelError, load_classifier
    >>> with NamedTemporaryFile("w", suffix=".mnistcnn") as file:
    ...     print("Dear reader, this is no model.", file=file, flush=True)
    ...     try:
    ...         load_classifier(file.name)
    ...     except UnreadableModelError as error:
    ...         "is not a model file of mnistcnn" in str(error)
    True
    """
