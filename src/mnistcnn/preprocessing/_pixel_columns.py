"""Refuses tables whose columns, by their names, are not the pixels in reading order."""

from collections.abc import Iterator, Sequence
from itertools import product
from math import isqrt
from typing import Any, TypeAlias

from mnistcnn.preprocessing._column_names import (
    LABEL_NAMES,
    NumberedNames,
    Numbers,
    is_index_name,
    numbered_names,
)

__all__ = ["check_pixel_columns", "check_unseen_columns"]

Names: TypeAlias = Sequence[str | int]
# Expressions, each with the names that it gives.
Written: TypeAlias = Iterator[tuple[str, Names]]

# Characters that an f-string does not show as they are.
_NOT_AS_THEY_ARE = frozenset('{}"\\')


def check_pixel_columns(X: Any) -> None:
    """Refuse a table of numbered pixels that are not in order, or with labels among them.

    Columns are taken as pixels by their places, so their names must not say otherwise. What has no
    names is not looked at.

    Examples
    --------
    >>> import pandas as pd
    >>> from mnistcnn.preprocessing import check_pixel_columns
    >>> frame = pd.DataFrame([[0, 1, 2, 3]], columns=[f"pixel{i}" for i in range(4)])
    >>> check_pixel_columns(frame)
    >>> check_pixel_columns(frame[frame.columns[::-1]])
    Traceback (most recent call last):
        ...
    ValueError: X must have its columns in the order of their numbers, got 'pixel3' in place 0,
    where 'pixel0' belongs. Pass X[[f"pixel{i}" for i in range(4)]], or numpy.asarray(X) if the
    columns really are in pixel order.
    """
    names = _names_of(X)
    found = None if _are_plainly_counted(names) else numbered_names([str(name) for name in names])
    if found is None:
        return
    _check_pixels_alone(names, found)
    if None not in found.numbers:
        _check_order(names, found.texts, [each for each in found.numbers if each is not None])


def check_unseen_columns(estimator: object, X: Any) -> None:
    """Refuse such a table for a fitted estimator, unless its names are those of the fit.

    scikit-learn has compared them where there are any, and the fit has judged them.
    """
    if not hasattr(estimator, "feature_names_in_"):
        check_pixel_columns(X)


def _names_of(X: Any) -> Names:
    """Return the names of a table's columns; none if there are none, or not of text and numbers."""
    # Those of pyarrow's tables are elsewhere, and its columns are values.
    for attribute in ("columns", "column_names"):
        given = getattr(X, attribute, ())
        names: list[Any] = given.tolist() if hasattr(given, "tolist") else list(given)
        if names and all(isinstance(name, str | int) for name in names):
            return names
    return []


def _are_plainly_counted(names: Names) -> bool:
    """Tell quickly, for nearly all tables, that names count from 0 or 1; none have nothing to."""
    if not names:
        return True
    first = str(names[0])
    text = first.rstrip("0123456789")
    start = int(first == f"{text}1")
    counted = [f"{text}{number}" for number in range(start, start + len(names))]
    return [str(name) for name in names] == counted


def _check_pixels_alone(names: Names, found: NumberedNames) -> None:
    unnumbered = [
        str(name) for name, each in zip(names, found.numbers, strict=True) if each is None
    ]
    for name in unnumbered:
        if name.casefold() in LABEL_NAMES or is_index_name(name):
            some = [each for each in names if each not in unnumbered][:2]
            raise ValueError(
                f"X must hold pixels alone, got a column {name!r} among "
                f"{', '.join(map(repr, some))} ... Leave it out of X; labels are passed as y."
            )


def _check_order(names: Names, texts: tuple[str, ...], numbers: list[Numbers]) -> None:
    # Of two numbers the first may be the column, or the images lie column by column.
    if numbers in (sorted(numbers), sorted(numbers, key=lambda each: each[::-1])):
        return
    name_of = dict(zip(numbers, names, strict=True))
    ordered = [name_of[each] for each in sorted(numbers)]
    place = next(at for at, name in enumerate(ordered) if names[at] != name)
    raise ValueError(
        f"X must have its columns in the order of their numbers, got {names[place]!r} in place "
        f"{place}, where {ordered[place]!r} belongs. {_remedy(ordered, texts, min(numbers)[0])}, "
        "or numpy.asarray(X) if the columns really are in pixel order."
    )


def _remedy(ordered: Names, texts: tuple[str, ...], start: int) -> str:
    """Say what to pass, as an expression where a short one gives exactly these names."""
    expressions = _of_one_number if len(texts) == 2 else _of_two_numbers
    names = next(
        (written for written, named in expressions(ordered, texts, start) if named == ordered), None
    )
    if names is None or not _NOT_AS_THEY_ARE.isdisjoint("".join(texts)):
        return "Put the columns in the order of their numbers"
    return f"Pass X[{names}]"


def _of_one_number(ordered: Names, texts: tuple[str, ...], start: int) -> Written:
    """Return expressions that names may come from, each with those that it gives."""
    before, after = texts
    numbers = range(start, start + len(ordered))
    counted = _counted(numbers)
    yield f"list({counted})", list(numbers)
    for width in ("", f"0{len(str(ordered[0])) - len(before + after)}"):
        names = [f"{before}{number:{width}}{after}" for number in numbers]
        form = f"{{i:{width}}}" if width else "{i}"
        yield f'[f"{before}{form}{after}" for i in {counted}]', names


def _of_two_numbers(ordered: Names, texts: tuple[str, ...], start: int) -> Written:
    before, between, after = texts
    numbers = range(start, start + isqrt(len(ordered)))
    counted = _counted(numbers)
    yield (
        f'[f"{before}{{row}}{between}{{column}}{after}" '
        f"for row in {counted} for column in {counted}]",
        [f"{before}{row}{between}{column}{after}" for row, column in product(numbers, repeat=2)],
    )


def _counted(numbers: range) -> str:
    return f"range({numbers.start}, {numbers.stop})" if numbers.start else f"range({numbers.stop})"
