"""Judges how likely a part of a line is one digit, by a classifier of labels or of parts."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import Classifier
from mnistcnn.handwriting import DigitNormalizer, in_normal_form, normalized_input_for
from mnistcnn.reading._label_text import text_of_label
from mnistcnn.reading._parts import Line, Part, full_crop, is_whole
from mnistcnn.reading._search import LABEL_COSTS, MIN_PROBABILITY, PART_COSTS, Costs
from mnistcnn.reading._views import views_of

__all__ = ["Judge", "Judged", "LabelJudge", "PartJudge", "Verdicts", "checked_probabilities"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

# A classifier predicts no more than so many images at a time.
IMAGES_AT_A_TIME = 4096
# Ink that is as surely one digit as this is not cut; where only labels are judged, it must be no
# broader than this multiple of its height, too.
MIN_SURE_PROBABILITY, MAX_SURE_ASPECT = 0.97, 1.0
# Of what a classifier of parts takes whole ink for besides a digit, the classifier of digits may
# claim this part if it is sure of a label, and less of it the less sure it is, by this power.
MAX_SAY, SURENESS = 0.85, 4
# The classes of a classifier of parts that are neither a digit nor a pair of them.
PIECE, SEVERAL, OTHER = ("piece", "several", "other")


class Judged(NamedTuple):
    """A line, and the parts of it that are judged."""

    line: Line
    parts: Sequence[Part]


class Verdicts(NamedTuple):
    """The judgments of n parts.

    Attributes
    ----------
    scores : ndarray of shape (n,)
        The probability that each is one of those that the line consists of.
    singles : ndarray of shape (n,)
        The probability that each is one digit.
    known : ndarray of shape (n,)
        The probability that each is one digit whose label the classifier of labels knows.
    are_sure : ndarray of shape (n,), bool
        Whether that is so probable that nothing else has to be tried.
    labels : ndarray of shape (n, n_labels)
        The probability of each label; without columns if no labels are known.
    are_pairs : ndarray of shape (n,), bool
        Whether each is most likely a pair of digits that touch.
    pairs : ndarray of shape (n, 2, n_labels)
        The probability of each label for either digit of a pair.
    """

    scores: Floats
    singles: Floats
    known: Floats
    are_sure: NDArray[np.bool_]
    labels: Floats
    are_pairs: NDArray[np.bool_]
    pairs: Floats


class Judge(Protocol):
    """Judges parts of lines."""

    costs: Costs
    joins: bool

    def verdicts(self, lines: Sequence[Judged]) -> list[Verdicts]:
        """Return the verdicts on the parts of each line."""


class LabelJudge:
    """Takes a part for one digit if a classifier of digits is sure which one."""

    costs = LABEL_COSTS
    # Two digits may look like one as well as two strokes of one do.
    joins = False

    def __init__(self, classifier: Classifier, normalizer: DigitNormalizer | None) -> None:
        self.classifier = classifier
        self.normalizer = DigitNormalizer() if normalizer is None else normalizer

    def verdicts(self, lines: Sequence[Judged]) -> list[Verdicts]:
        """Return the verdicts on the parts of each line."""
        crops = [full_crop(each.line, part) for each in lines for part in each.parts]
        surest = self.answers(crops)[1].max(axis=1, initial=0.0)
        return [
            _of_labels_alone(each.parts, scores)
            for each, scores in zip(lines, _split(surest, lines), strict=True)
        ]

    def answers(self, crops: Sequence[Pixels]) -> tuple[Pixels, Floats]:
        """Return the input of the classifier for each crop, and the probabilities."""
        if not crops:
            n_classes = len(self.classifier.classes_)
            return np.zeros((0, 28, 28), dtype=np.uint8), np.zeros((0, n_classes))
        images = np.concatenate(
            [
                in_normal_form(crops[start : start + IMAGES_AT_A_TIME], self.normalizer)
                for start in range(0, len(crops), IMAGES_AT_A_TIME)
            ]
        )
        rows = images.reshape(len(images), -1)
        given = normalized_input_for(self.classifier, rows)
        return images, checked_probabilities(self.classifier, given, "classifier")


class PartJudge:
    """Uses a classifier that tells pieces, pairs and groups of digits from single ones."""

    costs = PART_COSTS
    joins = True

    def __init__(self, part_classifier: Classifier, of_labels: LabelJudge) -> None:
        self.part_classifier = part_classifier
        self.of_labels = of_labels
        labels = of_labels.classifier.classes_.tolist()
        classes = [str(each) for each in part_classifier.classes_.tolist()]
        numbers = {name: number for number, name in enumerate(classes)}
        no_single_ones = {PIECE, SEVERAL, OTHER, *(a + b for a in classes for b in classes)}
        self.is_single = np.array([each not in no_single_ones for each in classes])
        self.is_other = np.array([each == OTHER for each in classes])
        texts = [text_of_label(label) for label in labels]
        knows_all = set(texts) <= set(classes) - no_single_ones
        self.labels = [numbers[text] for text in texts] if knows_all else []
        # A classifier of labels shares out everything among its own, however few they are.
        self.knows_others = 0 < len(self.labels) < self.is_single.sum()
        pairs = [[numbers.get(one + other, -1) for other in texts] for one in texts]
        # Of labels that it does not know it knows no pairs either.
        self.pairs = np.array(pairs if knows_all and np.min(pairs) >= 0 else [], dtype=np.intp)

    def verdicts(self, lines: Sequence[Judged]) -> list[Verdicts]:
        """Return the verdicts on the parts of each line."""
        views = np.concatenate([views_of(each.line, each.parts) for each in lines])
        answers = checked_probabilities(self.part_classifier, views, "part_classifier")
        if self.labels:
            self._let_classifier_speak(lines, answers)
        return [
            self._verdicts(each, given)
            for each, given in zip(lines, _split(answers, lines), strict=True)
        ]

    def _let_classifier_speak(self, lines: Sequence[Judged], answers: Floats) -> None:
        """Raise the probability of whole ink to be a digit if the classifier of digits is sure.

        That one has seen more hands and pens, but no pieces and few pairs.
        """
        parts = [(each.line, part) for each in lines for part in each.parts]
        are_whole = np.array([is_whole(*each) for each in parts], dtype=bool)
        doubtful = are_whole & (answers[:, self.is_single].sum(axis=1) < MIN_SURE_PROBABILITY)
        numbers = np.flatnonzero(doubtful)
        _, likely = self.of_labels.answers([full_crop(*parts[number]) for number in numbers])
        weight = MAX_SAY * likely.max(axis=1, initial=0.0) ** SURENESS
        rest = answers[numbers][:, ~self.is_single].sum(axis=1)
        answers[np.ix_(numbers, np.flatnonzero(~self.is_single))] *= 1 - weight[:, np.newaxis]
        claimed = weight * rest
        if self.knows_others:
            claimed *= self._left_to_known(answers, numbers, claimed)
        answers[np.ix_(numbers, np.array(self.labels))] += claimed[:, np.newaxis] * likely

    def _left_to_known(self, answers: Floats, numbers: NDArray[np.intp], claimed: Floats) -> Floats:
        """Give other labels their part of what is claimed; return which part is left.

        However sure a classifier is, it cannot tell a digit that it does not know.
        """
        others = np.setdiff1d(np.flatnonzero(self.is_single), self.labels)
        given = answers[np.ix_(numbers, others)]
        singles = answers[numbers][:, self.is_single].sum(axis=1)
        shares = given / np.maximum(singles, MIN_PROBABILITY)[:, np.newaxis]
        answers[np.ix_(numbers, others)] = given + claimed[:, np.newaxis] * shares
        return np.asarray(1 - shares.sum(axis=1))

    def _verdicts(self, judged: Judged, given: Floats) -> Verdicts:
        singles = given[:, self.is_single].sum(axis=1)
        surest = given[:, self.is_single].max(axis=1, initial=0.0)
        of_pairs = given[:, self.pairs]
        surest_pairs = given[:, self.pairs.ravel()].max(axis=1, initial=0.0)
        # A letter is one of those that the line consists of, if no digit.
        are_whole = np.array([is_whole(judged.line, part) for part in judged.parts], dtype=bool)
        others = np.where(are_whole, given[:, self.is_other].sum(axis=1), 0.0)
        labels = given[:, self.labels]
        return Verdicts(
            # Which digit it is does not matter to how likely it is one.
            np.maximum(np.maximum(singles, surest_pairs), others),
            singles,
            labels.sum(axis=1) if self.knows_others else singles,
            singles >= MIN_SURE_PROBABILITY,
            labels,
            surest_pairs > np.maximum(surest, others),
            _of_either(of_pairs),
        )


def _of_either(of_pairs: Floats) -> Floats:
    """Return the probabilities of the labels of the first and of the second digit of each pair."""
    if of_pairs.ndim < 3:
        return np.zeros((len(of_pairs), 2, 0))
    return np.stack([of_pairs.sum(axis=2), of_pairs.sum(axis=1)], axis=1)


def checked_probabilities(classifier: Classifier, X: Pixels, name: str) -> Floats:
    """Return the probabilities that a classifier gives; refuse other values."""
    given = [
        _checked(classifier, X[start : start + IMAGES_AT_A_TIME], name)
        for start in range(0, len(X), IMAGES_AT_A_TIME)
    ]
    return np.concatenate([np.zeros((0, len(classifier.classes_))), *given])


def _checked(classifier: Classifier, X: Pixels, name: str) -> Floats:
    shape = (len(X), len(classifier.classes_))
    probabilities = np.asarray(classifier.predict_proba(X), dtype=np.float64)
    if probabilities.shape != shape:
        raise ValueError(
            f"{name} must give a probability for each image and class, an array of shape "
            f"{shape}, got one of shape {probabilities.shape}."
        )
    # Sums of float32 may be a little above 1.
    if not ((probabilities >= 0) & (probabilities <= 1 + 1e-4)).all():
        raise ValueError(f"{name} must give probabilities from 0 to 1, got other values.")
    return probabilities


def _split(rows: Floats, lines: Sequence[Judged]) -> list[Floats]:
    ends = np.cumsum([len(each.parts) for each in lines])
    return list(np.split(rows, ends[:-1])) if lines else []


def _are_sure(parts: Sequence[Part], scores: Floats) -> NDArray[np.bool_]:
    are_narrow = [part.crop.shape[1] <= MAX_SURE_ASPECT * part.crop.shape[0] for part in parts]
    return np.asarray(np.array(are_narrow, dtype=bool) & (scores >= MIN_SURE_PROBABILITY))


def _of_labels_alone(parts: Sequence[Part], scores: Floats) -> Verdicts:
    n_parts = len(parts)
    are_pairs = np.zeros(n_parts, dtype=bool)
    no_labels, no_pairs = np.zeros((n_parts, 0)), np.zeros((n_parts, 2, 0))
    ones, are_sure = np.ones(n_parts), _are_sure(parts, scores)
    return Verdicts(scores, ones, ones, are_sure, no_labels, are_pairs, no_pairs)
