"""Memory that runs out, for real: networks that want more than any machine has."""

import re

import keras
import numpy as np
import pytest
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV

from mnistcnn import DigitCNNClassifier

# TensorFlow waits ten seconds for memory before it gives up.
pytestmark = [pytest.mark.slow, pytest.mark.long]

# More bytes than a processor of today can address.
TOO_MANY = 2**47


def wide(input_shape, n_classes, width=1):
    """Features that are repeated `width` times, as an activation of that size, and summed."""
    repeat = keras.layers.Lambda(
        lambda features: keras.ops.sum(
            keras.ops.tile(keras.ops.expand_dims(features, 1), [1, width, 1]), axis=1
        ),
        output_shape=(input_shape[0] * input_shape[1],),
    )
    layers = [keras.Input(input_shape), keras.layers.Flatten(), repeat]
    return keras.Sequential([*layers, keras.layers.Dense(n_classes)])


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="a compiler may do without the activation"
)
def test_a_search_goes_on_after_a_network_that_is_too_large(two_classes, trial):
    X, y = two_classes
    search = GridSearchCV(
        DigitCNNClassifier(wide, epochs=1, batch_size=16, random_state=0),
        {"architecture__width": [TOO_MANY, 1]},
        cv=[(np.arange(len(y)), np.arange(len(y)))],
        refit=False,
    )
    with pytest.warns((FitFailedWarning, UserWarning)) as caught:
        search.fit(X, y)
    too_large, small = search.cv_results_["mean_test_score"]
    assert np.isnan(too_large)
    assert small > 0.5
    (failure,) = (str(one.message) for one in caught if one.category is FitFailedWarning)
    message = re.sub(r"\s+", " ", failure)
    assert "DeviceMemoryError" in message
    assert "images of 8x8x1, batch_size=16" in message
    assert "wide" in message
    trial.injects("networks that need more memory than there is")


def test_other_errors_stay_what_they_are(two_classes):
    def broken(input_shape, n_classes):  # noqa: ARG001
        raise RuntimeError("out of ideas")

    with pytest.raises(RuntimeError, match="out of ideas"):
        DigitCNNClassifier(broken).fit(*two_classes)
