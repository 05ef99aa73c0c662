"""Prints Python warnings as sentences on stderr."""

import warnings
from functools import cache

from mnistcnn.cli._messages import say

# These are for programmers.
OF_NO_USE_HERE = (DeprecationWarning, FutureWarning, PendingDeprecationWarning, ResourceWarning)


def warn_in_sentences() -> None:
    """Have each warning said once, without the place in the code and the name of its class."""
    for category in OF_NO_USE_HERE:
        warnings.simplefilter("ignore", category)
    warnings.showwarning = _say_warning


def _say_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    if category.__name__ == "FitFailedWarning":
        # The progress of a comparison and its table say so.
        return
    if category.__name__ == "InconsistentVersionWarning":
        versions = vars(message)
        _say_once(
            f"the classifier was written with scikit-learn {versions['original_sklearn_version']}, "
            f"and this is {versions['current_sklearn_version']}; its predictions may be wrong: "
            "train it again."
        )
    else:
        _say_once(str(message))


@cache
def _say_once(message: str) -> None:
    # Python forgets what it has warned of whenever a library changes its filters.
    say(f"warning: {message}")
