"""The export formats by file suffix, and the conversion to each of them."""

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnistcnn._training import backends
from mnistcnn._training.conversion.graph import ProbabilitiesGraph
from mnistcnn._training.conversion.litert import run_litert, to_litert
from mnistcnn._training.conversion.onnx import run_onnx, to_onnx
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.network import Network
from mnistcnn._training.runtime import check_can_run

# A wrong conversion is far off; two runtimes differ in the last bits of float32.
MAX_DIFFERENCE = 1e-4
# In int8 predictions may differ for a few images; if the calibration has failed, for most.
MIN_AGREEMENT = 0.95


class FileFormat(NamedTuple):
    """A file format: its name, its requirements, and the functions that write and run it."""

    name: str
    extra: str
    packages: tuple[str, ...]
    convert: Callable[[ProbabilitiesGraph, Mapping[str, str], NDArray[Any] | None], bytes]
    run: Callable[[bytes, NDArray[Any]], NDArray[np.float32]]

    def check_available(self) -> None:
        """Refuse backends without a converter, and say which packages to install.

        Raises
        ------
        RuntimeError
            If Keras does not run on TensorFlow.
        ImportError
            If a package is missing.
        """
        if not backends.current().can_export:
            raise RuntimeError(
                f"export needs Keras on TensorFlow, got {backends.name()}. Save the classifier, "
                "and export it in a process with KERAS_BACKEND=tensorflow."
            )
        missing = [package for package in self.packages if find_spec(package) is None]
        if missing:
            raise ImportError(
                f"{self.name} files need {' and '.join(missing)}, which is not installed: "
                f'pip install "mnistcnn[{self.extra}]"'
            )


FORMATS = {
    ".onnx": FileFormat("ONNX", "onnx", ("onnx", "onnxruntime", "tf2onnx"), to_onnx, run_onnx),
    ".tflite": FileFormat("LiteRT", "litert", ("ai_edge_litert",), to_litert, run_litert),
}


def convert(
    networks: Sequence[Network],
    file_format: FileFormat,
    *,
    pixel_dtype: str,
    pixel_range: tuple[float, float],
    metadata: Mapping[str, str],
    calibration: NDArray[Any] | None,
) -> bytes:
    """Return the content of a file that gives the mean of the networks' probabilities.

    Parameters
    ----------
    networks : sequence of Network
        Of one shape of images and one number of classes.
    file_format : FileFormat
        One of `FORMATS`.
    pixel_dtype : {"uint8", "float32"}
        What the images come in.
    pixel_range : tuple of 2 float
        Where the pixels lie of the random images by which the file is tried.
    metadata : mapping of str to str
        The metadata to store in the file.
    calibration : ndarray of shape (n, h, w, c) or None
        Images of that dtype by which the file is brought to int8; None leaves it in float32.

    Raises
    ------
    ValueError
        If the networks do what the format cannot hold, or the file predicts otherwise.
    """
    check_can_run()
    # An exception in the middle of tracing would leave TensorFlow in it.
    with signals_held():
        graph = ProbabilitiesGraph(networks, pixel_dtype)
        content = _content(graph, file_format, metadata, calibration)
        if calibration is None:
            _check_equal(graph, file_format, content, pixel_range)
        else:
            _check_alike(graph, file_format, content, calibration)
    return content


def _content(
    graph: ProbabilitiesGraph,
    file_format: FileFormat,
    metadata: Mapping[str, str],
    calibration: NDArray[Any] | None,
) -> bytes:
    try:
        return file_format.convert(graph, metadata, calibration)
    except MemoryError:
        raise
    except Exception as error:  # converters raise whatever they meet
        raise ValueError(
            f"the network cannot be exported to {file_format.name}, which supports neither custom "
            "Python functions nor TensorFlow-only operations; build it from Keras layers and "
            f"keras.ops. The converter says: {_first_line(error)}"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _check_equal(
    graph: ProbabilitiesGraph,
    file_format: FileFormat,
    content: bytes,
    pixel_range: tuple[float, float],
) -> None:
    probes = graph.probes(pixel_range)
    answers = _answers(file_format, content, probes)
    difference = np.abs(answers - graph.predict(probes)).max()
    if not difference <= MAX_DIFFERENCE:
        raise ValueError(
            f"the network cannot be exported to {file_format.name}: probabilities of the file "
            f"differ from those of the network by up to {difference:.2g}."
        )


def _check_alike(
    graph: ProbabilitiesGraph, file_format: FileFormat, content: bytes, calibration: NDArray[Any]
) -> None:
    places, expected = (
        answers.argmax(axis=1)
        for answers in (_answers(file_format, content, calibration), graph.predict(calibration))
    )
    agreement = (places == expected).mean()
    if agreement < MIN_AGREEMENT:
        raise ValueError(
            f"the network cannot be exported to {file_format.name} in int8: for "
            f"{100 * (1 - agreement):.3g} % of calibration_images it predicts another label. "
            "Calibrate with more images, like those to be predicted, or use no quantization."
        )


def _answers(file_format: FileFormat, content: bytes, images: NDArray[Any]) -> NDArray[np.float32]:
    try:
        return file_format.run(content, images)
    except Exception as error:  # the runtime's own
        raise ValueError(
            f"the network cannot be exported to {file_format.name}: the runtime cannot run the "
            f"converted network. It says: {_first_line(error)}"
        ) from error
