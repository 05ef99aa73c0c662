"""Stores fitted classifiers in files without code: safetensors and JSON, checked by a hash.

Nothing of the room is imported from rooms above it: a file names classes of this library, which are
looked up when one is read.
"""

from mnistcnn.storage._classifiers import (
    MODEL_FILE_SUFFIX,
    SavableMixin,
    classifier_of,
    content_and_arrays,
    load_classifier,
    save_classifier,
)
from mnistcnn.storage._model_file import read_model_file, write_model_file
from mnistcnn.storage._objects import LEFT_OUT, name_of
from mnistcnn.storage._plain import Arrays, NotPlainError, decoded, encoded

__all__ = [
    "LEFT_OUT",
    "MODEL_FILE_SUFFIX",
    "Arrays",
    "NotPlainError",
    "SavableMixin",
    "classifier_of",
    "content_and_arrays",
    "decoded",
    "encoded",
    "load_classifier",
    "name_of",
    "read_model_file",
    "save_classifier",
    "write_model_file",
]
