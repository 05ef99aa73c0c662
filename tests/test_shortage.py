"""Memory that runs out, for real: networks that want more than any machine has."""

import pickle
import re

import keras
import numpy as np
import pytest
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV

from mnistcnn import DeviceMemoryError, DigitCNNClassifier

# More bytes than a processor of today can address.
TOO_MANY = 2**47


def wide(input_shape, n_classes, width=1):
    """Features that are repeated `width` times, as an activation of that size, and summed."""
    repeat = keras.layers.Lambda(
        lambda features: keras.ops.sum(
            keras.ops.tile(keras.ops.expand_dims(features, 1), [1, width, 1]), axis=1
        ),
        output_shape=(None,),
    )
    layers = [keras.Input(input_shape), keras.layers.Flatten(), repeat]
    return keras.Sequential([*layers, keras.layers.Dense(n_classes)])


def heavy(input_shape, n_classes):
    """Weights that no machine holds."""
    layers = [keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(TOO_MANY)]
    return keras.Sequential([*layers, keras.layers.Dense(n_classes)])


def test_a_search_goes_on_after_a_network_that_is_too_large(two_classes):
    X, y = two_classes
    search = GridSearchCV(
        DigitCNNClassifier(wide, epochs=1, batch_size=16, random_state=0),
        {"architecture__width": [TOO_MANY, 1]},
        cv=2,
        refit=False,
    )
    with pytest.warns(FitFailedWarning, match="DeviceMemoryError") as caught:
        search.fit(X, y)
    too_large, small = search.cv_results_["mean_test_score"]
    assert np.isnan(too_large)
    assert small > 0.5
    message = re.sub(r"\s+", " ", str(caught[0].message))
    assert "images of 8x8x1, batch_size=16" in message
    assert "wide" in message


def test_weights_that_are_too_large_are_named_and_the_estimator_stays(two_classes):
    X, y = two_classes
    classifier = DigitCNNClassifier("baseline", epochs=1, random_state=0).fit(X, y)
    before = pickle.dumps(classifier.predict_proba(X))
    classifier.set_params(architecture=heavy)
    with pytest.raises(DeviceMemoryError, match=r"architecture=heavy on images of 8x8x1\. Try"):
        classifier.fit(X, y)
    assert pickle.dumps(classifier.predict_proba(X)) == before


def test_other_errors_stay_what_they_are(two_classes):
    def broken(input_shape, n_classes):  # noqa: ARG001
        raise RuntimeError("out of ideas")

    with pytest.raises(RuntimeError, match="out of ideas"):
        DigitCNNClassifier(broken).fit(*two_classes)
