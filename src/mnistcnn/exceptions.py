"""The errors that the library raises beyond Python's own."""

__all__ = ["NonFiniteLossError"]


class NonFiniteLossError(ValueError):
    """The training loss became NaN or infinite; the estimator is as it was before the fit.

    Examples
    --------
    >>> from mnistcnn import NonFiniteLossError
    >>> issubclass(NonFiniteLossError, ValueError)
    True
    """
