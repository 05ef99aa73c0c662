"""The library's own errors and warnings."""

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
    """A network does not fit into the memory of the GPU or of the machine.

    The message says what to reduce. Everything that fits or predicts can raise the error, with any
    backend; the estimator is left unchanged. A search with ``error_score=nan``, the default,
    continues with the next candidate.

    Examples
    --------
    >>> from mnistcnn import DeviceMemoryError
    >>> issubclass(DeviceMemoryError, MemoryError)
    True
    """


class EmptyImageError(ValueError):
    """An image shows no ink; the message names its index.

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
    """The loss or a weight became NaN or infinite; the estimator is left as it was before the fit.

    Examples
    --------
    >>> from mnistcnn import NonFiniteLossError
    >>> issubclass(NonFiniteLossError, ValueError)
    True
    """


class PixelRangeWarning(UserWarning):
    """Pixels are not in the unit of the training; the message gives both ranges and a remedy.

    It is also issued for inverted images, for arrays that mix units, and for pixels that are scaled
    twice. `fit`, `partial_fit`, `predict` and the other prediction methods issue it, as do those of
    `PixelScaler`, and only if the mistake is certain: once per call.

    ``warnings.simplefilter("error", PixelRangeWarning)`` turns it into an error.

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
    predictions are mostly wrong. Multiply the pixels by 255.
    """


class SharedGPUWarning(UserWarning):
    """Several fits run on one GPU at the same time, as with ``n_jobs=2``.

    This makes none of them faster, and they share the memory of the GPU. The warning is issued
    once, in one of the workers. `warnings.simplefilter` in the main process therefore does not
    affect it, but the environment variable ``PYTHONWARNINGS`` does.

    Examples
    --------
    >>> from mnistcnn import SharedGPUWarning
    >>> issubclass(SharedGPUWarning, UserWarning)
    True
    """


class UnreadableImageError(ValueError):
    """A file is no image, is damaged, is too large or holds several images; the message names it.

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
    """A model file is damaged, was changed or holds something else; the message names the file.

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
