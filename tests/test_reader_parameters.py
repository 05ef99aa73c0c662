"""Which classifiers, normalizers and images a reader takes, and what it says of others."""

import pickle
from io import BytesIO

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from mnistcnn import (
    DigitCNNClassifier,
    DigitNormalizer,
    DigitReader,
    RejectingClassifier,
    UnreadableImageError,
    load_pretrained,
    load_reader,
    load_sample_digits,
)
from readers import Answering, text_of

# Each asks the pretrained network.
pytestmark = pytest.mark.slow


class TestParameters:
    def test_a_classifier_of_letters(self, line_of):
        def answer(X):
            has_hole = (X.reshape(-1, 28, 28)[:, 14, 14] < 100)[:, np.newaxis]
            return np.where(has_hole, [[0.01, 0.99]], [[0.99, 0.01]])

        letters = DigitReader(Answering(answer, ("I", "O")))
        assert text_of(letters, line_of([1, 0, 1])[0]) == "IOI"

    def test_digits_that_are_floats_are_read_with_the_classifier_of_parts(self, line_of):
        digits = load_pretrained()
        floats = Answering(digits.predict_proba, tuple(map(float, range(10))))
        reader = load_reader(floats)
        assert reader.part_classifier is not None
        image = line_of([7, 7, 7, 8, 8, 8], apart=-2)[0]
        assert text_of(reader, image) == text_of(load_reader(digits), image)

    def test_any_classifier_of_scikit_learns(self, line_of):
        X, y = load_sample_digits(return_X_y=True)
        nearest = DigitReader(KNeighborsClassifier(1).fit(X, y))
        assert text_of(nearest, line_of([0, 1, 2])[0]) == "012"

    def test_of_another_form(self, line_of):
        seen = []

        def answer(X):
            seen.append(X)
            return np.eye(10)[np.zeros(len(X), dtype=int)]

        image, _ = line_of([3])
        for style in ("mnist", "emnist"):
            DigitReader(Answering(answer), normalizer=DigitNormalizer(style=style)).read([image])
        assert not np.array_equal(seen[0], seen[-1])

    def test_what_a_rejecting_classifier_rejects_is_left_out(self, line_of):
        image, _ = line_of([4, 2])
        strict = RejectingClassifier(load_pretrained(), threshold=1.0)
        (reading,) = DigitReader(strict).read([image])
        assert (reading.text, len(reading.rejected)) == ("", 2)
        assert text_of(DigitReader(strict.set_params(threshold=0.1)), image) == "42"

    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            (lambda X: np.full((len(X), 9), 0.1), r"an array of shape \(1, 10\), got .* \(1, 9\)"),
            (lambda X: np.full((len(X), 10), 7.0), "probabilities from 0 to 1"),
            (lambda X: np.full((len(X), 10), np.nan), "probabilities from 0 to 1"),
        ],
    )
    def test_what_are_no_probabilities_is_refused(self, line_of, answer, message):
        with pytest.raises(ValueError, match=message):
            DigitReader(Answering(answer)).read([line_of([1])[0]])

    @pytest.mark.parametrize(
        ("normalizer", "message"),
        [
            (DigitNormalizer(style="kmnist"), "The 'style' parameter of DigitNormalizer"),
            (DigitNormalizer(polarity="light_on_dark"), "normalizer.polarity must be 'auto' or"),
        ],
    )
    def test_a_normalizer_that_does_not_fit_is_refused(self, reader, line_of, normalizer, message):
        with pytest.raises(ValueError, match=message):
            DigitReader(reader.classifier, normalizer=normalizer).read([line_of([1])[0]])

    def test_copies_read_the_same(self, reader, line_of):
        image, _ = line_of([4, 2])
        assert text_of(pickle.loads(pickle.dumps(reader)), image) == "42"
        frozen = DigitReader(FrozenEstimator(load_pretrained()), min_probability=0.2)
        copy = clone(frozen)
        assert copy.min_probability == 0.2
        assert text_of(copy, image) == "42"

    def test_a_clone_needs_a_fit(self, reader, line_of):
        with pytest.raises(NotFittedError):
            clone(reader).read([line_of([1])[0]])

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"classifier": LinearSVC()}, "The 'classifier' parameter of DigitReader must be"),
            ({"part_classifier": "parts"}, "The 'part_classifier' parameter of DigitReader must"),
            ({"polarity": "dark"}, "The 'polarity' parameter of DigitReader must be a str among"),
            ({"min_probability": 2}, "The 'min_probability' parameter of DigitReader must be"),
            ({"normalizer": "mnist"}, "The 'normalizer' parameter of DigitReader must be"),
        ],
    )
    def test_invalid_ones_are_named(self, reader, parameters, message):
        with pytest.raises(ValueError, match=message):
            clone(reader).set_params(**parameters).read([np.zeros((9, 9))])

    def test_an_untrained_network_is_refused(self):
        with pytest.raises(NotFittedError):
            DigitReader(DigitCNNClassifier()).read([np.zeros((9, 9))])


class TestImages:
    def test_a_single_one_is_refused(self, reader, line_of):
        with pytest.raises(ValueError, match="images must be a sequence of images or an array"):
            reader.read(line_of([1])[0])

    def test_a_damaged_file_is_named_by_its_place(self, reader, line_of):
        with pytest.raises(UnreadableImageError, match=r"images\[1\]: "):
            reader.read([line_of([1])[0], BytesIO(b"no image")])

    def test_values_that_are_no_grays_are_named_by_their_place(self, reader):
        with pytest.raises(ValueError, match=r"images\[0\]: .* finite"):
            reader.read([np.full((40, 40), np.nan)])
