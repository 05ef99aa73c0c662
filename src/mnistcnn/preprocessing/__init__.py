"""Pictures in, pictures out: NumPy transformers between raw data and an estimator."""

from mnistcnn.preprocessing._containers import as_array, check_in_memory
from mnistcnn.preprocessing._digit_normalizer import DigitNormalizer
from mnistcnn.preprocessing._emnist_form import to_emnist_form
from mnistcnn.preprocessing._image_files import open_picture
from mnistcnn.preprocessing._labels import check_one_label_each
from mnistcnn.preprocessing._mnist_form import to_mnist_form
from mnistcnn.preprocessing._pictures import grey_over_white
from mnistcnn.preprocessing._reshaper import ImageReshaper
from mnistcnn.preprocessing._scaler import PixelScaler
from mnistcnn.preprocessing._sheets import FoundDigit, find_digits

__all__ = [
    "DigitNormalizer",
    "FoundDigit",
    "ImageReshaper",
    "PixelScaler",
    "as_array",
    "check_in_memory",
    "check_one_label_each",
    "find_digits",
    "grey_over_white",
    "open_picture",
    "to_emnist_form",
    "to_mnist_form",
]
