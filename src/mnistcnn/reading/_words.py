"""Tells letters that look like digits from digits, by their neighbors."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mnistcnn.reading._readings import Box

__all__ = ["are_in_numbers", "has_numbers"]

Floats = NDArray[np.float64]

# How unlikely it is that letters follow right upon digits, or digits upon letters, in logarithms of
# odds, and how surely a character can be a digit or none. Chosen on letters of five fonts and on
# lines composed of MNIST's training images 40,000 to 50,000, so that "x5" and "12 kg" keep theirs.
SWITCH, SUREST = 5.0, 0.005
# Further apart than this multiple of their height, characters have nothing to do with each other.
MAX_GAP = 0.8
# Where there are letters, one digit is as certain as this, or so many of all characters are so
# likely digits as that, or the others are letters, too. Chosen on words of five fonts alone, with
# numbers, and on the lines named above, none of which loses a digit.
MIN_CERTAIN, MIN_LIKELY, MIN_LIKELY_FRACTION = 0.995, 0.93, 0.5


def are_in_numbers(singles: Sequence[float], boxes: Sequence[Box]) -> NDArray[np.bool_]:
    """Say which characters of a line are in numbers and not in words.

    An O among letters is a letter, and among digits it is a zero. Each character is in a number or
    in a word, as in a hidden Markov model (Rabiner, "A Tutorial on Hidden Markov Models",
    Proceedings of the IEEE 77, 1989), and the likeliest sequence is taken. What stands alone is in
    a number, however it looks.

    Parameters
    ----------
    singles : sequence of n float
        The probability that each is a digit, from left to right.
    boxes : sequence of n tuples of 4 int
        x and y of the upper left corner, width and height.

    Returns
    -------
    ndarray of shape (n,), bool

    Examples
    --------
    >>> boxes = [(20 * k, 0, 15, 20) for k in range(5)]
    >>> are_in_numbers([0.02, 0.85, 0.01, 0.05, 0.85], boxes).tolist()
    [False, False, False, False, False]
    >>> are_in_numbers([0.99, 0.98, 0.02, 0.99, 0.85], boxes).tolist()
    [True, True, True, True, True]
    >>> are_in_numbers([0.99, 0.98, 0.97, 0.02, 0.01], boxes).tolist()
    [True, True, True, False, False]
    """
    digit = np.clip(np.asarray(singles, dtype=np.float64), SUREST, 1 - SUREST)
    begins = [
        place
        for place in range(1, len(boxes))
        if not _are_neighbors(boxes[place - 1], boxes[place])
    ]
    groups = np.split(digit, begins)
    return np.concatenate([_likeliest(group) for group in groups])


def has_numbers(singles: Sequence[float], n_others: int) -> bool:
    """Say whether characters that were taken for digits are, on a page with others.

    Of many letters some look like digits, but none does beyond doubt.

    Parameters
    ----------
    singles : sequence of n float
        The probability that each of those that were taken for digits is one.
    n_others : int
        How many characters were taken for something else.

    Examples
    --------
    >>> from mnistcnn.reading._words import has_numbers
    >>> has_numbers([0.9], 0), has_numbers([0.9], 4), has_numbers([0.999, 0.9], 4)
    (True, False, True)
    """
    if not n_others:
        return True
    likely = sum(single >= MIN_LIKELY for single in singles)
    is_certain = max(singles, default=0.0) >= MIN_CERTAIN
    return is_certain or likely >= MIN_LIKELY_FRACTION * (len(singles) + n_others)


def _are_neighbors(one: Box, other: Box) -> bool:
    gap = other[0] - one[0] - one[2]
    return gap <= MAX_GAP * max(one[3], other[3])


def _likeliest(digit: Floats) -> NDArray[np.bool_]:
    """Return the most likely joint labeling of neighbors, by Viterbi's algorithm."""
    if len(digit) < 2:
        return np.ones(len(digit), dtype=bool)
    # Columns: in a number, in a word.
    likely = np.log(np.column_stack([digit, 1 - digit]))
    costs = np.array([[0.0, SWITCH], [SWITCH, 0.0]])
    best = likely[0]
    before = np.zeros((len(digit), 2), dtype=np.intp)
    for place in range(1, len(digit)):
        from_each = best[:, np.newaxis] - costs
        before[place] = from_each.argmax(axis=0)
        best = from_each.max(axis=0) + likely[place]
    states = [int(best.argmax())]
    for place in range(len(digit) - 1, 0, -1):
        states.append(int(before[place, states[-1]]))
    return np.array([state == 0 for state in reversed(states)], dtype=bool)
