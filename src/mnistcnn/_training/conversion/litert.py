"""Export to LiteRT, formerly TensorFlow Lite, with TensorFlow's own converter."""

import json
import tempfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn._training.conversion.graph import IMAGES, PROBABILITIES, ProbabilitiesGraph
from mnistcnn._training.conversion.silence import loggers_silenced

# The entry of the file's metadata that holds ours, and by what readers know the format.
METADATA_NAME = "mnistcnn"
FILE_IDENTIFIER = b"TFL3"


def to_litert(
    graph: ProbabilitiesGraph, metadata: Mapping[str, str], calibration: NDArray[Any] | None
) -> bytes:
    """Return a graph as the content of a ``.tflite`` file, in int8 if images calibrate it."""
    import tensorflow as tf

    module = tf.Module()
    # The whole networks would be stored with all functions of their layers.
    module.kept_variables = [variable.value for variable in graph.variables]
    with tempfile.TemporaryDirectory() as folder, loggers_silenced("tensorflow", "absl"):
        tf.saved_model.save(module, folder, signatures=graph.function)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if calibration is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: (
                [image[np.newaxis]] for image in calibration
            )
        content: bytes = converter.convert()
    return _with_metadata(content, metadata)


def _with_metadata(content: bytes, metadata: Mapping[str, str]) -> bytes:
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content))
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(json.dumps(dict(metadata)).encode(), np.uint8)
    entry.name, entry.buffer = METADATA_NAME, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=FILE_IDENTIFIER)
    return bytes(builder.Output())


def run_litert(content: bytes, images: NDArray[Any]) -> NDArray[np.float32]:
    """Return the probabilities that LiteRT computes."""
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_content=content).get_signature_runner()
    return np.array(runner(**{IMAGES: images})[PROBABILITIES])
