"""Arrays in, arrays out: NumPy transformers between raw pixels and an estimator."""

from mnistcnn.preprocessing._containers import as_array, check_in_memory
from mnistcnn.preprocessing._labels import check_one_label_each
from mnistcnn.preprocessing._reshaper import ImageReshaper
from mnistcnn.preprocessing._scaler import PixelScaler
from mnistcnn.preprocessing._shapes import (
    as_rows,
    check_channels_last,
    check_image_shape,
    pad_columns,
    resolve_image_shape,
)
from mnistcnn.preprocessing._signs import are_signed_bytes, check_not_signed
from mnistcnn.preprocessing._statistics import pixel_statistics

__all__ = [
    "ImageReshaper",
    "PixelScaler",
    "are_signed_bytes",
    "as_array",
    "as_rows",
    "check_channels_last",
    "check_image_shape",
    "check_in_memory",
    "check_not_signed",
    "check_one_label_each",
    "pad_columns",
    "pixel_statistics",
    "resolve_image_shape",
]
