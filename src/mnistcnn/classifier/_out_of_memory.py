"""Turns an out-of-memory error into one that says what needed the memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mnistcnn._training import backends
from mnistcnn._types import ImageShape
from mnistcnn.exceptions import DeviceMemoryError

if TYPE_CHECKING:
    from mnistcnn.classifier._estimator import DigitCNNClassifier


@contextmanager
def out_of_memory_explained(
    estimator: "DigitCNNClassifier",
    image_shape: ImageShape,
    batch_size: int | None = None,
) -> Iterator[None]:
    """Raise `DeviceMemoryError` in place of what the backend raises, and let others pass.

    There is no `batch_size` while the network is built.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, DeviceMemoryError) or not _is_out_of_memory(error):
            raise
        height, width, channels = image_shape
        size = "" if batch_size is None else f" with batch_size={batch_size}"
        remedy = "" if batch_size is None else "a smaller batch_size, "
        raise DeviceMemoryError(
            f"Out of memory: architecture={_name(estimator)} on images of "
            f"{height}x{width}x{channels}{size} does not fit on the device. Try {remedy}smaller "
            "images or a smaller architecture, and make sure that nothing else uses the memory."
        ) from error


def _is_out_of_memory(error: BaseException | None) -> bool:
    # Keras puts some errors that come in a layer into one of another class.
    while error is not None:
        if isinstance(error, Exception) and backends.current().ran_out_of_memory(error):
            return True
        error = error.__context__
    return False


def _name(estimator: "DigitCNNClassifier") -> str:
    architecture = estimator.architecture
    return str(getattr(architecture, "__name__", None) or repr(architecture))
