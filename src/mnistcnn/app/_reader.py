"""Reads images for the page, with the rest of the library."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import Classifier, Label
from mnistcnn.handwriting import DigitNormalizer, FoundDigit, find_digits, normalized_input_for
from mnistcnn.images import ReadableImage
from mnistcnn.reading import DigitReader, ReadDigit


@dataclass(frozen=True)
class DigitReading:
    """The prediction for one image.

    Attributes
    ----------
    image : ndarray of shape (28, 28), uint8
        The input of the network: light ink on black.
    labels : sequence of int or str
        The digits.
    probabilities : ndarray of shape (n_labels,), float64
        The probability of each of them; they sum to 1.
    """

    image: NDArray[np.uint8]
    labels: Sequence[Label]
    probabilities: NDArray[np.float64]

    def ranking(self) -> list[tuple[Label, float]]:
        """Return digits and their probabilities, the most likely one first."""
        order = np.argsort(-self.probabilities, kind="stable")
        return [(self.labels[place], float(self.probabilities[place])) for place in order]


@dataclass(frozen=True)
class Mark:
    """One place on a sheet: its box (x, y, width, height) in pixels, its line from 0, its reading.

    There is neither line nor reading where ink is that is taken for no digit.
    """

    box: tuple[int, int, int, int]
    line: int | None
    reading: DigitReading | None


class PageReader:
    """Reads single digits, and sheets of them.

    Parameters
    ----------
    classifier : classifier
        Fitted on rows of 784 pixels in MNIST's form, with `predict_proba`.
    normalizer : DigitNormalizer
        Brings an image to that form.
    part_classifier : classifier or None, default=None
        Tells digits of a sheet from pieces of them and from several, as `DigitReader` wants it.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import DigitNormalizer, load_pretrained
    >>> from mnistcnn.app import PageReader
    >>> reader = PageReader(load_pretrained(), DigitNormalizer())
    >>> paper = np.full((100, 100), 255, dtype=np.uint8)
    >>> paper[20:80, 46:54] = 0
    >>> reader.read(paper).ranking()[0][0]
    1
    """

    def __init__(
        self,
        classifier: Classifier,
        normalizer: DigitNormalizer,
        part_classifier: Classifier | None = None,
    ) -> None:
        self.classifier = classifier
        self.normalizer = normalizer
        self.part_classifier = part_classifier

    def read(self, image: ReadableImage) -> DigitReading:
        """Read an image of one digit, as `DigitNormalizer` takes it; one without ink is refused."""
        (normalized,) = self.normalizer.transform([image])
        given = normalized_input_for(self.classifier, normalized.reshape(1, -1))
        probabilities = self.classifier.predict_proba(given)[0]
        return DigitReading(normalized, self.classifier.classes_.tolist(), probabilities)

    def read_sheet(self, sheet: ReadableImage) -> list[Mark]:
        """Read a sheet as `mnistcnn.DigitReader` does: its digits in order, then the rest."""
        reader = DigitReader(
            self.classifier,
            part_classifier=self.part_classifier,
            normalizer=self.normalizer,
            polarity=self.normalizer.polarity,
        )
        (read,) = reader.read([sheet])
        digits = [
            Mark(digit.box, number, _reading_of(digit))
            for number, line in enumerate(read.lines)
            for digit in line
        ]
        return [*digits, *(Mark(box, None, None) for box in read.rejected)]

    def digits_in(self, sheet: ReadableImage) -> list[FoundDigit]:
        """Find the ink of a sheet or a drawing, without reading it."""
        found: list[FoundDigit] = find_digits(sheet, polarity=self.normalizer.polarity)
        return found


def _reading_of(digit: ReadDigit) -> DigitReading:
    ranking = [(digit.label, digit.probability), *digit.alternatives]
    labels, probabilities = zip(*ranking, strict=True)
    return DigitReading(digit.image, labels, np.array(probabilities))
