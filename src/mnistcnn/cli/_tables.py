"""Tables and notes on the terminal."""

from collections.abc import Iterable, Sequence
from typing import Any


def in_one_line(message: str) -> str:
    """Return a message with its line breaks as spaces; the names in it stay as they are."""
    return " ".join(line.strip() for line in message.splitlines())


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, n_text_columns: int = 1
) -> None:
    """Print a table to stdout: the first columns to the left, those of numbers to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        alignment: Any = "left" if position < n_text_columns else "right"
        # A name that is too long goes on in the next line, rather than end in three dots.
        table.add_column(column, justify=alignment, overflow="fold")
    for row in rows:
        table.add_row(*row)
    # A label may hold square brackets, which are markup otherwise.
    Console(markup=False, highlight=False).print(table)
