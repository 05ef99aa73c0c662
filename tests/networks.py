"""Networks and other classifiers that are trained in a moment."""

from functools import partial

import keras
from sklearn.linear_model import LogisticRegression

from mnistcnn import DigitCNNClassifier, DigitEnsembleClassifier

# Of the registered ones; the others are made of the same layers, of more or larger ones.
ONE_OF_EACH_KIND = {"baseline", "lenet5", "deotte", "m3", "squeeze_excite", "fast", "multi_column"}


def quick_classifier(architecture="baseline", *, epochs=2, random_state=0, **parameters):
    """Make a classifier that is trained in a moment."""
    return DigitCNNClassifier(architecture, epochs=epochs, random_state=random_state, **parameters)


# An ensemble gives its members their seeds.
quick_member = partial(quick_classifier, random_state=None, precision="float32")


def ensemble_of(member=None, n_estimators=3, **parameters):
    """Make an ensemble of quick networks, or of members of another kind."""
    member = quick_member() if member is None else member
    return DigitEnsembleClassifier(member, n_estimators, random_state=0, **parameters)


def linear():
    """Make a classifier that knows nothing of images."""
    return LogisticRegression(max_iter=50, tol=1e-2)


def one_layer(input_shape, n_classes):
    """Build the smallest network that learns anything."""
    return keras.Sequential(
        [keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(n_classes)]
    )
