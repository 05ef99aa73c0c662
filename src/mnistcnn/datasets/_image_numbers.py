"""Checks the columns that number the images of a table against the order of its lines."""

import re
from collections.abc import Callable, Iterable, Sequence
from math import inf, isnan, nan
from typing import NamedTuple, TypeAlias

__all__ = ["Misplaced", "first_misplaced"]

# Says what a line must have for the number in a column; None where it has it.
Check: TypeAlias = Callable[[float], str | None]

# What numbers the images themselves, rather than the lines of a table, as pandas' index does.
_OF_IMAGES = re.compile(r"id|image_?id", re.IGNORECASE)


class Misplaced(NamedTuple):
    """An image that is not at the position of its number.

    Attributes
    ----------
    column : str
        The name of the column of numbers.
    line : int
        The line of the file.
    expected : str
        What belongs there.
    found : str
        The text in the cell.
    """

    column: str
    line: int
    expected: str
    found: str

    def __str__(self) -> str:
        """Describe it, as a part of a sentence."""
        return f"line {self.line} must have {self.expected}, got {self.found[:60]!r}"


def first_misplaced(
    names: Sequence[str], places: Sequence[int], rows: Iterable[tuple[int, Sequence[str]]]
) -> Misplaced | None:
    """Return the first image whose number contradicts its place; None if there is none.

    The numbers of images follow one another. Those of lines only rise, since some may have been
    left out, and begin again where tables were put together.

    Parameters
    ----------
    names : sequence of str
        The names of all columns.
    places : sequence of int
        The columns of numbers.
    rows : iterable of (int, sequence of str)
        The number of each line, and its cells at least up to the last of these columns. Those of a
        shorter line are not looked at.
    """
    checks = {place: _check_of(names[place]) for place in places}
    for line, cells in rows:
        for place, check in checks.items():
            if place >= len(cells):
                continue
            expected = check(_number(cells[place]))
            if expected is not None:
                return Misplaced(names[place], line, expected, cells[place])
    return None


def _check_of(name: str) -> Check:
    return _follows(name) if _OF_IMAGES.fullmatch(name) else _rises(name)


def _follows(name: str) -> Check:
    """Check that each number follows that of the line before."""
    wanted: float | None = None

    def check(number: float) -> str | None:
        nonlocal wanted
        wanted = _first_number(name, number) if wanted is None else wanted + 1
        # Names, which a column may hold from its first line on, have no order.
        return None if isnan(wanted) or number == wanted else f"the {name} {int(wanted)}"

    return check


def _rises(name: str) -> Check:
    """Check that numbers never fall, except back to the first one.

    No number is twice in a shuffled table, so that it falls to another one.
    """
    first = latest = -inf

    def check(number: float) -> str | None:
        nonlocal first, latest
        if isnan(number):
            return None
        if number < latest and number != first:
            column = f"the column {name!r}" if name else "the column without a name"
            return f"{latest:.15g} or more in {column}"
        first, latest = (number if first == -inf else first), number
        return None

    return check


def _first_number(name: str, number: float) -> float:
    """Return the first number of a column: 0 or 1, or that of an image of another data set."""
    return number if name.casefold() == "id" or number == 0 else 1.0


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return nan
