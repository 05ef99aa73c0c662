"""Finds the content of each column of a table of digits, by name or else by position."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import product

from mnistcnn._wording import abbreviated
from mnistcnn.datasets._catalogue import SIDE
from mnistcnn.preprocessing import LABEL_NAMES, Numbers, is_index_name, numbered_names

__all__ = ["LABELS", "N_PIXELS", "Columns", "LabelColumn", "columns_of", "is_header"]

# Beyond it, floats no longer hold every integer.
_MAX_LABEL = 2**53

N_PIXELS = SIDE * SIDE

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|nan|[+-]?inf(inity)?", re.IGNORECASE)
_IMAGE_ID = re.compile(r"image_?id", re.IGNORECASE)
_MAX_NAMED = 3


@dataclass(frozen=True)
class LabelColumn:
    """The allowed names of the label column, and the advice if there is none.

    Parameters
    ----------
    names : tuple of str
        Its possible names, in any case; the first one stands in messages.
    remedy : str
        What to write instead, as a sentence.
    lowest, highest : int
        The labels that there may be. By default any.
    """

    names: tuple[str, ...]
    remedy: str
    lowest: int = -_MAX_LABEL
    highest: int = _MAX_LABEL


LABELS = LabelColumn(LABEL_NAMES, "Put it into the table's first line.")


@dataclass(frozen=True)
class Columns:
    """The positions of the pixels and the label in a line.

    Parameters
    ----------
    names : list of str
        The names of all columns, for messages.
    pixels : list of int
        The places of the 784 pixels, in reading order.
    label : int or None
        The place of the label.
    """

    names: list[str]
    pixels: list[int]
    label: int | None

    @property
    def identifiers(self) -> list[int]:
        """The places of the other columns: they number the images, or the lines of a table."""
        return sorted(set(range(len(self.names))) - {*self.pixels, self.label})

    @property
    def image_ids(self) -> list[int]:
        """The places of those that are named like the numbers of a submission."""
        return [place for place in self.identifiers if _IMAGE_ID.fullmatch(self.names[place])]


def is_header(cells: list[str]) -> bool:
    """Say whether a table's first line names its columns: no line of numbers holds words.

    A line that counts, as pandas names columns without names, is not a digit either.
    """
    filled = [cell for cell in cells if cell]
    if not all(_NUMBER.fullmatch(cell) for cell in filled):
        return True
    return len(filled) >= N_PIXELS and _counts({(_as_int(cell),) for cell in filled}, len(filled))


def columns_of(cells: list[str], label: LabelColumn | None, path: str) -> Columns:
    """Find the pixels and the label among a table's columns.

    Parameters
    ----------
    cells : list of str
        The table's first line.
    label : LabelColumn, or None
        Which column holds the labels; None if none does.
    path : str
        The file, for messages.

    Raises
    ------
    ValueError
        If a column is missing, duplicate or ambiguous; the message says what to write instead.
    """
    if not is_header(cells):
        return _by_place(len(cells), label, path)
    names = [cell.lstrip("#").strip() for cell in cells]
    if label is None:
        _refuse_labels(names, path)
    place = None if label is None else _label_place(names, label, path)
    others = _without_index([at for at in range(len(names)) if at != place], names)
    order = _reading_order([names[at] for at in others], path)
    return Columns(names, [others[at] for at in order], place)


def _by_place(n_columns: int, label: LabelColumn | None, path: str) -> Columns:
    n_labels = 0 if label is None else 1
    if n_columns != N_PIXELS + n_labels:
        raise ValueError(
            f"{path} has no line of column names and must then have {N_PIXELS} columns of pixels"
            f"{' after one of labels' if n_labels else ''}, got {n_columns} columns."
        )
    pixels = list(range(n_labels, n_columns))
    names = ["label"] * n_labels + [f"pixel{number}" for number in range(N_PIXELS)]
    return Columns(names, pixels, 0 if n_labels else None)


def _label_place(names: list[str], label: LabelColumn, path: str) -> int:
    allowed = {name.casefold() for name in label.names}
    places = [place for place, name in enumerate(names) if name.casefold() in allowed]
    if len(places) > 1:
        raise ValueError(
            f"{path} must have one column of labels, got {[names[place] for place in places]}; "
            "keep one of them."
        )
    if not places:
        raise ValueError(
            f"{path} must have a column {label.names[0]!r}, got {len(names)} columns: "
            f"{', '.join(names[:3])[:60]} ... {label.remedy}"
        )
    return places[0]


def _refuse_labels(names: list[str], path: str) -> None:
    """Refuse a column of labels, beside those of the pixels, where there are to be none."""
    found = [name for name in names if name.casefold() in LABELS.names]
    if found and len(names) > N_PIXELS:
        raise ValueError(
            f"{path} must have no labels here, got a column {found[0]!r} beside the pixels. Read "
            f"it with target={found[0]!r}, or remove the column."
        )


def _without_index(places: list[int], names: list[str]) -> list[int]:
    """Leave out columns that only number the lines, where the others are as many as pixels."""
    others = [place for place in places if not is_index_name(names[place])]
    return others if len(others) == N_PIXELS else places


def _reading_order(names: list[str], path: str) -> list[int]:
    found = numbered_names(names) if names else None
    if found is not None:
        _check_numbered(names, found.numbers, path)
        return _sorted_by_number(found.numbers, path)
    if len(names) != N_PIXELS:
        raise ValueError(f"{path} must have {N_PIXELS} columns of pixels, got {len(names)}.")
    twice = [name for name, times in Counter(names).items() if name and times > 1]
    if twice:
        raise ValueError(
            f"The first line of {path} must hold names, each once, or the numbers of a digit, got "
            f"{_some(twice)} several times."
        )
    return list(range(N_PIXELS))


def _check_numbered(names: list[str], keys: list[Numbers | None], path: str) -> None:
    """Refuse names that do not count all pixels, each once."""
    unknown = [name for name, key in zip(names, keys, strict=True) if key is None]
    if unknown:
        raise ValueError(
            f"{path} must have {N_PIXELS} columns of pixels, got {len(names)}: "
            f"{_some(unknown)} may be pixels, labels or neither. Remove such columns."
        )
    times = Counter(keys)
    twice = [name for name, key in zip(names, keys, strict=True) if times[key] > 1]
    if twice:
        raise ValueError(f"{path} must name each pixel once, got {_some(twice)} several times.")
    found = {key for key in keys if key is not None}
    if not _counts(found, len(found)) or len(found) != N_PIXELS:
        raise ValueError(
            f"{path} must have {N_PIXELS} columns of pixels, got {len(names)}, from "
            f"{names[0]!r} to {names[-1]!r}{_missing(names, found)}; they are numbered from 0 "
            "or from 1."
        )


def _counts(keys: set[Numbers], n_keys: int) -> bool:
    """Say whether keys count from 0 or 1: all numbers, or all rows and columns of an image."""
    lowest = min(keys)
    start = lowest[0]
    if start not in (0, 1) or len(set(lowest)) > 1:
        return False
    if len(lowest) == 1:
        return keys == {(number,) for number in range(start, start + n_keys)}
    return keys == set(product(range(start, start + SIDE), repeat=2))


def _missing(names: list[str], found: set[Numbers]) -> str:
    if any(len(key) > 1 for key in found):
        return ""
    start = min(1, *(key[0] for key in found))
    missing = [number for number in range(start, start + N_PIXELS) if (number,) not in found]
    form = names[0].rstrip("0123456789")
    return f"; missing: {_some([f'{form}{number}' for number in missing])}" if missing else ""


def _sorted_by_number(keys: list[Numbers | None], path: str) -> list[int]:
    known = [key for key in keys if key is not None]
    if len(known[0]) > 1 and known == sorted(known, key=lambda key: key[::-1]):
        raise ValueError(
            f"{path} numbers its pixels with two indices, the first varying fastest: either they "
            "are (column, row), or the images are stored column by column. Name the pixels pixel0 "
            f"to pixel{N_PIXELS - 1} in reading order."
        )
    return sorted(range(len(known)), key=known.__getitem__)


def _some(names: list[str]) -> str:
    return abbreviated([repr(name) for name in names], _MAX_NAMED)


def _as_int(cell: str) -> int:
    return int(cell) if cell.isdecimal() and len(cell) < 7 else -1
