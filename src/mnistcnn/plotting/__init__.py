"""Displays in scikit-learn's manner: data in ``__init__``, looks in ``plot``.

They read results and import matplotlib only in ``plot``.
"""

from mnistcnn.plotting._comparison import ComparisonDisplay
from mnistcnn.plotting._digit_grid import DigitGridDisplay
from mnistcnn.plotting._pairwise import PairwiseDisplay
from mnistcnn.plotting._training_history import TrainingHistoryDisplay

__all__ = ["ComparisonDisplay", "DigitGridDisplay", "PairwiseDisplay", "TrainingHistoryDisplay"]
