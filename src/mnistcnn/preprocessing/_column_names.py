"""Parses the column names of tables: numbered pixels, labels, or image numbers."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["LABEL_NAMES", "Numbers", "NumberedNames", "is_index_name", "numbered_names"]

# How a column of labels is called, in any case.
LABEL_NAMES = ("label", "labels", "class", "target", "digit", "y")

# That of a pixel, or its row and its column.
Numbers: TypeAlias = tuple[int, ...]

_COUNTED = re.compile(r"(\D*?)0*(\d{1,6})(\D*)")
_ROW_AND_COLUMN = re.compile(r"(\D*?)0*(\d{1,6})(\D+?)0*(\d{1,6})(\D*)")
_INDEX = re.compile(r"|unnamed: \d+|index|row|id|image_?id", re.IGNORECASE)


@dataclass(frozen=True)
class NumberedNames:
    """Names that mostly share one form, such as ``pixel0``, ``pixel1`` or ``1x1``, ``1x2``.

    Parameters
    ----------
    texts : tuple of str
        The text before, between and after the numbers.
    numbers : list of tuple of int, or None
        Those in each name; None for a name of another form.
    """

    texts: tuple[str, ...]
    numbers: list[Numbers | None]


def numbered_names(names: Sequence[str]) -> NumberedNames | None:
    """Return the numbers in names of which most have one form; None if most have none.

    Examples
    --------
    >>> from mnistcnn.preprocessing._column_names import numbered_names
    >>> numbered_names(["label", "pixel0", "pixel1"])
    NumberedNames(texts=('pixel', ''), numbers=[None, (0,), (1,)])
    >>> numbered_names(["1x1", "1x2"]).numbers
    [(1, 1), (1, 2)]
    >>> numbered_names(["left", "right"])
    """
    for pattern in (_COUNTED, _ROW_AND_COLUMN):
        parts = [match.groups() if (match := pattern.fullmatch(name)) else () for name in names]
        forms = [part[0::2] for part in parts]
        [(form, times)] = Counter(forms).most_common(1)
        if form and 2 * times > len(names):
            return NumberedNames(
                form,
                [tuple(map(int, part[1::2])) if part[0::2] == form else None for part in parts],
            )
    return None


def is_index_name(name: str) -> bool:
    """Say whether a column of this name numbers the lines or the images.

    Examples
    --------
    >>> from mnistcnn.preprocessing._column_names import is_index_name
    >>> is_index_name("Unnamed: 0"), is_index_name("pixel0")
    (True, False)
    """
    return _INDEX.fullmatch(name) is not None
