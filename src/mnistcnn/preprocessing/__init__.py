"""Arrays in, arrays out: NumPy transformers between raw pixels and an estimator."""

from mnistcnn.preprocessing._containers import as_array, check_in_memory
from mnistcnn.preprocessing._labels import check_one_label_each
from mnistcnn.preprocessing._reshaper import ImageReshaper
from mnistcnn.preprocessing._scaler import PixelScaler

__all__ = [
    "ImageReshaper",
    "PixelScaler",
    "as_array",
    "check_in_memory",
    "check_one_label_each",
]
