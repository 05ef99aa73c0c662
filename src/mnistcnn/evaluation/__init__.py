"""Compares architectures, reproduces published recipes, and reports on one classifier."""

from mnistcnn._keras_start import load_keras

load_keras()

from mnistcnn.evaluation._compare import (  # noqa: E402
    DEFAULT_ARCHITECTURES,
    compare_architectures,
)
from mnistcnn.evaluation._report import write_report  # noqa: E402
from mnistcnn.evaluation._reproduction import (  # noqa: E402
    DigitImages,
    n_epochs_to_reproduce,
    reproduce,
    reproduction_table,
)
from mnistcnn.evaluation._result import ComparisonResult  # noqa: E402

__all__ = [
    "DEFAULT_ARCHITECTURES",
    "ComparisonResult",
    "DigitImages",
    "compare_architectures",
    "n_epochs_to_reproduce",
    "reproduce",
    "reproduction_table",
    "write_report",
]
