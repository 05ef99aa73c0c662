"""TensorFlow: a whole epoch as one program, in which Keras's own step runs over data in memory.

A `tf.data` pipeline under Keras's `fit` was measured beside it: the steps take as long, but
building the pipeline costs 20 ms a fit and each epoch another 6 ms, which is much of a short fit.
"""

import contextlib
import multiprocessing
import os
from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.python.eager import context
from tensorflow.python.framework.config import is_op_determinism_enabled

from mnistcnn._cpu import bfloat16_instructions
from mnistcnn._keras_start import find_devices, is_onednn_on
from mnistcnn._training.backends.base import (
    Backend,
    Bfloat16Support,
    bfloat16_of_gpu,
)
from mnistcnn._training.data import TrainingData
from mnistcnn._training.epoch_order import EpochPlan, Transform, effective_batch_size
from mnistcnn._training.fused_adam import FusedAdam, FusedAdamW
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.keras_internals import sum_over_one_replica
from mnistcnn._training.tensors import Tensor
from mnistcnn._types import ImageShape

# What joblib, dask and ray set in each worker to its share of the cores.
CORES_OF_WORKER = "OMP_NUM_THREADS"
CALLERS_CHOICE = "TF_NUM_INTRAOP_THREADS"

Step = Callable[[tuple[Any, ...]], Any]


class TensorFlowBackend(Backend):
    """Compiles whole epochs and scores; its threads do not survive a fork."""

    starts_threads = True
    has_fused_layers = True
    has_replaceable_steps = True
    can_export = True

    def is_tracing(self) -> bool:
        """Tell whether operations now become part of a graph."""
        return not tf.executing_eagerly()

    def epoch_programs(
        self, model: keras.Model, image_shape: ImageShape
    ) -> "TensorFlowEpochPrograms":
        """Return whole epochs as programs."""
        return TensorFlowEpochPrograms(model, image_shape)

    def scoring_function(self, model: keras.Model, image_shape: ImageShape) -> "TensorFlowScores":
        """Return a function from a batch of images to their scores."""
        return TensorFlowScores(model, image_shape)

    def gradient(self, function: Callable[[Tensor], Tensor], images: NDArray[Any]) -> NDArray[Any]:
        """Return the gradient of a function from a batch of images to one number, by the pixels."""
        pixels = tf.convert_to_tensor(images)
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            value = function(pixels)
        return self.as_array(tape.gradient(value, pixels))

    def prepare(self) -> None:
        """Take this process's share of the cores, and a GPU's memory as it is needed."""
        find_devices()
        # TensorFlow refuses to be set up once it runs; then somebody else has set it up.
        with contextlib.suppress(RuntimeError):
            _limit_threads()
        with contextlib.suppress(RuntimeError):
            _let_gpu_memory_grow()

    def has_started(self) -> bool:
        """Tell whether its threads were started, perhaps by others than this library."""
        return getattr(context.context_safe(), "_context_handle", None) is not None

    def bfloat16_support(self) -> Bfloat16Support:
        """Tell whether the GPU, or else the CPU, multiplies bfloat16 directly."""
        find_devices()
        gpus = tf.config.list_physical_devices("GPU")
        if not gpus:
            return _bfloat16_of_cpu(bfloat16_instructions())
        details = tf.config.experimental.get_device_details(gpus[0])
        return bfloat16_of_gpu(tuple(details.get("compute_capability", (0, 0))))

    def accelerators(self) -> list[str]:
        """Return the names of the GPUs."""
        find_devices()
        details = tf.config.experimental.get_device_details
        devices = tf.config.list_physical_devices("GPU")
        return [str(details(device).get("device_name", device.name)) for device in devices]

    def ran_out_of_memory(self, error: Exception) -> bool:
        """Tell whether TensorFlow says so, of a GPU or of the CPU."""
        is_exhausted = isinstance(error, tf.errors.ResourceExhaustedError)
        return is_exhausted or super().ran_out_of_memory(error)

    def settings_of_programs(self) -> tuple[Any, ...]:
        """Return whether operations are deterministic."""
        return (is_op_determinism_enabled(),)

    def give_memory_back(self) -> None:
        """Release the executables of functions whose graphs are gone."""
        context.context().clear_kernel_cache()

    def adam_classes(self) -> dict[str, type[keras.optimizers.Optimizer]]:
        """Return those whose update is one kernel."""
        return {"adam": FusedAdam, "adamw": FusedAdamW}

    def adapt_optimizer(self, optimizer: keras.optimizers.Optimizer) -> None:
        """Leave out the sum over replicas, of which there is one."""
        sum_over_one_replica(optimizer)

    def compiled_transform(self, transform: Callable[..., Any]) -> Callable[..., Any]:
        """Have XLA make one loop over the pixels of many operations, if it can.

        On a GPU the operations run beside the steps, and XLA asks for parts of CUDA that
        TensorFlow does without.
        """
        if not tf.test.is_built_with_xla() or tf.config.list_logical_devices("GPU"):
            return transform
        return _compiled_by_xla(transform)

    def as_array(self, tensor: Tensor) -> NDArray[Any]:
        """Return a copy of a tensor as an array."""
        # NumPy 2 warns of the way in which Keras makes arrays of TensorFlow's tensors.
        copied: NDArray[Any] = tensor.numpy()
        return copied


def _bfloat16_of_cpu(instructions: list[str]) -> Bfloat16Support:
    if instructions and not is_onednn_on():
        return Bfloat16Support(False, "oneDNN, which multiplies bfloat16 directly, is turned off")
    if instructions:
        names = ", ".join(instructions)
        return Bfloat16Support(True, f"the CPU multiplies bfloat16 directly ({names})")
    return Bfloat16Support(False, "the CPU is not known to multiply bfloat16 directly")


def _limit_threads() -> None:
    share = os.environ.get(CORES_OF_WORKER, "")
    is_worker = multiprocessing.parent_process() is not None
    if CALLERS_CHOICE in os.environ or not (is_worker and share.isdigit()):
        return
    tf.config.threading.set_intra_op_parallelism_threads(int(share))
    tf.config.threading.set_inter_op_parallelism_threads(int(share))


def _let_gpu_memory_grow() -> None:
    if "TF_FORCE_GPU_ALLOW_GROWTH" in os.environ:
        return
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def _compiled_by_xla(transform: Callable[..., Any]) -> Callable[..., Any]:
    @cache
    def traced(*shapes: tuple[int, ...]) -> Callable[..., Any]:
        # Any number of rows; a concrete function never warns of being traced again.
        signature = [tf.TensorSpec([None, *shape], tf.float32) for shape in shapes]
        with tf.init_scope():
            function = tf.function(transform, jit_compile=True, autograph=False)
            concrete: Callable[..., Any] = function.get_concrete_function(*signature)
        return concrete

    def call(*arrays: Tensor) -> Any:
        tensors = [tf.convert_to_tensor(array) for array in arrays]
        return traced(*(tuple(tensor.shape[1:]) for tensor in tensors))(*tensors)

    return call


class TensorFlowEpochPrograms:
    """The traced epochs of one network, which is compiled and has its metrics built."""

    def __init__(self, model: keras.Model, image_shape: ImageShape) -> None:
        self._model = model
        self._image_shape = image_shape
        self._traced: dict[Any, Callable[..., Any]] = {}

    def on_device(self, data: TrainingData) -> list[Any]:
        """Return pixels, targets and weights as tensors."""
        return [tf.convert_to_tensor(array) for array in data.arrays()]

    def train(
        self, arrays: list[Any], plan: EpochPlan, batch_size: int, transform: Transform | None
    ) -> None:
        """Update the network once for each batch of an epoch."""
        self._run(self._model.train_step, arrays, plan, batch_size, transform)

    def test(self, arrays: list[Any], plan: EpochPlan, batch_size: int) -> None:
        """Update the network's metrics only."""
        self._run(self._model.test_step, arrays, plan, batch_size, None)

    def _run(
        self,
        step: Step,
        arrays: list[Any],
        plan: EpochPlan,
        batch_size: int,
        transform: Transform | None,
    ) -> None:
        planned = [tf.convert_to_tensor(array) for array in plan.arrays()]
        key = (step.__name__, transform, *map(_kind, arrays), *map(_kind, planned))
        if key not in self._traced:
            self._traced[key] = self._trace(step, transform, arrays, planned)
        self._traced[key](
            arrays, planned, tf.constant(effective_batch_size(batch_size, len(plan.order)))
        )

    def _trace(
        self, step: Step, transform: Transform | None, arrays: list[Any], planned: list[Any]
    ) -> Callable[..., Any]:
        compiled_step = tf.function(step, jit_compile=True) if self._model.jit_compile else step

        def batch(
            arrays: list[Any], planned: list[Any], start: Tensor, batch_size: Tensor
        ) -> tuple[Any, ...]:
            indices, *changes = (array[start : start + batch_size] for array in planned)
            pixels, *others = (tf.gather(array, indices) for array in arrays)
            images = tf.reshape(pixels, (-1, *self._image_shape))
            return _changed(transform, batch_size, images, *changes), *others

        def epoch(arrays: list[Any], planned: list[Any], batch_size: Tensor) -> None:
            n_rows = tf.shape(planned[0])[0]

            def one_step(start: Tensor, *present: Tensor) -> tuple[Any, ...]:
                end = start + batch_size
                # Nothing here waits for the step, so that cores which it leaves idle prepare the
                # next batch; after the last one it holds no rows.
                following = batch(arrays, planned, end, batch_size)
                compiled_step(present)
                return end, *following

            tf.while_loop(
                lambda start, *_: start < n_rows,
                one_step,
                [tf.constant(0), *batch(arrays, planned, 0, batch_size)],
                parallel_iterations=1,
            )

        # Any number of rows; a concrete function never warns of being traced again elsewhere.
        signature = [_any_length(arrays), _any_length(planned), tf.TensorSpec((), tf.int32)]
        traced: Callable[..., Any] = tf.function(epoch, autograph=False).get_concrete_function(
            *signature
        )
        return traced


def _changed(
    transform: Transform | None, batch_size: Tensor, images: Tensor, *changes: Tensor
) -> Any:
    """Change a batch padded to its full size, since XLA recompiles for each number of rows."""
    if transform is None:
        return images
    n_images = tf.shape(images)[0]
    missing = batch_size - n_images
    full = (
        tf.pad(array, [[0, missing]] + [[0, 0]] * (array.shape.rank - 1))
        for array in (images, *changes)
    )
    return transform(*full)[:n_images]


def _kind(tensor: Tensor) -> tuple[Any, ...]:
    return tensor.dtype, tuple(tensor.shape[1:])


def _any_length(tensors: list[Any]) -> list[Any]:
    return [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in tensors]


class TensorFlowScores:
    """The network as one traced function for each dtype of pixels.

    The traces are kept here and called directly: TensorFlow warns of `tf.function` objects that are
    made and traced again and again, as in a search over many networks.
    """

    def __init__(self, model: keras.Model, image_shape: ImageShape) -> None:
        self._model = model
        self._image_shape = image_shape
        self._traced: dict[np.dtype[Any], Callable[[Any], Any]] = {}

    def __call__(self, images: NDArray[Any]) -> Any:
        """Return the scores of a batch."""
        if images.dtype not in self._traced:
            self._traced[images.dtype] = self._trace(images.dtype)
        return self._traced[images.dtype](tf.convert_to_tensor(images)).numpy()

    @signals_held()
    def _trace(self, dtype: np.dtype[Any]) -> Callable[[Any], Any]:
        model = self._model

        def scores(images: Tensor) -> Any:
            return model(tf.cast(images, tf.float32), training=False)

        any_number = tf.TensorSpec([None, *self._image_shape], dtype)
        traced: Callable[[Any], Any] = tf.function(scores, autograph=False).get_concrete_function(
            any_number
        )
        return traced


BACKEND = TensorFlowBackend()
