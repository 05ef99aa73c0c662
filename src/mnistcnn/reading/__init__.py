"""Reads the digits on an image, line by line."""

from mnistcnn.reading._label_text import text_of_label, text_of_lines
from mnistcnn.reading._loading import load_reader
from mnistcnn.reading._reader import DigitReader
from mnistcnn.reading._readings import ReadDigit, Reading

__all__ = [
    "DigitReader",
    "ReadDigit",
    "Reading",
    "load_reader",
    "text_of_label",
    "text_of_lines",
]
