"""DigitGridDisplay: images of any shape and range, and the mistakes of any classifier."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from mnistcnn.plotting import DigitGridDisplay

matplotlib.use("agg")

from matplotlib import pyplot  # noqa: E402  (after the choice of the backend)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    pyplot.close("all")


def image_in(cell):
    [image] = cell.get_images()
    return np.asarray(image.get_array())


def titles_of(display):
    return [cell.get_title() for cell in display.axes_.ravel() if cell is not None]


def some_images(n=6, shape=(5, 4)):
    return np.random.default_rng(0).integers(0, 256, (n, *shape), dtype=np.uint8)


class TestPlot:
    def test_nothing_is_drawn_before_plot(self):
        display = DigitGridDisplay(images=some_images(), titles=list("abcdef"))
        assert not hasattr(display, "axes_")
        assert pyplot.get_fignums() == []

    def test_images_fill_one_row_after_the_other(self):
        images = some_images(7)
        display = DigitGridDisplay(images=images, titles=list("abcdefg"), n_columns=3).plot()
        assert display.axes_.shape == (3, 3)
        assert [cell is None for cell in display.axes_[2]] == [False, True, True]
        assert titles_of(display) == list("abcdefg")
        pixels = images.astype(float)
        scaled = (pixels - pixels.min()) / (pixels.max() - pixels.min())
        for cell, image in zip(display.axes_.ravel()[:7], scaled, strict=True):
            np.testing.assert_allclose(image_in(cell), image)
        tops = [cell.get_window_extent().y1 for cell in display.axes_[:, 0]]
        assert tops == sorted(tops, reverse=True)

    def test_fewer_images_than_columns_make_one_short_row(self):
        display = DigitGridDisplay(images=some_images(2), titles=["a", "b"]).plot()
        assert display.axes_.shape == (1, 2)
        display.figure_.canvas.draw()

    def test_the_axes_that_are_given_hold_all_of_it(self):
        figure, (left, right) = pyplot.subplots(1, 2)
        display = DigitGridDisplay(images=some_images(), titles=list("abcdef")).plot(right)
        assert display.ax_ is right
        assert display.figure_ is figure
        assert len(pyplot.get_fignums()) == 1
        inside = right.get_window_extent()
        for cell in display.axes_.ravel():
            box = cell.get_window_extent()
            assert inside.x0 <= box.x0 < box.x1 <= inside.x1
            assert inside.y0 <= box.y0 < box.y1 <= inside.y1
        assert left.axison

    def test_options_reach_the_images(self):
        display = DigitGridDisplay(images=some_images(1), titles=["a"]).plot(cmap="gray_r")
        assert display.axes_[0, 0].get_images()[0].get_cmap().name == "gray_r"

    @given(
        scale=st.sampled_from([1, 255, -3.5, 1e-9, 1e9]),
        offset=st.sampled_from([0, -7, 1e3]),
        dtype=st.sampled_from([bool, np.int8, np.uint8, np.int64, np.float16, np.float32, float]),
    )
    @settings(max_examples=30, deadline=None)
    def test_any_range_and_dtype_goes_from_black_to_white(self, scale, offset, dtype):
        pattern = np.linspace(0, 1, 8).reshape(2, 2, 2)
        with np.errstate(all="ignore"):
            images = np.nan_to_num((pattern * scale + offset).astype(dtype), posinf=1, neginf=0)
        display = DigitGridDisplay(images=images, titles=["a", "b"]).plot()
        shown = np.array([image_in(cell) for cell in display.axes_.ravel()])
        pyplot.close("all")
        pixels = images.astype(float)
        spread = pixels.max() - pixels.min()
        assert shown.min() == 0
        assert shown.max() == (1 if spread else 0)
        order = np.argsort(pixels, axis=None, kind="stable")
        assert (np.diff(shown.ravel()[order]) >= 0).all()

    @pytest.mark.parametrize(
        ("shape", "image_shape", "expected"),
        [
            ((3, 16), None, (4, 4)),
            ((3, 12), (3, 4), (3, 4)),
            ((3, 12), (2, 2, 3), (2, 2, 3)),
            ((3, 4, 5), None, (4, 5)),
            ((3, 4, 5, 1), None, (4, 5)),
            ((3, 4, 5, 2), None, (4, 5)),
            ((3, 4, 5, 3), None, (4, 5, 3)),
        ],
    )
    @pytest.mark.parametrize("container", [np.asarray, np.ndarray.tolist, pd.DataFrame])
    def test_flat_grey_and_coloured_images(self, shape, image_shape, expected, container):
        if container is pd.DataFrame and len(shape) > 2:
            pytest.skip("a table is flat")
        images = container(np.arange(np.prod(shape)).reshape(shape))
        display = DigitGridDisplay(images=images, titles=list("abc"), image_shape=image_shape)
        display.plot().figure_.canvas.draw()
        assert image_in(display.axes_[0, 0]).shape == expected

    @pytest.mark.parametrize(
        ("images", "titles", "message"),
        [
            (np.zeros((2, 783)), ["a", "b"], "square number of pixels .*got 783 pixels"),
            (np.zeros(784), ["a"], r"images must be of shape .*got an array of shape \(784,\)"),
            (np.zeros((2, 4, 4)), ["a"], "inconsistent numbers of samples"),
        ],
    )
    def test_other_shapes_are_refused_before_a_figure_is_made(self, images, titles, message):
        with pytest.raises(ValueError, match=message):
            DigitGridDisplay(images=images, titles=titles).plot()
        assert pyplot.get_fignums() == []


class TestSamples:
    def test_each_class_has_a_row_with_its_first_images(self):
        images = some_images(7)
        labels = ["b", "a", "b", "b", "a", "c", "b"]
        display = DigitGridDisplay.from_samples(images, labels, n_per_class=3)
        assert display.axes_.shape == (3, 3)
        rows = [[cell and cell.get_title() for cell in row] for row in display.axes_]
        assert rows == [["a", "a", None], ["b", "b", "b"], ["c", None, None]]
        drawn = np.argmax([np.array_equal(image, images[5]) for image in display.images])
        assert display.titles[drawn] == "c"

    @pytest.mark.parametrize("n_per_class", [0, -1, 2.5, True, "3"])
    def test_a_number_that_is_none_is_refused(self, n_per_class):
        with pytest.raises(ValueError, match="n_per_class must be a positive integer"):
            DigitGridDisplay.from_samples(some_images(2), [0, 1], n_per_class=n_per_class)

    def test_other_lengths_are_refused(self):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            DigitGridDisplay.from_samples(some_images(3), [0, 1])


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

    def test_a_classifier_that_is_not_fitted_is_refused(self, small_digits):
        with pytest.raises(NotFittedError):
            DigitGridDisplay.from_estimator(KNeighborsClassifier(), *small_digits)
