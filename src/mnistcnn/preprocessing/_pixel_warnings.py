"""Warns of pixels at the user's own line, once for the steps of a pipeline."""

import sys
import threading
import warnings
import weakref
from contextlib import suppress

import numpy as np

from mnistcnn.exceptions import PixelRangeWarning

__all__ = ["FITTED_ON", "RETURNED", "callers_level", "warn_of_pixels"]


def warn_of_pixels(message: str) -> None:
    """Warn of pixels, at the user's own line."""
    warnings.warn(message, PixelRangeWarning, stacklevel=callers_level())


def callers_level() -> int:
    """Return the stack level of the user's own line."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_inner(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    return level


def _is_inner(module: str) -> bool:
    return module.split(".")[0] in ("mnistcnn", "sklearn", "joblib")


class Told:
    """The latest array of a step that the user was warned of, per thread.

    Without it, `fit_transform` would tell twice, and the last step of a pipeline what the first has
    told already.
    """

    def __init__(self) -> None:
        self._latest = threading.local()

    def remember(self, X: object) -> None:
        """Remember the array of a warning, for as long as it is kept elsewhere."""
        # A view may be dropped while another one of the same memory goes on.
        if isinstance(X, np.ndarray) and isinstance(X.base, np.ndarray):
            X = X.base
        # Lists have no weak references, so the warning is repeated for them.
        with suppress(TypeError):
            self._latest.reference = weakref.ref(X)

    def includes(self, X: object) -> bool:
        """Tell whether X is the array of the latest warning, as it is or reshaped."""
        reference = getattr(self._latest, "reference", None)
        told = None if reference is None else reference()
        if told is None or X is told:
            return told is not None
        are_arrays = isinstance(X, np.ndarray) and isinstance(told, np.ndarray)
        return are_arrays and np.may_share_memory(X, told)


# What transformers were fitted on, and what they have returned.
FITTED_ON, RETURNED = Told(), Told()
