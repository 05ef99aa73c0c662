"""Reads images of digits: finds the ink, and lets a classifier decide what of it is which digit."""

from collections.abc import Iterable, Sequence
from itertools import compress
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from mnistcnn._scikit_learn import HasMethods, Interval, StrOptions, validate_parameters
from mnistcnn._types import Classifier
from mnistcnn._wrapper import rejecting_part
from mnistcnn.exceptions import UnreadableImageError
from mnistcnn.handwriting import (
    DigitNormalizer,
    FoundDigit,
    as_images,
    find_digits,
    may_be_a_digit,
)
from mnistcnn.images import ReadableImage
from mnistcnn.reading._inks import inks_of
from mnistcnn.reading._judges import Judge, LabelJudge, PartJudge
from mnistcnn.reading._readings import ReadDigit, Reading
from mnistcnn.reading._segmenting import Character, segmented
from mnistcnn.reading._words import are_in_numbers

__all__ = ["DigitReader"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

# Where two classifiers are asked for a label, that of digits counts for more than that of parts,
# and no probability counts as less than this.
OF_CLASSIFIER, OF_PARTS, LOWEST = 0.9, 0.1, 1e-6


class DigitReader(BaseEstimator):  # type: ignore[misc]
    """Reads whole sheets, photographs and drawings: an image in, its digits as text out.

    The ink is found as by :func:`find_digits`. Where some of it is not surely one digit, it is cut
    along all paths that lead through little ink, and each part of the line, of one piece or of
    several side by side, is judged: is it a digit, a pair that touches [2]_, a piece of one, or
    something else? The digits are those parts that are most likely, all together [1]_. So a broad 5
    is not taken for two digits for its shape, nor two digits that touch for one, and strokes of one
    digit that are apart come together.

    Parameters
    ----------
    classifier : classifier
        Fitted, with `predict_proba`, for images in the form that `normalizer` gives them, as rows
        of 784 pixels from 0 to 255: of digits, letters, or whatever its classes are.
    part_classifier : classifier or None, default=None
        Fitted, with `predict_proba`, for images of shape (32, 32, 3) of parts of a line: alone,
        what is right beside them, and all around. Its classes are labels as text, such as ``"4"``,
        pairs of labels, such as ``"42"`` for two digits that touch, ``"piece"``, ``"several"`` and
        ``"other"``. Where it knows the labels of `classifier`, a digit's probabilities are a
        geometric mean of what both say, in which `classifier` counts for more. None judges parts
        by how sure `classifier` is of a label alone, and joins no strokes that are apart.
    normalizer : DigitNormalizer or None, default=None
        How a part is brought to the form of the images that the classifier was fitted on. Of its
        parameters `style`, `smooth_small` and `broaden_hairlines` count; ink and paper are told
        apart before. None takes ``DigitNormalizer()``.
    polarity : {"auto", "dark_on_light", "light_on_dark"}, default="auto"
        Whether ink is darker or lighter than what it is on; ``"auto"`` looks.
    min_probability : float, default=0.3
        Ink that the classifier is less sure of than this is taken for no digit, from 0 to 1.

    See Also
    --------
    load_reader : A reader with the pretrained networks.
    find_digits : The first step alone.

    Notes
    -----
    What is written as one piece of ink 14 times as long as high is no number to it. Dashes, such as
    a minus, and dots are left out, so that -4.2 is read as 42. A sheet that is turned by more than
    some degrees, upside down or mirrored is read wrongly.

    Without a classifier of parts, `classifier` should be unsure of what is no digit, as
    :func:`load_pretrained`'s is: one that was trained on digits alone takes every piece of one for
    a digit. What a :class:`RejectingClassifier` rejects is left out.

    ``clone(reader)`` has an untrained classifier, as everywhere in scikit-learn; one in a
    :class:`~sklearn.frozen.FrozenEstimator` stays trained.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to
       Document Recognition", Proceedings of the IEEE 86, 1998, section VI.
    .. [2] A. G. Hochuli, L. S. Oliveira, A. S. Britto Jr. and R. Sabourin, "Handwritten Digit
       Segmentation: Is It Still Necessary?", Pattern Recognition 78, 2018: a network for pairs.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import load_reader, load_sample_digits
    >>> digits = load_sample_digits().images
    >>> sheet = np.full((100, 140), 255, dtype=np.uint8)
    >>> for digit, (x, y) in zip(digits, [(10, 12), (50, 15), (95, 11), (12, 60), (60, 58)]):
    ...     sheet[y : y + 28, x : x + 28] = 255 - digit
    >>> reading = load_reader().read([sheet])[0]
    >>> print(reading.text)
    012
    34
    >>> first = reading.lines[0][0]
    >>> first.label, first.box, first.probability > 0.9
    (0, (19, 17, 12, 20), True)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "classifier": [HasMethods(["fit", "predict_proba"])],
        "part_classifier": [HasMethods(["fit", "predict_proba"]), None],
        "normalizer": [DigitNormalizer, None],
        "polarity": [StrOptions({"auto", "dark_on_light", "light_on_dark"})],
        "min_probability": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(
        self,
        classifier: Classifier,
        *,
        part_classifier: Classifier | None = None,
        normalizer: DigitNormalizer | None = None,
        polarity: str = "auto",
        min_probability: float = 0.3,
    ) -> None:
        self.classifier = classifier
        self.part_classifier = part_classifier
        self.normalizer = normalizer
        self.polarity = polarity
        self.min_probability = min_probability

    def read(self, images: Iterable[ReadableImage]) -> list[Reading]:
        """Read images.

        Parameters
        ----------
        images : sequence of n images, or ndarray of shape (n, h, w), (n, h, w, 3) or (n, h, w, 4)
            Each image is of any number of digits: an array, a Pillow image, the path or content of
            a file, or what else :func:`find_digits` takes.

        Returns
        -------
        list of Reading
            One for each image; without digits it has no lines.

        Raises
        ------
        ValueError
            If a parameter is invalid, `images` is a single image or holds something else, or what
            the classifier gives are no probabilities.
        UnreadableImageError
            If a file cannot be read as an image.
        OSError
            If a path cannot be opened.
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.
        """
        validate_parameters(self)
        self._check_normalizer()
        check_is_fitted(self.classifier)
        if self.part_classifier is not None:
            check_is_fitted(self.part_classifier)
        return [
            self._reading_of(_found_on(image, self.polarity, index))
            for index, image in enumerate(as_images(images, "images"))
        ]

    def _check_normalizer(self) -> None:
        if self.normalizer is None:
            return
        validate_parameters(self.normalizer)
        if self.normalizer.polarity not in ("auto", self.polarity):
            raise ValueError(
                f"normalizer.polarity must be 'auto' or that of DigitReader, {self.polarity!r}, "
                f"got {self.normalizer.polarity!r}."
            )

    def _reading_of(self, found: Sequence[FoundDigit]) -> Reading:
        """Read what was found on one image."""
        may_be = [may_be_a_digit(each.crop) for each in found]
        of_labels = LabelJudge(self.classifier, self.normalizer)
        lines = segmented(inks_of(list(compress(found, may_be))), self._judge(of_labels))
        characters = [character for line in lines for character in line.characters]
        images, given = of_labels.answers([character.crop for character in characters])
        probabilities = [
            _probabilities(character, alone)
            for character, alone in zip(characters, given, strict=True)
        ]
        digits = list(map(self._digit, characters, images, probabilities))
        in_numbers = [
            bool(each)
            for line in lines
            for each in are_in_numbers(
                [character.single for character in line.characters],
                [character.box for character in line.characters],
            )
        ]
        accepted = self._accepted(list(compress(digits, in_numbers)))
        boxes = [digit.box for digit in digits if id(digit) not in accepted]
        boxes += [box for line in lines for box in line.rest]
        boxes += [each.box for each, may in zip(found, may_be, strict=True) if not may]
        following = iter(digits)
        read = [[next(following) for _ in line.characters] for line in lines]
        kept = [tuple(digit for digit in line if id(digit) in accepted) for line in read]
        return Reading(tuple(filter(None, kept)), tuple(sorted(boxes)))

    def _judge(self, of_labels: LabelJudge) -> Judge:
        if self.part_classifier is None:
            return of_labels
        return PartJudge(self.part_classifier, of_labels)

    def _digit(self, character: Character, image: Pixels, probabilities: Floats) -> ReadDigit:
        order = np.argsort(-probabilities, kind="stable").tolist()
        labels = self.classifier.classes_.tolist()
        best, *others = [(labels[place], float(probabilities[place])) for place in order]
        return ReadDigit(*best, character.box, tuple(others), image)

    def _accepted(self, digits: Sequence[ReadDigit]) -> set[int]:
        """Return the identities of those that the classifier is sure enough of, and accepts."""
        sure = [digit for digit in digits if digit.probability >= self.min_probability]
        rejecting = rejecting_part(self.classifier)
        if rejecting is None or not sure:
            return set(map(id, sure))
        labels = self.classifier.predict(np.stack([digit.image.ravel() for digit in sure])).tolist()
        return {
            id(digit)
            for digit, label in zip(sure, labels, strict=True)
            if label != rejecting.rejected_label
        }


def _probabilities(character: Character, alone: Floats) -> Floats:
    """Return how likely each label is, by the classifier of digits and the one of parts."""
    if character.is_of_pair:
        return character.labels
    return character.single * _combined(alone, character.labels)


def _combined(alone: Floats, in_line: Floats) -> Floats:
    """Return the geometric mean of what two classifiers say of a label, adding up to 1."""
    if not len(in_line):
        return alone
    both = np.maximum(alone, LOWEST) ** OF_CLASSIFIER * np.maximum(in_line, LOWEST) ** OF_PARTS
    return np.asarray(both / both.sum())


def _found_on(image: ReadableImage, polarity: str, index: int) -> list[FoundDigit]:
    try:
        return list(find_digits(image, polarity=polarity))
    except UnreadableImageError as error:
        raise UnreadableImageError(f"images[{index}]: {error}") from error
    except ValueError as error:
        raise ValueError(f"images[{index}]: {error}") from error
