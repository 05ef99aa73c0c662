"""Keras CNNs for handwritten digits as scikit-learn estimators.

Importing the package loads nothing heavy: each public name is imported at its first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mnistcnn._training.pool import clear_cache
    from mnistcnn.architectures import get_architecture, list_architectures
    from mnistcnn.augmentation import Augmentation
    from mnistcnn.classifier import DigitCNNClassifier, TrainedFeatures
    from mnistcnn.datasets import (
        fetch_mnist,
        load_sample_digits,
        read_idx,
        read_images,
        read_kaggle_csv,
        write_idx,
        write_kaggle_submission,
    )
    from mnistcnn.evaluation import ComparisonResult, compare_architectures
    from mnistcnn.exceptions import (
        EmptyImageError,
        NonFiniteLossError,
        PixelRangeWarning,
        UnreadableImageError,
    )
    from mnistcnn.handwriting import DigitNormalizer, FoundDigit, find_digits
    from mnistcnn.preprocessing import ImageReshaper, PixelScaler
    from mnistcnn.pretrained import load_pretrained
    from mnistcnn.rejection import RejectingClassifier

__version__ = "0.1.0"

_HOME_OF = {
    "Augmentation": "augmentation",
    "ComparisonResult": "evaluation",
    "DigitCNNClassifier": "classifier",
    "DigitNormalizer": "handwriting",
    "FoundDigit": "handwriting",
    "EmptyImageError": "exceptions",
    "ImageReshaper": "preprocessing",
    "NonFiniteLossError": "exceptions",
    "PixelRangeWarning": "exceptions",
    "PixelScaler": "preprocessing",
    "RejectingClassifier": "rejection",
    "TrainedFeatures": "classifier",
    "UnreadableImageError": "exceptions",
    "clear_cache": "_training.pool",
    "compare_architectures": "evaluation",
    "fetch_mnist": "datasets",
    "find_digits": "handwriting",
    "get_architecture": "architectures",
    "list_architectures": "architectures",
    "load_pretrained": "pretrained",
    "load_sample_digits": "datasets",
    "read_idx": "datasets",
    "read_images": "datasets",
    "read_kaggle_csv": "datasets",
    "write_idx": "datasets",
    "write_kaggle_submission": "datasets",
}

__all__ = [
    "Augmentation",
    "ComparisonResult",
    "DigitCNNClassifier",
    "DigitNormalizer",
    "EmptyImageError",
    "FoundDigit",
    "ImageReshaper",
    "NonFiniteLossError",
    "PixelRangeWarning",
    "PixelScaler",
    "RejectingClassifier",
    "TrainedFeatures",
    "UnreadableImageError",
    "__version__",
    "clear_cache",
    "compare_architectures",
    "fetch_mnist",
    "find_digits",
    "get_architecture",
    "list_architectures",
    "load_pretrained",
    "load_sample_digits",
    "read_idx",
    "read_images",
    "read_kaggle_csv",
    "write_idx",
    "write_kaggle_submission",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
