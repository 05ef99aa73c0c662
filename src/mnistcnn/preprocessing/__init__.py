"""Pictures in, pictures out: NumPy transformers between raw data and an estimator."""

from mnistcnn.preprocessing._image_files import open_picture
from mnistcnn.preprocessing._mnist_form import to_mnist_form
from mnistcnn.preprocessing._reshaper import ImageReshaper
from mnistcnn.preprocessing._scaler import PixelScaler

__all__ = ["ImageReshaper", "PixelScaler", "open_picture", "to_mnist_form"]
