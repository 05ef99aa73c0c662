"""A page that says how good a fitted classifier is: measured, drawn, laid out, written."""

from mnistcnn.evaluation._report._writing import write_report

__all__ = ["write_report"]
