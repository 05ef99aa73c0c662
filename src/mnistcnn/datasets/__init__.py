"""Loads data: bundled digits, MNIST and similar data sets, and the files they come in."""

from mnistcnn.datasets._csv import label_column
from mnistcnn.datasets._digit_recognizer import fault_in_order, read_digit_recognizer
from mnistcnn.datasets._emnist import fetch_emnist
from mnistcnn.datasets._fashion_mnist import fetch_fashion_mnist
from mnistcnn.datasets._idx import read_idx, write_idx
from mnistcnn.datasets._images import read_images
from mnistcnn.datasets._kaggle import read_kaggle_csv, write_kaggle_submission
from mnistcnn.datasets._kmnist import fetch_kmnist
from mnistcnn.datasets._labeled import DATA_NAMES, is_other_than_named, load_labeled
from mnistcnn.datasets._mnist import fetch_mnist
from mnistcnn.datasets._sample_digits import load_sample_digits, sample_images

__all__ = [
    "DATA_NAMES",
    "fault_in_order",
    "fetch_emnist",
    "fetch_fashion_mnist",
    "fetch_kmnist",
    "fetch_mnist",
    "is_other_than_named",
    "label_column",
    "load_labeled",
    "load_sample_digits",
    "read_digit_recognizer",
    "read_idx",
    "read_images",
    "read_kaggle_csv",
    "sample_images",
    "write_idx",
    "write_kaggle_submission",
]
