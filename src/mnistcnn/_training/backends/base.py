"""The operations that training needs from the backend of Keras, with defaults."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import keras
from numpy.typing import NDArray

from mnistcnn._training.tensors import Tensor
from mnistcnn._types import ImageShape

if TYPE_CHECKING:
    from mnistcnn._training.data import TrainingData
    from mnistcnn._training.epoch_order import EpochPlan, Transform

# From this compute capability on (Ampere), NVIDIA's tensor cores take bfloat16.
BFLOAT16_CAPABILITY = (8, 0)


class Bfloat16Support(NamedTuple):
    """Whether a device multiplies bfloat16 directly, and the evidence for it."""

    is_fast: bool
    reason: str


def bfloat16_of_gpu(capability: tuple[int, ...]) -> Bfloat16Support:
    """Return whether a GPU multiplies bfloat16, by NVIDIA's compute capability."""
    is_fast = capability >= BFLOAT16_CAPABILITY
    has, needed = (".".join(map(str, one)) for one in (capability, BFLOAT16_CAPABILITY))
    does = "multiplies" if is_fast else "does not multiply"
    return Bfloat16Support(
        is_fast,
        f"the GPU {does} bfloat16 directly: its compute capability is {has}, {needed} is needed",
    )


class EpochPrograms(Protocol):
    """The compiled epochs of one network: each a single call, in which Keras's own step runs."""

    def on_device(self, data: "TrainingData") -> list[Any]:
        """Return pixels, targets and weights where the programs read them."""

    def train(
        self,
        arrays: list[Any],
        plan: "EpochPlan",
        batch_size: int,
        transform: "Transform | None",
    ) -> None:
        """Update the network once for each batch of an epoch."""

    def test(self, arrays: list[Any], plan: "EpochPlan", batch_size: int) -> None:
        """Update the network's metrics only."""


class Backend:
    """Keras's `fit` step by step, its own optimizers, and no state or settings to look after."""

    # Threads of some wait for ever in a process that was forked after they had started.
    starts_threads = False

    # Whether there are kernels of TensorFlow's for a whole layer.
    has_fused_layers = False

    # Whether a step of Keras's `fit` can be replaced by an epoch while `fit` runs.
    has_replaceable_steps = False

    # Whether networks can be written in other formats, such as ONNX.
    can_export = False

    def is_tracing(self) -> bool:
        """Tell whether operations now become part of a graph, in place of being computed."""
        return False

    def epoch_programs(
        self,
        model: keras.Model,  # noqa: ARG002
        image_shape: ImageShape,  # noqa: ARG002
    ) -> EpochPrograms | None:
        """Return whole epochs as programs; None where Keras's `fit` runs step by step."""
        return None

    def step_callbacks(self) -> list[keras.callbacks.Callback]:
        """Return the callbacks that Keras's `fit` needs between its steps."""
        return []

    def scoring_function(
        self,
        model: keras.Model,
        image_shape: ImageShape,  # noqa: ARG002
    ) -> Callable[[NDArray[Any]], NDArray[Any]]:
        """Return a function from a batch of images to their scores."""
        return lambda images: self.as_array(keras.ops.stop_gradient(model(images, training=False)))

    def gradient(self, function: Callable[[Tensor], Tensor], images: NDArray[Any]) -> NDArray[Any]:
        """Return the gradient of a function from a batch of images to one number, by the pixels."""
        raise NotImplementedError

    def generator_kept(self) -> AbstractContextManager[Any]:
        """Restore the global generator that building and training draw from, if there is one."""
        return nullcontext()

    def seed_epoch(self, seed: Sequence[int]) -> None:
        """Seed the global generator that an epoch draws from, if there is one."""

    def prepare(self) -> None:
        """Take this process's share of the cores, and a GPU's memory as it is needed."""

    def has_started(self) -> bool:
        """Tell whether its threads were started, perhaps by others than this library."""
        return False

    def bfloat16_support(self) -> Bfloat16Support:
        """Tell whether the device multiplies bfloat16 directly."""
        return Bfloat16Support(False, "on a CPU, bfloat16 is used with TensorFlow only")

    def accelerators(self) -> list[str]:
        """Return the names of the GPUs and the like."""
        return []

    def ran_out_of_memory(self, error: Exception) -> bool:
        """Tell whether an error says that a device has too little memory."""
        return isinstance(error, MemoryError)

    def settings_of_programs(self) -> tuple[Any, ...]:
        """Return the caller's settings that go into a program when it is traced."""
        return ()

    def give_memory_back(self) -> None:
        """Release what was compiled for networks that are gone."""

    def adam_classes(self) -> dict[str, type[keras.optimizers.Optimizer]]:
        """Return the classes of the optimizers ``"adam"`` and ``"adamw"``."""
        return {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}

    def adapt_optimizer(self, optimizer: keras.optimizers.Optimizer) -> None:
        """Change what the backend would do needlessly in each step."""

    def compiled_transform(self, transform: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of tensors as one loop over the pixels, where that is quicker."""
        return transform

    def as_array(self, tensor: Tensor) -> NDArray[Any]:
        """Return a copy of a tensor as an array."""
        array: NDArray[Any] = keras.ops.convert_to_numpy(tensor)
        return array
