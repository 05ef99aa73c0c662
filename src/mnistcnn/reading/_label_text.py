"""Writes labels as text: alone, and as the lines of a sheet."""

from collections.abc import Iterable

from mnistcnn._types import Label

__all__ = ["text_of_label", "text_of_lines"]


def text_of_label(label: Label) -> str:
    """Return a label as it is written: 7 also where a table of floats has made it 7.0.

    Examples
    --------
    >>> from mnistcnn.reading import text_of_label
    >>> text_of_label(7.0), text_of_label("a")
    ('7', 'a')
    """
    is_whole = isinstance(label, float) and label.is_integer()
    return str(int(label)) if is_whole else str(label)


def text_of_lines(lines: Iterable[Iterable[Label]], labels: Iterable[Label]) -> str:
    r"""Return lines of labels, separated by newlines.

    Labels stand side by side, or with a space between them where any of those that could occur is
    longer than one character.

    Parameters
    ----------
    lines : iterable of iterable of label
        The lines from the top, each from the left.
    labels : iterable of label
        All labels that could occur.

    Examples
    --------
    >>> from mnistcnn.reading import text_of_lines
    >>> text_of_lines([[1, 2], [0]], range(10)), text_of_lines([[1, 2], [0]], range(11))
    ('12\n0', '1 2\n0')
    """
    separator = " " if any(len(text_of_label(label)) > 1 for label in labels) else ""
    return "\n".join(separator.join(map(text_of_label, line)) for line in lines)
