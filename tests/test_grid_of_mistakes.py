"""DigitGridDisplay of the mistakes of any classifier, in the shape of its images."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from figures import image_in, some_images, titles_of
from mnistcnn import DigitCNNClassifier, RejectingClassifier
from mnistcnn.plotting import DigitGridDisplay

matplotlib.use("agg")

pytestmark = pytest.mark.usefixtures("no_figures")


class TestMistakes:
    TRUE = np.array([1, 2, 3, 4, 5, 6])
    PREDICTED = np.array([1, 7, 3, 9, 5, 8])
    PROBABILITIES = np.array([1.0, 0.4, 0.5, 0.9985, 0.7, 0.6])

    def test_the_surest_come_first_with_label_prediction_and_probability(self):
        images = some_images()
        display = DigitGridDisplay.from_predictions(
            images, self.TRUE, self.PREDICTED, y_proba=self.PROBABILITIES
        )
        assert titles_of(display) == [
            "true 4\npredicted 9\n99.9 %",
            "true 6\npredicted 8\n60.0 %",
            "true 2\npredicted 7\n40.0 %",
        ]
        np.testing.assert_array_equal(display.images, images[[3, 5, 1]])
        assert display.ax_.get_title() == "3 of 6 images misclassified"

    def test_without_probabilities_they_stay_in_their_order(self):
        display = DigitGridDisplay.from_predictions(some_images(), self.TRUE, self.PREDICTED)
        assert titles_of(display)[0] == "true 2\npredicted 7"

    def test_no_more_are_drawn_than_asked_for(self):
        display = DigitGridDisplay.from_predictions(
            some_images(), self.TRUE, self.PREDICTED, y_proba=self.PROBABILITIES, n_images=2
        )
        assert len(titles_of(display)) == 2
        assert display.ax_.get_title() == "3 of 6 images misclassified, the surest 2"

    def test_without_a_mistake_there_is_a_sentence(self):
        display = DigitGridDisplay.from_predictions(some_images(), self.TRUE, self.TRUE)
        display.figure_.canvas.draw()
        [text] = display.ax_.texts
        assert text.get_text() == "None of the 6 images is misclassified."
        assert display.axes_.size == 0

    def test_probabilities_of_all_classes_are_taken_too(self):
        table = np.eye(6) * 0.5 + 0.5 / 6
        display = DigitGridDisplay.from_predictions(
            some_images(), self.TRUE, self.PREDICTED, y_proba=table
        )
        assert titles_of(display)[0].endswith("58.3 %")

    @pytest.mark.parametrize(
        ("proba", "message"),
        [
            (np.full(6, 1.5), "from 0 to 1"),
            (np.full(6, np.nan), "from 0 to 1"),
            (np.full(5, 0.5), "inconsistent numbers of samples"),
        ],
    )
    def test_what_is_no_probability_is_refused(self, proba, message):
        with pytest.raises(ValueError, match=message):
            DigitGridDisplay.from_predictions(
                some_images(), self.TRUE, self.PREDICTED, y_proba=proba
            )

    def test_a_classifier_is_asked_for_labels_and_probabilities(self, small_digits):
        X, y = small_digits
        classifier = KNeighborsClassifier(5).fit(X[:60], y[:60])
        display = DigitGridDisplay.from_estimator(classifier, X, y, n_images=4)
        proba = classifier.predict_proba(X).max(axis=1)[classifier.predict(X) != y]
        assert display.axes_.shape == (1, 4)
        assert titles_of(display)[0].endswith(f"{100 * proba.max():.1f} %")
        np.testing.assert_array_equal(image_in(display.axes_[0, 0]).shape, (8, 8))

    def test_a_classifier_without_probabilities_will_do(self, small_digits):
        X, y = small_digits
        classifier = LinearSVC().fit(X[:60], y[:60])
        display = DigitGridDisplay.from_estimator(classifier, X, y)
        assert "%" not in "".join(titles_of(display))

    def test_what_a_classifier_rejects_is_left_out(self, small_digits):
        X, y = small_digits
        classifier = KNeighborsClassifier(5).fit(X[:60], y[:60])
        rejecting = RejectingClassifier(classifier, threshold=0.7)
        predictions = rejecting.predict(X)
        n_answered, n_wrong = (
            (predictions != -1).sum(),
            ((predictions != y) & (predictions != -1)).sum(),
        )
        assert n_answered < len(y)
        display = DigitGridDisplay.from_estimator(rejecting, X, y, n_images=len(y))
        assert len(titles_of(display)) == n_wrong
        assert not any("predicted -1" in title for title in titles_of(display))
        assert display.ax_.get_title() == f"{n_wrong} of {n_answered} images misclassified"

    def test_the_probability_is_that_of_the_prediction(self, small_digits):
        X, y = small_digits

        class Contrary(KNeighborsClassifier):
            """Predicts what is least likely, as calibrated machines may do now and then."""

            def predict(self, X):
                return self.classes_[self.predict_proba(X).argmin(axis=1)]

        display = DigitGridDisplay.from_estimator(Contrary().fit(X, y), X, y)
        assert all(title.endswith("\n0.0 %") for title in titles_of(display))

    @pytest.mark.parametrize(("of_labels", "of_predictions"), [(str, int), (int, str)])
    def test_text_beside_numbers_is_refused(self, of_labels, of_predictions):
        labels, predictions = self.TRUE.astype(of_labels), self.PREDICTED.astype(of_predictions)
        with pytest.raises(ValueError, match="Mix of label input types"):
            DigitGridDisplay.from_predictions(some_images(), labels, predictions)

    def test_a_classifier_that_is_not_fitted_is_refused(self, small_digits):
        with pytest.raises(NotFittedError):
            DigitGridDisplay.from_estimator(KNeighborsClassifier(), *small_digits)

    @pytest.mark.parametrize("name", ["y_true", "y_pred"])
    def test_labels_in_a_column_are_refused(self, name):
        labels = {"y_true": self.TRUE, "y_pred": self.PREDICTED}
        labels[name] = labels[name][:, None]
        with pytest.raises(ValueError, match=rf"{name} must be of shape \(n,\), got .*\(6, 1\)"):
            DigitGridDisplay.from_predictions(some_images(), **labels)


class LabelsAreZero(ClassifierMixin, BaseEstimator):
    """Takes rows for images of a shape, as the package's classifiers do, and answers 0."""

    def __init__(self, image_shape=(2, 8)):
        self.image_shape = image_shape

    def fit(self, X, y):
        self.classes_, self.n_features_in_ = np.unique(y), np.shape(X)[1]
        self.image_shape_ = (*self.image_shape, 1)
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)

    def predict_proba(self, X):
        return np.tile([0.75, 0.25], (len(X), 1))


def searched(estimator):
    return GridSearchCV(estimator, {}, cv=2)


def after_a_scaler(estimator):
    return make_pipeline(StandardScaler(), estimator)


class TestShapeOfTheEstimator:
    X = np.arange(6 * 16.0).reshape(6, 16)
    Y = np.array([0, 1, 0, 1, 0, 1])

    @pytest.mark.parametrize(
        "wrapped",
        [
            lambda estimator: estimator,
            after_a_scaler,
            searched,
            lambda estimator: searched(after_a_scaler(estimator)),
            lambda estimator: make_pipeline(StandardScaler(), searched(estimator)),
            FixedThresholdClassifier,
        ],
        ids=["itself", "pipeline", "search", "both", "search within", "wrapped"],
    )
    @pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
    def test_flat_images_have_the_shape_that_the_classifier_sees(self, wrapped, container):
        X = container(self.X)
        classifier = wrapped(LabelsAreZero()).fit(X, self.Y)
        display = DigitGridDisplay.from_estimator(classifier, X, self.Y)
        assert display.axes_.shape == (1, 3)
        assert image_in(display.axes_[0, 0]).shape == (2, 8)

    def test_a_shape_that_is_stated_comes_first(self):
        classifier = LabelsAreZero().fit(self.X, self.Y)
        display = DigitGridDisplay.from_estimator(classifier, self.X, self.Y, image_shape=(8, 2))
        assert image_in(display.axes_[0, 0]).shape == (8, 2)

    def test_rows_that_the_classifier_fills_up_are_drawn_filled_up(self):
        X = self.X[:, :15]
        classifier = LabelsAreZero((4, 4)).fit(X, self.Y)
        display = DigitGridDisplay.from_estimator(classifier, X, self.Y)
        drawn = image_in(display.axes_[0, 0])
        assert drawn.shape == (4, 4)
        assert drawn[3, 3] == 0

    def test_a_pipeline_that_makes_other_features_leaves_the_images_as_they_are(self):
        classifier = make_pipeline(SelectKBest(k=6), LabelsAreZero((2, 3))).fit(self.X, self.Y)
        display = DigitGridDisplay.from_estimator(classifier, self.X, self.Y)
        assert image_in(display.axes_[0, 0]).shape == (4, 4)

    def test_a_network_is_asked_too(self):
        network = DigitCNNClassifier("two_layer_mlp", image_shape=(2, 8), epochs=1)
        network.fit(self.X.astype(np.float32), self.Y)
        wrong = 1 - network.predict(self.X)
        display = DigitGridDisplay.from_estimator(network, self.X, wrong)
        assert image_in(display.axes_[0, 0]).shape == (2, 8)
