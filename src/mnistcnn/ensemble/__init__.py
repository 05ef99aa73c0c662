"""Classifiers that are trained alike, each from a seed of its own, and answer together."""

from mnistcnn.ensemble._estimator import DigitEnsembleClassifier

__all__ = ["DigitEnsembleClassifier"]
