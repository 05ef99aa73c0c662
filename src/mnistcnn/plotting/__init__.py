"""Displays in scikit-learn's manner: data in ``__init__``, looks in ``plot``.

They read results and import matplotlib only in ``plot``.
"""

from mnistcnn.plotting._axes import check_matplotlib as check_matplotlib
from mnistcnn.plotting._comparison import ComparisonDisplay
from mnistcnn.plotting._digit_grid import DigitGridDisplay
from mnistcnn.plotting._feature_maps import FeatureMapDisplay
from mnistcnn.plotting._grid_contents import check_count as check_count
from mnistcnn.plotting._grid_contents import images_and_shape as images_and_shape
from mnistcnn.plotting._grid_contents import shown as shown
from mnistcnn.plotting._pairwise import PairwiseDisplay
from mnistcnn.plotting._saliency import SaliencyDisplay
from mnistcnn.plotting._training_history import TrainingHistoryDisplay

__all__ = [
    "ComparisonDisplay",
    "DigitGridDisplay",
    "FeatureMapDisplay",
    "PairwiseDisplay",
    "SaliencyDisplay",
    "TrainingHistoryDisplay",
]
