"""Results on stdout: as a table for people, or as JSON for other programs."""

import json
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mnistcnn._types import Label
from mnistcnn.cli._messages import in_one_line

if TYPE_CHECKING:
    from rich.table import Table

# Between two columns, and once more around the table.
GAP = 3
# Longer lines are tiring to read.
MAX_WIDTH = 80


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, n_text_columns: int = 1
) -> None:
    """Print a table: the first columns to the left, those of numbers to the right.

    A narrow terminal breaks a heading between its words only, and a number nowhere.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    cells = [[in_one_line(cell) for cell in row] for row in rows]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        is_text = position < n_text_columns
        unbroken = column.split() + [row[position] for row in cells if not is_text]
        # A name that is too long goes on in the next line, rather than end in three dots.
        table.add_column(
            column,
            justify="left" if is_text else "right",
            overflow="fold",
            min_width=max(map(len, unbroken)),
        )
    for row in cells:
        table.add_row(*row)
    # A label may hold square brackets, which are markup otherwise.
    console = Console(markup=False, highlight=False)
    # Where there is no room for all, lines that are too long are better than numbers cut off.
    console.width = max(console.width, _narrowest(table))
    console.print(table)


def _narrowest(table: "Table") -> int:
    return sum((column.min_width or 0) + GAP for column in table.columns)


def print_notes(notes: Iterable[str]) -> None:
    """Print sentences under a table, in lines that the terminal has room for."""
    for note in notes:
        print(_filled(in_one_line(note)))


def print_facts(*facts: str) -> None:
    """Print each in one line, or on a terminal in lines that it has room for.

    Programs that read them find each in a line of its own.
    """
    for fact in facts:
        print(_filled(fact) if sys.stdout.isatty() else fact)


def _filled(text: str) -> str:
    from rich.console import Console

    width = min(MAX_WIDTH, Console().width)
    # A path that is too long for a line stays one that can be copied.
    return textwrap.fill(text, width, break_on_hyphens=False, break_long_words=False)


def print_json(result: object) -> None:
    """Print lists, dicts, text and numbers in a form that any terminal and program can read."""
    print(json.dumps(result, indent=2, allow_nan=False))


def plain_label(label: object) -> Label:
    """Return a label as JSON can hold it."""
    value = label.item() if hasattr(label, "item") else label
    return value if isinstance(value, Label) else str(value)
