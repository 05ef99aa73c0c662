"""Networks and other classifiers that are trained in a moment."""

import keras
from sklearn.linear_model import LogisticRegression

from mnistcnn import DigitCNNClassifier


def quick_classifier(architecture="baseline", *, epochs=2, random_state=0, **parameters):
    """Make a classifier that is trained in a moment."""
    return DigitCNNClassifier(architecture, epochs=epochs, random_state=random_state, **parameters)


def linear():
    """Make a classifier that knows nothing of images."""
    return LogisticRegression(max_iter=50, tol=1e-2)


def one_layer(input_shape, n_classes):
    """Build the smallest network that learns anything."""
    return keras.Sequential(
        [keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(n_classes)]
    )
