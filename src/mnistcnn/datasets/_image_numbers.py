"""Checks the columns that number the images of a table against the order of its lines."""

from collections.abc import Iterable, Sequence
from math import isnan, nan
from typing import NamedTuple

__all__ = ["Misplaced", "first_misplaced"]


class Misplaced(NamedTuple):
    """An image that is not at the position of its number.

    Attributes
    ----------
    column : str
        The name of the column of numbers.
    line : int
        The line of the file.
    expected : int
        The number that belongs there.
    found : str
        The text in the cell.
    """

    column: str
    line: int
    expected: int
    found: str

    def __str__(self) -> str:
        """Describe it, as a part of a sentence."""
        return (
            f"line {self.line} must have the {self.column} {self.expected}, got {self.found[:60]!r}"
        )


def first_misplaced(
    names: Sequence[str], places: Sequence[int], rows: Iterable[tuple[int, Sequence[str]]]
) -> Misplaced | None:
    """Return the first image whose number does not follow that of the line before; None if none.

    Parameters
    ----------
    names : sequence of str
        The names of all columns.
    places : sequence of int
        The columns that number the images.
    rows : iterable of (int, sequence of str)
        The number of each line, and its cells at least up to the last of these columns. Those of a
        shorter line are not looked at.
    """
    expected: dict[int, float] = {}
    for line, cells in rows:
        for place in places:
            if place >= len(cells):
                continue
            number = _number(cells[place])
            wanted = expected.setdefault(place, _first_number(names[place], number))
            # Names, which a column may hold from its first line on, have no order.
            if not isnan(wanted) and number != wanted:
                return Misplaced(names[place], line, int(wanted), cells[place])
            expected[place] = wanted + 1
    return None


def _first_number(name: str, number: float) -> float:
    """Return the first number of a column: 0 or 1, or that of an image of another data set."""
    return number if name.casefold() == "id" or number == 0 else 1.0


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return nan
