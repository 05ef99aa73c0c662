"""Warns of tables that are paired row by row, but whose indexes are in different orders."""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from mnistcnn.preprocessing._pixel_warnings import callers_level

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["warn_of_row_order", "without_index"]


def warn_of_row_order(X: object, *, of: str = "X", **paired: object) -> None:
    """Warn of what is paired with images by position, but has the same index in another order.

    Nothing is said where one of the two has no index, or where an index does not name each row
    once, or where they name different rows: the rows may then well belong together.

    Examples
    --------
    >>> import warnings
    >>> import pandas as pd
    >>> from mnistcnn.preprocessing import warn_of_row_order
    >>> X, y = pd.DataFrame([[0.0], [1.0], [2.0]]), pd.Series([5, 6, 7])
    >>> warn_of_row_order(X, y=y)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_of_row_order(X.loc[[2, 0, 1]], y=y)
    >>> print(caught[0].message)
    X and y have the same index in different orders, but rows are paired by position. If their rows
    belong together by index, pass y.loc[X.index]; if by position, reset the index of both with
    reset_index(drop=True).
    """
    index = _index_of(X)
    if index is None:
        return
    indexes = {name: _index_of(other) for name, other in paired.items()}
    unordered = [name for name, each in indexes.items() if _differ_in_order(index, each)]
    if unordered:
        remedies = " and ".join(f"{name}.loc[{of}.index]" for name in unordered)
        warnings.warn(
            f"{of} and {' and '.join(unordered)} have the same index in different orders, but rows "
            f"are paired by position. If their rows belong together by index, pass {remedies}; if "
            "by position, reset the index of both with reset_index(drop=True).",
            UserWarning,
            stacklevel=callers_level(),
        )


def without_index(values: object) -> Any:
    """Return what has an index as an array, for steps that must not tell of its order again."""
    return values if _index_of(values) is None else np.asarray(values)


def _index_of(data: object) -> "pd.Index[Any] | None":
    """Return the index of a table; a list has a method of that name."""
    index = getattr(data, "index", None)
    return index if hasattr(index, "is_unique") else None


def _differ_in_order(one: "pd.Index[Any]", other: "pd.Index[Any] | None") -> bool:
    if other is None or len(one) != len(other) or one.equals(other):
        return False
    return bool(one.is_unique and other.is_unique and one.isin(other).all())
