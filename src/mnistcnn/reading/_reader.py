"""Reads images of digits: finds the ink, segments it, and classifies each digit."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import compress
from numbers import Real
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from mnistcnn._meta_estimator import rejecting_estimator
from mnistcnn._scikit_learn import HasMethods, Interval, StrOptions, validate_parameters
from mnistcnn._types import Classifier
from mnistcnn.exceptions import UnreadableImageError
from mnistcnn.handwriting import (
    DigitNormalizer,
    FoundDigit,
    as_images,
    find_digits,
    may_be_a_digit,
    normalized_input_for,
)
from mnistcnn.images import ReadableImage
from mnistcnn.reading._inks import inks_of
from mnistcnn.reading._judges import Judge, LabelJudge, PartJudge
from mnistcnn.reading._readings import Box, ReadDigit, Reading
from mnistcnn.reading._scraps import are_scraps
from mnistcnn.reading._search import MIN_PROBABILITY
from mnistcnn.reading._segmenting import Character, segmented
from mnistcnn.reading._turned import ANGLES, agreed, may_be_turned, turned
from mnistcnn.reading._words import are_in_numbers, has_numbers

__all__ = ["DigitReader"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

# Where two classifiers judge a label, that of digits counts for more than that of parts.
CLASSIFIER_WEIGHT, PART_WEIGHT = 0.9, 0.1


class ReadLine(NamedTuple):
    """The reading of one line, and which of its digits are accepted."""

    characters: list[Character]
    digits: list[ReadDigit]
    accepted: list[bool]
    rest: list[Box]

    @property
    def rejected(self) -> list[Box]:
        """The boxes of what is not accepted."""
        are_not = [not is_accepted for is_accepted in self.accepted]
        return [digit.box for digit in compress(self.digits, are_not)] + self.rest


class DigitReader(BaseEstimator):  # type: ignore[misc]
    """Reads the digits of whole sheets, photographs and drawings as text.

    The ink is found as by :func:`find_digits`. Ink that is not clearly one digit is cut along all
    paths that cross little ink. Each part of the line, made of one piece or of several adjacent
    ones, is then classified as a digit, a pair of touching digits [2]_, a piece of a digit, or
    something else. The line is read as the most likely sequence of such parts [1]_. In this way a
    wide 5 is not read as two digits because of its shape, two touching digits are not read as one,
    and separate strokes of one digit are joined.

    Parameters
    ----------
    classifier : classifier
        A fitted classifier with `predict_proba`, for images as `normalizer` returns them, in rows
        of 784 pixels from 0 to 255. Its classes may be digits, letters or anything else. One that
        begins with a `DigitNormalizer`, as a pipeline may, is given images of 28x28 pixels.
    part_classifier : classifier or None, default=None
        A fitted classifier with `predict_proba`, for images of shape (32, 32, 3) of parts of a
        line: the part alone, its immediate neighborhood, and a wider one. Its classes are labels
        as text, such as ``"4"``, pairs of labels, such as ``"42"`` for two digits that touch,
        ``"piece"``, ``"several"`` and ``"other"``. If it knows the labels of `classifier`, the
        probabilities of a digit are a geometric mean of those of both, in which `classifier` has
        more weight. With None, parts are judged only by how sure `classifier` is of a label, and
        separate strokes are not joined.
    normalizer : DigitNormalizer or None, default=None
        The transformer that brings a part to the form of the images on which `classifier` was
        fitted. Of its parameters, `style`, `smooth_small` and `broaden_hairlines` are used; ink and
        paper have already been separated. None means ``DigitNormalizer()``.
    polarity : {"auto", "dark_on_light", "light_on_dark"}, default="auto"
        Whether ink is darker or lighter than its background; ``"auto"`` detects this.
    min_probability : float, default=0.3
        Ink of which the classifier is less sure than this is rejected as not a digit; from 0 to 1.

    See Also
    --------
    load_reader : A reader with the pretrained networks.
    find_digits : Only the first step.

    Notes
    -----
    A connected piece of ink more than 14 times as long as high is not read as a number.
    Dashes, such as a minus, and dots are left out, so that -4.2 is read as 42. A sheet that is
    rotated by more than a few degrees, upside down or mirrored is read wrongly. A single digit that
    is turned by up to 45 degrees is read if it stands alone among others of its size.

    Where `part_classifier` knows labels of single digits that `classifier` does not, as beside a
    classifier of the digits 1 to 3, a probability is also that of the label being one that
    `classifier` knows, so that `min_probability` rejects the other digits.

    Without a classifier of parts, `classifier` should be unsure about images that are not digits,
    as the one from :func:`load_pretrained` is: a classifier that was trained only on digits takes
    every piece of a digit for a whole one. Ink that a :class:`RejectingClassifier` rejects is left
    out.

    As usual in scikit-learn, ``clone(reader)`` has an unfitted classifier; a classifier in a
    :class:`~sklearn.frozen.FrozenEstimator` stays fitted.

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
            Images with any number of digits: each is an array, a Pillow image, the path or content
            of a file, or anything else that :func:`find_digits` accepts. Images of one array have
            one unit, as have all arrays of dtype uint8.

        Returns
        -------
        list of Reading
            One for each image. The reading of an image without digits has no lines.

        Raises
        ------
        ValueError
            If a parameter is invalid, if `images` is a single image or contains anything but
            images, or if the classifier returns values that are not probabilities.
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
        """Read the ink of one image."""
        may_be = [may_be_a_digit(each.crop) for each in found]
        lines = self._read_lines(list(compress(found, may_be)))
        lines = _without_letters([_without_scraps(line) for line in lines])
        lines = self._with_turned_upright(lines, found)
        boxes = [box for line in lines for box in line.rejected]
        boxes += [each.box for each, may in zip(found, may_be, strict=True) if not may]
        kept = [tuple(compress(line.digits, line.accepted)) for line in lines]
        return Reading(tuple(filter(None, kept)), tuple(sorted(boxes)))

    def _read_lines(self, found: Sequence[FoundDigit]) -> list[ReadLine]:
        """Read each line of ink that may be digits."""
        of_labels = LabelJudge(self.classifier, self.normalizer)
        lines = segmented(inks_of(found), self._judge(of_labels))
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
        following = iter(digits)
        return [
            ReadLine(
                line.characters,
                own := [next(following) for _ in line.characters],
                [id(digit) in accepted for digit in own],
                line.rest,
            )
            for line in lines
        ]

    def _with_turned_upright(
        self, lines: list[ReadLine], found: Sequence[FoundDigit]
    ) -> list[ReadLine]:
        """Read ink that was rejected and stands alone once more, turned by several angles."""
        places = _places_of_lone_ink(lines, [each.box for each in found])
        copies = [
            copy
            for place, (line, number) in enumerate(places)
            for copy in turned(line.characters[number].crop, place * len(ANGLES))
        ]
        read = [
            [] if each.rejected else list(compress(each.digits, each.accepted))
            for each in self._read_lines(copies)
        ]
        for place, (line, number) in enumerate(places):
            digit = agreed(read[place * len(ANGLES) : (place + 1) * len(ANGLES)])
            if digit is not None:
                line.digits[number] = replace(digit, box=line.digits[number].box)
                line.accepted[number] = True
        return lines

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
        rejecting = rejecting_estimator(self.classifier)
        if rejecting is None or not sure:
            return set(map(id, sure))
        rows = np.stack([digit.image.ravel() for digit in sure])
        labels = self.classifier.predict(normalized_input_for(self.classifier, rows)).tolist()
        return {
            id(digit)
            for digit, label in zip(sure, labels, strict=True)
            if label != rejecting.rejected_label
        }


def _without_scraps(line: ReadLine) -> ReadLine:
    """Accept no short stroke beside digits."""
    numbers = np.flatnonzero(line.accepted)
    are_none = are_scraps([line.digits[number].box for number in numbers])
    scraps = set(numbers[are_none].tolist())
    kept = [each and number not in scraps for number, each in enumerate(line.accepted)]
    return line._replace(accepted=kept)


def _without_letters(lines: list[ReadLine]) -> list[ReadLine]:
    """Accept none of the digits of a page if they look like some of its letters do."""
    characters = [
        each for line in lines for each in zip(line.characters, line.accepted, strict=True)
    ]
    singles = [character.single for character, is_accepted in characters if is_accepted]
    if has_numbers(singles, len(characters) - len(singles)):
        return lines
    return [line._replace(accepted=[False] * len(line.accepted)) for line in lines]


def _places_of_lone_ink(lines: list[ReadLine], inks: list[Box]) -> list[tuple[ReadLine, int]]:
    """Return rejected ink that may be a turned digit: its line, and its number there.

    Where more such ink than digits is found, it is clutter.
    """
    digits = [digit.box for line in lines for digit in compress(line.digits, line.accepted)]
    places = [
        (line, number)
        for line in lines
        for number, digit in enumerate(line.digits)
        if not line.accepted[number]
        and not _is_of_unknown_label(line.characters[number])
        and may_be_turned(digit.box, inks, digits)
    ]
    return places if len(places) <= len(digits) else []


def _is_of_unknown_label(character: Character) -> bool:
    """Say whether ink is more likely than not a digit, upright, that the classifier cannot name."""
    return character.single - character.known > 0.5


def _probabilities(character: Character, alone: Floats) -> Floats:
    """Return the probability of each label, by the classifiers of digits and of parts."""
    if character.is_of_pair:
        return character.labels
    return character.known * _combined(alone, character.labels)


def _combined(alone: Floats, in_line: Floats) -> Floats:
    """Return the geometric mean of the probabilities of two classifiers, normalized to sum to 1."""
    if not len(in_line):
        return alone
    both = (
        np.maximum(alone, MIN_PROBABILITY) ** CLASSIFIER_WEIGHT
        * np.maximum(in_line, MIN_PROBABILITY) ** PART_WEIGHT
    )
    return np.asarray(both / both.sum())


def _found_on(image: ReadableImage, polarity: str, index: int) -> list[FoundDigit]:
    try:
        return list(find_digits(image, polarity=polarity))
    except UnreadableImageError as error:
        raise UnreadableImageError(f"images[{index}]: {error}") from error
    except ValueError as error:
        raise ValueError(f"images[{index}]: {error}") from error
