"""Export to ONNX with tf2onnx, which Keras's own export uses, too."""

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from mnistcnn._onnxruntime import load_onnxruntime
from mnistcnn._training.conversion.graph import IMAGES, PROBABILITIES, ProbabilitiesGraph
from mnistcnn._training.conversion.quantization import in_int8
from mnistcnn._training.conversion.silence import loggers_silenced
from mnistcnn._training.network import value_of
from mnistcnn._training.tensors import Tensor

if TYPE_CHECKING:
    import onnx

# Every onnxruntime since 1.14 computes this set of operations.
OPSET = 18

N_IMAGES = "n"

# tf2onnx takes sixty times the memory of the weights that it converts, so larger ones are put into
# its graph afterwards: of a network of 43 million it took 11 GB, and minutes.
MANY_WEIGHTS = 1_000_000
WEIGHT = "weight_"


def to_onnx(
    graph: ProbabilitiesGraph, metadata: Mapping[str, str], calibration: NDArray[Any] | None
) -> bytes:
    """Return a graph as the content of an ``.onnx`` file, in int8 if images calibrate it."""
    import onnx

    large = [each for each in graph.variables if prod(each.shape) > MANY_WEIGHTS]
    model = _converted(graph, large)
    _fill_in(model, large)
    if calibration is not None:
        model = in_int8(model, IMAGES, calibration)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = N_IMAGES
    onnx.helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def _converted(graph: ProbabilitiesGraph, large: list[keras.Variable]) -> Any:
    """Return the graph as an ONNX model that takes large weights as further inputs."""
    import tensorflow as tf
    import tf2onnx

    weights = [
        tf.TensorSpec(variable.shape, variable.dtype, name=f"{WEIGHT}{place}")
        for place, variable in enumerate(large)
    ]
    signature = [*graph.signature, *weights]

    @tf.function(input_signature=signature, autograph=False)  # type: ignore[untyped-decorator]
    def with_weights_given(images: Tensor, *given: Tensor) -> Any:
        with keras.StatelessScope(state_mapping=zip(large, given, strict=True)):
            return graph.mean_probabilities(images)

    with loggers_silenced("tf2onnx"):
        model, _ = tf2onnx.convert.from_function(
            with_weights_given, input_signature=signature, opset=OPSET
        )
    return model


def _fill_in(model: "onnx.ModelProto", large: list[keras.Variable]) -> None:
    """Make constants of the weights that a model takes as inputs."""
    import onnx

    inputs = {each.name: each for each in model.graph.input}
    for place, variable in enumerate(large):
        name = f"{WEIGHT}{place}"
        model.graph.input.remove(inputs[name])
        model.graph.initializer.append(onnx.numpy_helper.from_array(value_of(variable), name))


def run_onnx(content: bytes, images: NDArray[Any]) -> NDArray[np.float32]:
    """Return the probabilities that onnxruntime computes."""
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    (probabilities,) = session.run([PROBABILITIES], {IMAGES: images})
    return np.asarray(probabilities)
