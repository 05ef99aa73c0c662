"""Flat RGBA images that are read as gray ones of twice the side."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from mnistcnn import DigitCNNClassifier, ImageReshaper, PixelScaler, load_sample_digits
from mnistcnn.preprocessing import warn_of_opaque_alpha

# What is not expected is an error.
TOLD = r"every fourth value is .*State image_shape=\({0}, {0}, 4\)"


@pytest.fixture(scope="module")
def digits():
    X, y = load_sample_digits(return_X_y=True)
    return X[:200].reshape(-1, 28, 28), y[:200]


def rgba(images, opaque=255):
    return np.stack([images, images, images, np.full_like(images, opaque)], axis=-1)


FORMS = {
    "on black": lambda gray: rgba(gray),
    "on white": lambda gray: rgba(255 - gray),
    "from 0 to 1": lambda gray: rgba(gray / 255, 1),
    "colored": lambda gray: rgba(gray) // np.array([1, 2, 3, 1], dtype=np.uint8),
    "16 levels": lambda gray: rgba(gray // 16, 15),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("n_images", [10, 200])
def test_flat_rgba_images_are_told_of(form, n_images, digits):
    rows = form(digits[0][:n_images]).reshape(n_images, -1)
    with pytest.warns(UserWarning, match=TOLD.format(28)) as told:
        assert ImageReshaper().fit_transform(rows).shape == (n_images, 56, 56, 1)
    assert len(told) == 1
    assert told[0].filename == __file__
    with pytest.warns(UserWarning, match=TOLD.format(28)):
        ImageReshaper().transform(rows)


def test_the_classifier_tells_of_them_too(small_digits):
    X, y = small_digits
    rows = rgba(X.reshape(-1, 8, 8), 16).reshape(len(X), -1)
    classifier = DigitCNNClassifier("two_layer_mlp", epochs=1)
    with pytest.warns(UserWarning, match=TOLD.format(8)) as told:
        classifier.fit(rows, y)
    assert len(told) == 1
    with pytest.warns(UserWarning, match=TOLD.format(8)):
        make_pipeline(ImageReshaper(), classifier).fit(rows, y)
    assert classifier.set_params(image_shape=(8, 8, 4)).fit(rows, y).image_shape_ == (8, 8, 4)


def stripes(period, n=20):
    image = np.zeros((56, 56), dtype=np.uint8)
    image[:, period - 1 :: period] = 255
    return np.tile(image.ravel(), (n, 1))


QUIET = {
    "digits": lambda gray: gray.reshape(len(gray), -1),
    "digits on white": lambda gray: (255 - gray).reshape(len(gray), -1),
    "digits of two levels": lambda gray: (gray > 127).reshape(len(gray), -1) * 255,
    "large digits": lambda gray: np.kron(255 - gray, np.ones((2, 2), np.uint8)).reshape(-1, 3136),
    "black": lambda gray: np.zeros((20, 3136), dtype=np.uint8),  # noqa: ARG005
    "white": lambda gray: np.full((20, 3136), 255),  # noqa: ARG005
    "stripes of two": lambda gray: stripes(2),  # noqa: ARG005
    "stripes of four": lambda gray: stripes(4),  # noqa: ARG005
    "one pixel": lambda gray: np.ones((20, 1)),  # noqa: ARG005
    "noise": lambda gray: np.random.default_rng(0).integers(0, 2, (20, 256)),  # noqa: ARG005
    "RGB as large gray images": lambda gray: np.ones((20, 48, 64, 3)).reshape(20, 96, 96),  # noqa: ARG005
    "a transparent paper": lambda gray: np.stack([gray] * 4, axis=-1).reshape(len(gray), -1),
}


@pytest.mark.parametrize("form", QUIET.values(), ids=QUIET)
def test_gray_images_are_not(form, digits):
    ImageReshaper().fit_transform(form(digits[0]))


@pytest.mark.parametrize("inverted", [False, True])
def test_no_single_digit_is_taken_for_one(inverted):
    gray, _ = load_sample_digits(return_X_y=True)
    gray = 255 - gray if inverted else gray
    for row in gray:
        warn_of_opaque_alpha("auto", (1, 784), row[None])


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("offset", range(4))
def test_straight_strokes_beside_every_fourth_column_are_not(width, offset):
    image = np.full((28, 28), 255, dtype=np.uint8)
    image[4:24, 12 + offset : 12 + offset + width] = np.linspace(0, 100, width, dtype=np.uint8)
    ImageReshaper().fit(np.tile(image.ravel(), (20, 1)))


def test_stated_shapes_and_scaled_images_are_not(digits):
    images = rgba(digits[0])
    rows = images.reshape(len(images), -1)
    assert ImageReshaper((28, 28, 4)).fit_transform(rows).shape == images.shape
    assert ImageReshaper((56, 56)).fit_transform(rows).shape == (len(rows), 56, 56)
    assert ImageReshaper().fit_transform(images).shape == images.shape
    PixelScaler().fit_transform(rows)
