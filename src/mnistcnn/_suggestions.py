"""Suggests the name that was probably meant, for errors about unknown names."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["MIN_SIMILARITY", "suggestion"]

# The least similarity of two names (difflib's ratio) at which one is suggested for the other.
MIN_SIMILARITY = 0.7


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
    >>> from mnistcnn._suggestions import suggestion
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
