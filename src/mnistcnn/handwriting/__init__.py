"""Handwriting made by anybody with anything: found on sheets, and brought to MNIST's form."""

from mnistcnn.handwriting._components import bounding_box
from mnistcnn.handwriting._digit_likeness import are_apart, may_be_a_digit
from mnistcnn.handwriting._digit_normalizer import DigitNormalizer, as_images, in_normal_form
from mnistcnn.handwriting._emnist_form import to_emnist_form
from mnistcnn.handwriting._mnist_form import to_mnist_form
from mnistcnn.handwriting._sheets import FoundDigit, find_digits

__all__ = [
    "DigitNormalizer",
    "FoundDigit",
    "are_apart",
    "as_images",
    "bounding_box",
    "find_digits",
    "in_normal_form",
    "may_be_a_digit",
    "to_emnist_form",
    "to_mnist_form",
]
