"""Input gradients, layer outputs and kernels of a trained network."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mnistcnn._training import backends
from mnistcnn._training.keras_internals import internals_available, layers_of, origin_of
from mnistcnn._training.network import Network, value_of
from mnistcnn._training.runtime import check_can_run
from mnistcnn._training.tensors import Tensor

# Images at a time: few enough that what all layers put out for them is small in memory.
BATCH_SIZE = 128

SMALLEST = float(np.finfo(np.float32).tiny)


def score_gradients(
    network: Network, pixels: NDArray[Any], targets: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Return the gradient ``(n, h, w, c)`` of one score for each row of pixels, by its pixels.

    The score is the logit of the target, or its log-odds where the network puts out probabilities:
    those of a sure network are rounded to 1, and have no gradient that could be seen.
    """
    check_can_run()
    n_classes = network.model.output_shape[-1]
    images = pixels.reshape(-1, *network.image_shape).astype(np.float32)
    backend = backends.current()
    gradients = np.empty_like(images)
    for start in range(0, len(images), BATCH_SIZE):
        part = slice(start, start + BATCH_SIZE)
        chosen = np.eye(n_classes, dtype=np.float32)[targets[part]]

        def sum_of_scores(batch: Tensor, chosen: NDArray[np.float32] = chosen) -> Tensor:
            outputs = keras.ops.cast(network.model(batch, training=False), "float32")
            wanted = outputs if network.emits_logits else _log_odds(outputs)
            return keras.ops.sum(wanted * keras.ops.convert_to_tensor(chosen))

        gradients[part] = backend.gradient(sum_of_scores, images[part])
    return gradients


def _log_odds(probabilities: Tensor) -> Tensor:
    # Summed up one by one, the others keep the digits that 1 - p loses.
    n_classes = probabilities.shape[-1]
    each_other = keras.ops.convert_to_tensor(1 - np.eye(n_classes, dtype=np.float32))
    others = keras.ops.matmul(probabilities, each_other)
    log = keras.ops.log
    return log(keras.ops.maximum(probabilities, SMALLEST)) - log(
        keras.ops.maximum(others, SMALLEST)
    )


def layer_outputs(
    network: Network, pixels: NDArray[Any], names: Sequence[str] | None = None
) -> dict[str, NDArray[np.float32]]:
    """Return the outputs of layers for rows of pixels, ``(n, ...)`` by name, in their order.

    None takes all layers. A model within the network is one layer. Unknown names are refused.
    """
    check_can_run()
    core = network.model.layers[-1]
    tensors = _tensors_of_layers(core)
    chosen = list(tensors) if names is None else list(names)
    unknown = [name for name in chosen if name not in tensors]
    if unknown:
        raise ValueError(f"layers must be names among {list(tensors)}, got {unknown}.")
    images = pixels.reshape(-1, *network.image_shape).astype(np.float32)
    # A name of its own, for Keras would count it among those that it gives.
    inner = keras.Function(core.inputs[0], [tensors[name] for name in chosen], name="inspected")
    parts = [
        [
            _as_float32(output)
            for output in inner(network.pixel_layer(images[start : start + BATCH_SIZE]))
        ]
        for start in range(0, len(images), BATCH_SIZE)
    ]
    by_layer = zip(*parts, strict=True)
    return {name: np.concatenate(arrays) for name, arrays in zip(chosen, by_layer, strict=True)}


def _as_float32(output: Tensor) -> NDArray[np.float32]:
    stopped = keras.ops.stop_gradient(keras.ops.cast(output, "float32"))
    array: NDArray[np.float32] = backends.current().as_array(stopped)
    return array


def _tensors_of_layers(core: keras.Model) -> dict[str, Tensor]:
    """Return the symbolic output of each layer that has a single one, by name."""
    found = _tensors_before(core.outputs) if internals_available() else _outputs_of_layers(core)
    return {layer.name: found[layer.name] for layer in core.layers if layer.name in found}


def _tensors_before(outputs: list[Tensor]) -> dict[str, Tensor]:
    """Return the tensors of a graph that ends in some, by the names of what they come from.

    What is called several times, or has several outputs, is left out, and what has no input.
    """
    tensors: dict[str, dict[int, Tensor]] = {}
    waiting = list(outputs)
    while waiting:
        tensor = waiting.pop()
        operation, given = origin_of(tensor)
        known = tensors.setdefault(operation.name, {})
        if given and id(tensor) not in known:
            known[id(tensor)] = tensor
            waiting.extend(given)
    return {name: next(iter(known.values())) for name, known in tensors.items() if len(known) == 1}


def _outputs_of_layers(core: keras.Model) -> dict[str, Tensor]:
    """Return the same by public names, but of models within, which name their own tensors."""
    no_layers = keras.layers.InputLayer | keras.Model
    return {layer.name: layer.output for layer in core.layers if not isinstance(layer, no_layers)}


def kernels(network: Network) -> dict[str, NDArray[np.float32]]:
    """Return the kernels of the layers that have one, by the layer's name, in their order."""
    layers = layers_of(network.model.layers[-1])
    with_kernel = [layer for layer in layers if getattr(layer, "kernel", None) is not None]
    found: dict[str, NDArray[np.float32]] = {}
    for layer in with_kernel:
        # Of layers with one name in nested models the first counts.
        found.setdefault(layer.name, value_of(layer.kernel).astype(np.float32))
    return found
