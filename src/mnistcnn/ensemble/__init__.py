"""Ensembles of classifiers that differ only in their seeds."""

from mnistcnn.ensemble._estimator import DigitEnsembleClassifier

__all__ = ["DigitEnsembleClassifier"]
