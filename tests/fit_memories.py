"""Classifiers with a memory, and fits that are read from one."""

import numpy as np

from mnistcnn import DigitCNNClassifier
from mnistcnn.architectures import Simple


def quick(memory, **parameters):
    settings = {"epochs": 2, "random_state": 0, "precision": "float32", **parameters}
    return DigitCNNClassifier(
        **{"architecture": Simple(4, kernel_size=3), **settings}, memory=memory
    )


def attributes_of(classifier):
    names = ["classes_", "n_features_in_", "image_shape_", "n_iter_", "history_", "precision_"]
    if classifier.early_stopping:
        names += ["best_epoch_", "validation_scores_"]
    return {name: np.asarray(getattr(classifier, name)).tolist() for name in names}


def assert_read_back(classifier, trained, X):
    assert classifier.from_memory_
    assert attributes_of(classifier) == attributes_of(trained)
    np.testing.assert_array_equal(classifier.predict_proba(X), trained.predict_proba(X))
