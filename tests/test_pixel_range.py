"""Pixels in another unit than the fit's are told of; ordinary data never are."""

import copy
import pickle
import warnings
from functools import partial

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from mnistcnn import DigitCNNClassifier, PixelRangeWarning, load_pretrained
from networks import quick_classifier

# Most of them train a network or several.
pytestmark = pytest.mark.slow


quick = partial(quick_classifier, epochs=1)


UNITS = {
    "bytes": lambda X: X,
    "byte floats": lambda X: X.astype(np.float32),
    "0 to 1": lambda X: X / 255,
    "0 to 1 in float16": lambda X: (X / 255).astype(np.float16),
    "16 levels": lambda X: X // 16,
    "16-bit": lambda X: X.astype(np.uint16) * 257,
    "standardized": lambda X: (X - 33.3) / 78.6,
    "-1 to 1": lambda X: X / 127.5 - 1,
    "binary": lambda X: (X > 127).astype(np.uint8),
}


@pytest.fixture(scope="module")
def fitted(some_digits):
    X, y = some_digits
    return {name: quick().fit(unit(X), y) for name, unit in UNITS.items()}


MISTAKEN = [
    ("bytes", "0 to 1"),
    ("bytes", "0 to 1 in float16"),
    ("bytes", "standardized"),
    ("bytes", "-1 to 1"),
    ("bytes", "binary"),
    ("bytes", "16-bit"),
    ("bytes", "16 levels"),
    ("16-bit", "16 levels"),
    ("byte floats", "0 to 1"),
    ("0 to 1", "bytes"),
    ("0 to 1", "byte floats"),
    ("0 to 1", "16 levels"),
    ("0 to 1", "standardized"),
    ("0 to 1", "-1 to 1"),
    ("16 levels", "bytes"),
    ("16 levels", "0 to 1"),
    ("16-bit", "bytes"),
    ("16-bit", "0 to 1"),
    ("standardized", "bytes"),
    ("-1 to 1", "bytes"),
    ("standardized", "0 to 1"),
    ("standardized", "0 to 1 in float16"),
    ("standardized", "16 levels"),
    ("standardized", "binary"),
    ("-1 to 1", "0 to 1"),
    ("-1 to 1", "16 levels"),
    ("binary", "bytes"),
]


@pytest.mark.parametrize(("of_fit", "given"), MISTAKEN)
@pytest.mark.parametrize("n_images", [1, 300])
def test_another_unit_is_told_of(of_fit, given, n_images, fitted, some_digits):
    X, _ = some_digits
    with pytest.warns(PixelRangeWarning, match=r"range from .* to .* trained on pixels from .* to"):
        fitted[of_fit].predict(UNITS[given](X[:n_images]))


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_the_warning_names_both_ranges_the_remedy_and_the_users_line(method, some_digits):
    X, _ = some_digits
    with pytest.warns(PixelRangeWarning) as caught:
        getattr(load_pretrained(), method)(X[:40].reshape(-1, 28, 28) / 255)
    assert str(caught[0].message) == (
        "The pixels range from 0 to 1, but the classifier was trained on pixels from 0 to 255, so "
        "its predictions are mostly wrong. Multiply the pixels by 255."
    )
    assert caught[0].filename == __file__


def test_scoring_tells_of_another_unit_and_of_the_factor(fitted, some_digits):
    X, y = some_digits
    with pytest.warns(PixelRangeWarning, match="Divide the pixels by 255"):
        fitted["0 to 1"].score(X, y)


@pytest.mark.parametrize("stored", [copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
def test_a_stored_classifier_still_knows_its_unit(stored, fitted, some_digits):
    X, _ = some_digits
    with pytest.warns(PixelRangeWarning):
        stored(fitted["bytes"]).predict(X / 255)


def test_a_classifier_stored_before_ranges_were_kept_answers_without_a_word(fitted, some_digits):
    X, _ = some_digits
    older = copy.copy(fitted["bytes"])
    older._training_pixels = older._training_pixels._replace(range=None)
    assert older.predict(X / 255).shape == (300,)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_training_on_in_another_unit_is_told_of(method, some_digits):
    X, y = some_digits
    classifier = quick(warm_start=True).fit(X, y)
    before = classifier.predict_proba(X)
    with pytest.warns(PixelRangeWarning, match="what it has learned"):
        getattr(copy.deepcopy(classifier), method)(X / 255, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error", PixelRangeWarning)
        with pytest.raises(PixelRangeWarning):
            getattr(classifier, method)(X / 255, y)
    np.testing.assert_array_equal(classifier.predict_proba(X), before)


@pytest.mark.slow
def test_the_pretrained_classifier_is_not_trained_on_in_another_unit_unnoticed(some_digits):
    X, y = some_digits
    tuned = load_pretrained().set_params(warm_start=True, epochs=1, learning_rate=1e-5)
    with pytest.warns(PixelRangeWarning):
        tuned.fit(X[:40] / 255, y[:40])


def dimmed(X):
    return (X * 0.1).astype(X.dtype)


def padded(X):
    padding = ((0, 0), (4, 4), (4, 4))
    return np.pad(X.reshape(-1, 28, 28), padding)[:, 4:-4, 4:-4]


def noisy_blank(X):
    noise = np.random.default_rng(0).integers(0, 4, X.shape)
    return (noise * (X.max() / 255)).astype(X.dtype)


def hot_pixel(X):
    X = np.array(X * 0)
    X[:, 400] = 1
    return X


ORDINARY = {
    "the same": lambda X: X,
    "one": lambda X: X[:1],
    "dim": dimmed,
    "padded": padded,
    "blank": lambda X: X * 0,
    "all full": lambda X: X * 0 + X.max(),
    "ones": lambda X: np.ones_like(X),
    "noisy blank": noisy_blank,
    "hot pixel": hot_pixel,
    "overshoot": lambda X: X * 1.2 - 0.1 * X.max(),
    "brighter": lambda X: np.minimum(X * 1.5, X.max()),
}


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit not in ("16 levels", "binary")])
@pytest.mark.parametrize("change", ORDINARY.values(), ids=ORDINARY)
def test_ordinary_images_are_not_told_of(unit, change, fitted, some_digits):
    X, _ = some_digits
    assert len(fitted[unit].predict(change(UNITS[unit](X))))


@pytest.mark.parametrize("scaler", [MinMaxScaler(), StandardScaler()])
def test_columns_that_are_scaled_each_for_itself_are_not_told_of(scaler, digits):
    X, y = digits
    pipeline = make_pipeline(scaler, quick())
    assert cross_val_score(pipeline, X, y, cv=3, error_score="raise").mean() > 0.5


def test_a_first_chunk_without_ink_says_nothing_of_the_unit(some_digits):
    X, y = some_digits
    classifier = quick().partial_fit(X * 0, y, classes=range(10))
    assert classifier.partial_fit(X, y).predict(X).shape == (300,)
    with pytest.warns(PixelRangeWarning):
        classifier.predict(X / 255)


def network(*first):
    def build(input_shape, n_classes):
        inputs = keras.Input(input_shape)
        scaled = inputs
        for step in first:
            scaled = step(scaled)
        return keras.Model(inputs, layers.Dense(n_classes)(layers.Flatten()(scaled)))

    return build


# A shared layer would connect the networks of several fits.
def rescaled(pixels):
    return layers.Rescaling(1 / 255)(pixels)


SCALED_INSIDE = {
    "layer": (rescaled,),
    "to -1 ... 1": (lambda pixels: layers.Rescaling(1 / 127.5, offset=-1)(pixels),),
    "operations": (lambda pixels: pixels / 255.0,),
    "behind others": (lambda pixels: layers.Reshape((28, 28, 1))(pixels), rescaled),
    "in a model": (lambda pixels: keras.Sequential([layers.Rescaling(1 / 255)])(pixels),),
}


@pytest.mark.parametrize("steps", SCALED_INSIDE.values(), ids=SCALED_INSIDE)
@pytest.mark.parametrize("pixel_scaling", ["standard", "unit"])
def test_pixels_scaled_twice_are_told_of(steps, pixel_scaling, some_digits):
    X, y = some_digits
    twice = quick(architecture=network(*steps), pixel_scaling=pixel_scaling)
    with pytest.warns(PixelRangeWarning, match="Use pixel_scaling=None"):
        twice.fit(X, y)


def test_pixels_scaled_twice_are_told_of_in_the_first_partial_fit(some_digits):
    X, y = some_digits
    twice = quick(architecture=network(rescaled))
    with pytest.warns(PixelRangeWarning, match="Use pixel_scaling=None"):
        twice.partial_fit(X, y, classes=range(10))


@pytest.mark.parametrize("steps", SCALED_INSIDE.values(), ids=SCALED_INSIDE)
def test_pixels_scaled_once_by_the_network_are_as_they_should_be(steps, some_digits):
    X, y = some_digits
    once = quick(architecture=network(*steps), pixel_scaling=None, epochs=5).fit(X, y)
    assert once.score(X, y) > 0.5
    with pytest.warns(PixelRangeWarning):
        quick(architecture=network(*steps), pixel_scaling=None).fit(X / 255, y)


def test_unit_scaling_of_what_is_in_that_unit_is_told_of(some_digits):
    X, y = some_digits
    with pytest.warns(PixelRangeWarning, match=r"pixel_scaling='unit' divides by 255.*0 to 1, "):
        quick(pixel_scaling="unit").fit(X / 255, y)


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("16 levels", r"only from 0 to 15, .* close to zero.*multiply the pixels by 15\.94"),
        ("-1 to 1", r"only from -1 to 1, .* close to zero\. Use pixel_scaling='standard'\."),
        ("standardized", r"only from -0\.42.*close to zero\. Use pixel_scaling='standard'\."),
        ("16-bit", r"from 0 to 6\.554e\+04, .* up to 257 instead of 1.*to 0 to 255"),
    ],
)
def test_unit_scaling_of_another_unit_is_told_of_once(unit, message, some_digits):
    X, y = some_digits
    with pytest.warns(PixelRangeWarning, match=message) as told:
        quick(pixel_scaling="unit").fit(UNITS[unit](X), y)
    assert [each.filename for each in told] == [__file__]


@pytest.mark.parametrize("change", [dimmed, lambda X: X // 17 + 238, lambda X: X * 1.2 - 25.5])
def test_unit_scaling_of_ordinary_bytes_is_not_told_of(change, some_digits):
    X, y = some_digits
    quick(pixel_scaling="unit").fit(change(X), y)


@pytest.mark.parametrize("steps", SCALED_INSIDE.values(), ids=SCALED_INSIDE)
def test_a_wrapped_network_with_scaling_inside_knows_its_unit(steps, some_digits):
    X, _ = some_digits
    model = network(*steps)((28, 28, 1), 10)
    wrapped = DigitCNNClassifier.from_keras_model(model)
    assert len(wrapped.predict(X)) == 300
    with pytest.warns(PixelRangeWarning, match=r"0 to 1, .* 0 to 255"):
        wrapped.predict(X / 255)
    with pytest.warns(PixelRangeWarning, match="Use pixel_scaling=None"):
        DigitCNNClassifier.from_keras_model(model, pixel_scaling="unit")


def test_a_wrapped_network_behind_unit_scaling_knows_its_unit(some_digits):
    X, _ = some_digits
    model = network()((28, 28, 1), 10)
    wrapped = DigitCNNClassifier.from_keras_model(model, pixel_scaling="unit")
    with pytest.warns(PixelRangeWarning, match=r"0 to 1, .* 0 to 255"):
        wrapped.predict(X / 255)
    unknown = DigitCNNClassifier.from_keras_model(model)
    assert len(unknown.predict(X)) == len(unknown.predict(X / 255)) == 300
