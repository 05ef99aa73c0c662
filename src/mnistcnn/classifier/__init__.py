"""The estimator: a Keras network for digits that scikit-learn can fit, search and compare."""

from mnistcnn.classifier._estimator import DigitCNNClassifier

__all__ = ["DigitCNNClassifier"]
