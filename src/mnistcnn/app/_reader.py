"""From an image to what the page shows of it; the computing is that of other rooms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import Classifier
from mnistcnn.handwriting import DigitNormalizer, FoundDigit, find_digits, may_be_a_digit
from mnistcnn.images import ReadableImage


@dataclass(frozen=True)
class Reading:
    """What the network makes of one image.

    Attributes
    ----------
    image : ndarray of shape (28, 28), uint8
        What it saw: light ink on black.
    labels : sequence of int
        The digits.
    probabilities : ndarray of shape (n_labels,), float64
        How likely each of them is; they sum to 1.
    """

    image: NDArray[np.uint8]
    labels: Sequence[int]
    probabilities: NDArray[np.float64]

    def ranking(self) -> list[tuple[int, float]]:
        """Return digits and their probabilities, the most likely one first."""
        order = np.argsort(-self.probabilities, kind="stable")
        return [(self.labels[place], float(self.probabilities[place])) for place in order]


@dataclass(frozen=True)
class Mark:
    """One place on a sheet: its box (x, y, width, height) in pixels, its line from 0, its reading.

    There is no reading where several digits touch each other, or a dot is, which are not guessed.
    """

    box: tuple[int, int, int, int]
    line: int
    reading: Reading | None


class DigitReader:
    """Reads single digits, and sheets of them.

    Parameters
    ----------
    classifier : DigitCNNClassifier
        Fitted on images in MNIST's form.
    normalizer : DigitNormalizer
        Brings an image to that form.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import DigitNormalizer, load_pretrained
    >>> from mnistcnn.app import DigitReader
    >>> reader = DigitReader(load_pretrained(), DigitNormalizer())
    >>> paper = np.full((100, 100), 255, dtype=np.uint8)
    >>> paper[20:80, 46:54] = 0
    >>> reader.read(paper).ranking()[0][0]
    1
    """

    def __init__(self, classifier: Classifier, normalizer: DigitNormalizer) -> None:
        self.classifier = classifier
        self.normalizer = normalizer

    def read(self, image: ReadableImage) -> Reading:
        """Read an image of one digit, as `DigitNormalizer` takes it; one without ink is refused."""
        return self.read_all([image])[0]

    def read_sheet(self, sheet: ReadableImage) -> list[Mark]:
        """Find the digits of a sheet as `find_digits` does, and read each of them in that order."""
        return self.read_found(self.digits_in(sheet))

    def digits_in(self, sheet: ReadableImage) -> list[FoundDigit]:
        """Find the digits of a sheet or a drawing, without reading them."""
        found: list[FoundDigit] = find_digits(sheet)
        return found

    def read_found(self, found: Sequence[FoundDigit]) -> list[Mark]:
        """Read each of the digits that were found; what has no digit's shape is not guessed."""
        single = [not digit.touching and may_be_a_digit(digit.crop) for digit in found]
        crops = [digit.crop for digit, is_single in zip(found, single, strict=True) if is_single]
        readings = iter(self.read_all(crops))
        return [
            Mark(digit.box, digit.line, next(readings) if is_single else None)
            for digit, is_single in zip(found, single, strict=True)
        ]

    def read_all(self, images: Sequence[ReadableImage]) -> list[Reading]:
        """Read images of one digit each, and return a `Reading` for each."""
        if not images:
            return []
        normalized = self.normalizer.transform(images)
        labels = self.classifier.classes_.tolist()
        probabilities = self.classifier.predict_proba(normalized)
        return [
            Reading(image, labels, row)
            for image, row in zip(normalized, probabilities, strict=True)
        ]
