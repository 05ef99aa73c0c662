"""The result of reading an image: its text, and each digit with its box and alternatives."""

from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import Label
from mnistcnn.reading._label_text import text_of_lines

__all__ = ["Box", "ReadDigit", "Reading"]

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class ReadDigit:
    """One digit read from an image.

    Attributes
    ----------
    label : int or str
        The predicted label, one of the classifier's classes.
    probability : float
        The probability of this label, from 0 to 1.
    box : tuple of 4 int
        x and y of the upper left corner, width and height, in pixels of the image after it was
        rotated by its EXIF orientation.
    alternatives : tuple of (int or str, float)
        All other labels with their probabilities, the most likely one first.
    image : ndarray of shape (28, 28), dtype uint8
        The input of the classifier: light ink on black.

    See Also
    --------
    Reading : All digits of an image.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import load_reader
    >>> page = np.full((100, 200), 230, dtype=np.uint8)
    >>> page[30:70, 50:54] = 20
    >>> (reading,) = load_reader().read([page])
    >>> digit = reading.lines[0][0]
    >>> digit.label, digit.image.shape, len(digit.alternatives)
    (1, (28, 28), 9)
    """

    label: Label
    probability: float
    box: Box
    alternatives: tuple[tuple[Label, float], ...] = field(repr=False)
    image: NDArray[np.uint8] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Reading:
    """The digits read from one image.

    Attributes
    ----------
    lines : tuple of tuple of ReadDigit
        The lines from the top, each with its digits from the left; lines without any are left out.
    rejected : tuple of tuple of 4 int
        Boxes of ink that was not read as a digit: x and y of the upper left corner, width and
        height.

    See Also
    --------
    DigitReader : Reads images.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import ReadDigit, Reading
    >>> nothing = np.zeros((28, 28), dtype=np.uint8)
    >>> one, two = (ReadDigit(label, 0.9, (0, 0, 9, 9), (), nothing) for label in (1, 2))
    >>> print(Reading(lines=((one, two), (one,)), rejected=()).text)
    12
    1
    """

    lines: tuple[tuple[ReadDigit, ...], ...]
    rejected: tuple[Box, ...]

    @property
    def text(self) -> str:
        """The labels of each line, and the lines separated by newlines.

        The labels stand side by side, or with a space between them where the classifier has any
        that is longer than one character, such as the number 12 of a letter.
        """
        digits = list(chain(*self.lines))
        others = chain(*(digit.alternatives for digit in digits))
        labels = [*(digit.label for digit in digits), *(label for label, _ in others)]
        return text_of_lines(([digit.label for digit in line] for line in self.lines), labels)
