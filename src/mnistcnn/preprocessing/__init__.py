"""Arrays in, arrays out: NumPy transformers between raw pixels and an estimator."""

from mnistcnn.preprocessing._containers import as_array, check_in_memory
from mnistcnn.preprocessing._labels import check_one_label_each
from mnistcnn.preprocessing._reshaper import ImageReshaper
from mnistcnn.preprocessing._scaler import PixelScaler
from mnistcnn.preprocessing._signs import are_signed_bytes

__all__ = [
    "ImageReshaper",
    "PixelScaler",
    "are_signed_bytes",
    "as_array",
    "check_in_memory",
    "check_one_label_each",
]
