"""What a warm start goes on from, and what it refuses because the weights do not apply to it."""

import warnings

import keras
import numpy as np
import pandas as pd
import pytest

from mnistcnn import DigitCNNClassifier, TrainedFeatures, load_pretrained
from mnistcnn.classifier import set_since_fit


def quick(architecture="baseline", **parameters):
    settings = {"epochs": 1, "random_state": 0, "warm_start": True, **parameters}
    return DigitCNNClassifier(architecture, **settings)


def pooled(input_shape, n_classes):
    """A network whose layers fit images of any shape."""
    layers = [
        keras.Input(input_shape),
        keras.layers.Conv2D(4, 3),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(n_classes),
    ]
    return keras.Sequential(layers)


@pytest.fixture
def frame(small_digits):
    """Names that say nothing of the places of their columns."""
    letters = "abcdefgh"
    return pd.DataFrame(small_digits[0], columns=[a + b for a in letters for b in letters])


def test_columns_in_another_order_are_refused_as_they_are_by_predict(frame, small_digits):
    _, y = small_digits
    classifier = quick().fit(frame, y)
    before, turned = classifier.predict_proba(frame), frame[frame.columns[::-1]]
    with pytest.raises(ValueError, match="feature names should match") as by_predict:
        classifier.predict(turned)
    told = r"got 'hh' in place 0, where 'aa' belongs; pass X\[classifier.feature_names_in_\]"
    with pytest.raises(ValueError, match=told) as by_fit:
        classifier.fit(turned, y)
    assert str(by_fit.value)[:60] == str(by_predict.value)[:60]
    np.testing.assert_array_equal(classifier.predict_proba(frame), before)
    assert classifier.feature_names_in_.tolist() == frame.columns.tolist()
    classifier.fit(turned[classifier.feature_names_in_], y)


def test_columns_of_other_names_are_refused(frame, small_digits):
    classifier = quick().fit(frame, small_digits[1])
    with pytest.raises(ValueError, match="got 'x' in place 3, where 'ad'.*warm_start=False"):
        classifier.fit(frame.rename(columns={"ad": "x"}), small_digits[1])


def test_names_are_kept_through_a_fit_on_an_array_and_new_to_one_without(frame, small_digits):
    X, y = small_digits
    names = frame.columns.tolist()
    assert quick().fit(frame, y).fit(X, y).feature_names_in_.tolist() == names
    assert quick().fit(X, y).fit(frame, y).feature_names_in_.tolist() == names


@pytest.mark.parametrize("architecture", [pooled, "two_layer_mlp"])
def test_images_of_another_shape_are_refused_where_the_layers_would_fit(architecture, small_digits):
    X, y = small_digits
    classifier = quick(architecture).fit(X, y)
    told = r"images of the shape of the previous fit, \(8, 8, 1\).*got \(4, 16, 1\).*=False"
    with pytest.raises(ValueError, match=told):
        classifier.set_params(image_shape=(4, 16)).fit(X, y)
    with pytest.raises(ValueError, match=told):
        classifier.set_params(image_shape="auto").fit(X.reshape(-1, 4, 16), y)
    assert classifier.fit(X.reshape(-1, 8, 8), y).image_shape_ == (8, 8, 1)
    classifier.set_params(warm_start=False).fit(X.reshape(-1, 4, 16), y)


def test_rows_that_are_padded_from_another_length_are_refused(small_digits):
    X, y = small_digits
    classifier = quick(image_shape="pad").fit(X, y)
    with pytest.raises(ValueError, match="in 64 columns, got .* in 60"):
        classifier.fit(X[:, :60], y)


@pytest.mark.parametrize(("first", "then"), [("standard", "unit"), ("unit", None)])
def test_another_pixel_scaling_is_told_of_and_the_one_in_force_recorded(first, then, small_digits):
    X, y = small_digits
    classifier = quick(pixel_scaling=first).fit(X * 15, y)
    classifier.set_params(pixel_scaling=then)
    told = f"pixel_scaling={then!r} has no effect with warm_start=True.*, {first!r}: "
    with pytest.warns(UserWarning, match=told) as caught:
        classifier.fit(X * 15, y)
    assert [each.filename for each in caught] == [__file__]
    assert classifier._settings["pixel_scaling"] == repr(first)
    assert "pixel_scaling" in set_since_fit(classifier)
    classifier.set_params(pixel_scaling=first)
    assert set_since_fit(classifier.fit(X * 15, y)) == []


def test_a_network_that_was_trained_elsewhere_tells_its_own_scaling(small_digits):
    X, y = small_digits
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(10))
    trained = DigitCNNClassifier.from_keras_model(model, pixel_scaling=None, epochs=1)
    trained.set_params(warm_start=True, random_state=0).fit(X, y)
    padded = np.pad(X.reshape(-1, 8, 8) * 15, ((0, 0), (10, 10), (10, 10)))
    pretrained = load_pretrained().set_params(warm_start=True, pixel_scaling="unit", epochs=1)
    with pytest.warns(UserWarning, match="previous fit, 'standard'"):
        pretrained.fit(padded, y)


def test_trained_features_keep_their_scaling_whatever_the_parameter(small_digits):
    X, y = small_digits
    features = TrainedFeatures(quick(pixel_scaling="unit").fit(X * 15, y))
    classifier = quick(features).fit(X * 15, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier.set_params(pixel_scaling=None).fit(X * 15, y)


def test_partial_fit_records_the_parameters_that_it_keeps(small_digits):
    X, y = small_digits
    classifier = quick().partial_fit(X, y, classes=range(10))
    changed = {"architecture": "two_layer_mlp", "pixel_scaling": "unit", "precision": "float32"}
    classifier.set_params(**changed, batch_size=64).partial_fit(X, y)
    assert set_since_fit(classifier) == ["architecture", "pixel_scaling", "precision"]
    assert classifier._settings["batch_size"] == "64"
