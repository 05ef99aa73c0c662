"""Comparing architectures: cross-validated scores and times as plain records and one table."""

from mnistcnn.evaluation._compare import DEFAULT_ARCHITECTURES, compare_architectures
from mnistcnn.evaluation._result import ComparisonResult

__all__ = ["DEFAULT_ARCHITECTURES", "ComparisonResult", "compare_architectures"]
