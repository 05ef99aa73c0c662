"""Numbers and names in sentences: one or several, many, and the one that was probably meant."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

__all__ = ["MIN_SIMILARITY", "abbreviated", "counted", "listed", "suggestion"]

# The least similarity of two names (difflib's ratio) at which one is suggested for the other.
MIN_SIMILARITY = 0.7


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, whose plural ends in s.

    Examples
    --------
    >>> from mnistcnn._wording import counted
    >>> counted(1, "core"), counted(2, "core")
    ('1 core', '2 cores')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence has them.

    Examples
    --------
    >>> from mnistcnn._wording import listed
    >>> listed(["baseline"]), listed(["baseline", "simple", "larger"])
    ('baseline', 'baseline, simple and larger')
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def abbreviated(names: Sequence[str], max_names: int) -> str:
    """Return the first names, and the number of the others.

    Examples
    --------
    >>> from mnistcnn._wording import abbreviated
    >>> abbreviated(["'a'", "'b'"], 2), abbreviated(["'a'", "'b'", "'c'"], 2)
    ("'a', 'b'", "'a', 'b' and 1 more")
    """
    more = f" and {len(names) - max_names:,} more" if len(names) > max_names else ""
    return ", ".join(names[:max_names]) + more


def suggestion(name: str, names: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown name: the most similar known name, if any.

    Parameters
    ----------
    name : str
        The unknown name.
    names : iterable of str
        What exists.

    Examples
    --------
    >>> from mnistcnn._wording import suggestion
    >>> suggestion("Leters", ["balanced", "letters"])
    "; did you mean 'letters'?"
    >>> suggestion("photos", ["balanced", "letters"])
    '.'
    """
    known, asked = list(names), name.lower()
    # The start of a name is nearer to it than another name of about the same length.
    begun = [one for one in known if asked and one.startswith(asked)]
    nearest = begun or get_close_matches(asked, known, n=1, cutoff=MIN_SIMILARITY)
    return f"; did you mean {nearest[0]!r}?" if nearest else "."
