"""Arrays in, arrays out: NumPy transformers between raw pixels and an estimator."""

from mnistcnn.preprocessing._reshaper import ImageReshaper
from mnistcnn.preprocessing._scaler import PixelScaler

__all__ = ["ImageReshaper", "PixelScaler"]
