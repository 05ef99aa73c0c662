"""Evaluates a fitted classifier on one HTML page: measurements, charts and layout."""

from mnistcnn.evaluation._report._writing import write_report

__all__ = ["write_report"]
