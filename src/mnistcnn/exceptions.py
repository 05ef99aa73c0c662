"""The errors that the library raises beyond Python's own."""

__all__ = ["EmptyPictureError", "NonFiniteLossError", "UnreadablePictureError"]


class EmptyPictureError(ValueError):
    """A picture shows no ink; its index is named.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import DigitNormalizer, EmptyPictureError
    >>> try:
    ...     DigitNormalizer().transform([np.ones((200, 200))])
    ... except EmptyPictureError as error:
    ...     print(error)
    X must hold pictures with ink, got none in X[0]; empty='blank' makes them black.
    """


class NonFiniteLossError(ValueError):
    """The training loss became NaN or infinite; the estimator is as it was before the fit.

    Examples
    --------
    >>> from mnistcnn import NonFiniteLossError
    >>> issubclass(NonFiniteLossError, ValueError)
    True
    """


class UnreadablePictureError(ValueError):
    """A file is no picture, is damaged, too large, or holds several pictures; it is named.

    Examples
    --------
    >>> from mnistcnn import UnreadablePictureError
    >>> from mnistcnn.preprocessing import open_picture
    >>> try:
    ...     open_picture(b"no picture")
    ... except UnreadablePictureError as error:
    ...     print(error)
    a file of 10 bytes is no whole BMP, GIF, JPEG, PNG, PPM, TIFF, WEBP file.
    """
