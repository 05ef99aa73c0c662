"""Images without a digit in them are rejected, however sure a classifier is."""

import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from mnistcnn import DigitCNNClassifier, RejectingClassifier


def test_a_blank_image_is_rejected_however_sure_the_estimator_is(fitted_linear):
    empty = np.zeros((3, 64)) + [[0.0], [0.5], [1.0]]
    assert (RejectingClassifier(fitted_linear, threshold=0.0).predict(empty) == -1).all()
    assert (RejectingClassifier(fitted_linear, threshold=0.0).predict(empty.tolist()) == -1).all()


@pytest.mark.parametrize("form", [pd.DataFrame.convert_dtypes, lambda table: table.astype(object)])
def test_a_blank_image_in_a_table_of_any_dtype_is_rejected(form, fitted_linear):
    table = form(pd.DataFrame(np.zeros((3, 64), np.uint8) + [[0], [255], [9]]))
    assert (RejectingClassifier(fitted_linear, threshold=0.0).predict(table) == -1).all()


def in_color(images):
    return np.repeat(images.reshape(-1, 8, 8, 1), 3, axis=3)


@pytest.fixture(scope="module")
def color_network(small_digits):
    X, y = small_digits
    return DigitCNNClassifier("two_layer_mlp", epochs=1, random_state=0).fit(in_color(X), y)


@pytest.fixture
def uniform():
    colors = np.array([(10, 200, 60), (255, 0, 0), (60, 60, 60)], dtype=np.uint8) // 16
    return np.ones((1, 8, 8, 1), dtype=np.uint8) * colors[:, None, None]


class TestImagesOfOneColor:
    @pytest.mark.parametrize("wrap", [lambda network: network, make_pipeline, FrozenEstimator])
    def test_are_blank_as_images_and_as_rows(self, wrap, color_network, uniform):
        rejecting = RejectingClassifier(wrap(color_network), threshold=0.0)
        assert (rejecting.predict(uniform) == -1).all()
        assert (rejecting.predict(uniform.reshape(3, -1)) == -1).all()
        assert (rejecting.predict(list(uniform)) == -1).all()

    def test_digits_in_color_are_answered(self, color_network, small_digits):
        X = in_color(small_digits[0][:50]) * np.array([1, 0, 1])
        for form in (X, X.reshape(50, -1)):
            assert (RejectingClassifier(color_network, threshold=0.0).predict(form) != -1).all()

    def test_one_pixel_of_another_color_is_seen(self, color_network, uniform):
        uniform[:, 4, 4, 1] += 1
        assert (RejectingClassifier(color_network, threshold=0.0).predict(uniform) != -1).all()

    def test_columns_that_repeat_are_no_channels_of_gray_images(self, fitted_linear):
        stripes = np.tile([0.0, 0.5, 1.0, 0.2], (1, 16))
        assert (RejectingClassifier(fitted_linear, threshold=0.0).predict(stripes) != -1).all()
