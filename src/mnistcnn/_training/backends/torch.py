"""PyTorch: Keras's `fit`, step by step."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import torch
from numpy.typing import NDArray

from mnistcnn._training.backends.base import Backend, Bfloat16Support, bfloat16_of_gpu
from mnistcnn._training.tensors import Tensor

# What PyTorch's own allocator for the CPU says, in an error of no class of its own.
CPU_IS_FULL = "can't allocate memory"


class ClearedGradients(keras.callbacks.Callback):  # type: ignore[misc]
    """Clears the gradients of all weights before each update.

    Keras tells PyTorch of its weights by their paths. Where two layers of one name lie in nested
    models, PyTorch knows the weights of one only, and the gradients of the other would add up from
    update to update.
    """

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Clear them."""
        for variable in self.model.trainable_variables:
            variable.value.grad = None


class TorchBackend(Backend):
    """Draws dropout from a global generator."""

    def step_callbacks(self) -> list[keras.callbacks.Callback]:
        """Return the callback that clears the gradients."""
        return [ClearedGradients()]

    def gradient(self, function: Callable[[Tensor], Tensor], images: NDArray[Any]) -> NDArray[Any]:
        """Return the gradient of a function from a batch of images to one number, by the pixels."""
        pixels = keras.ops.convert_to_tensor(images).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(function(pixels), pixels)
        return self.as_array(gradient)

    @contextmanager
    def generator_kept(self) -> Iterator[None]:
        """Put the global generator back, from which Keras draws for dropout and to trace shapes."""
        with torch.random.fork_rng():
            yield

    def seed_epoch(self, seed: Sequence[int]) -> None:
        """Seed the global generator."""
        torch.manual_seed(int(np.random.SeedSequence(list(seed)).generate_state(1)[0]))

    def bfloat16_support(self) -> Bfloat16Support:
        """Tell whether there is a GPU with tensor cores for it."""
        if not torch.cuda.is_available():
            return super().bfloat16_support()
        return bfloat16_of_gpu(torch.cuda.get_device_capability())

    def accelerators(self) -> list[str]:
        """Return the names of the GPUs."""
        return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]

    def ran_out_of_memory(self, error: Exception) -> bool:
        """Tell whether PyTorch says so, of a GPU or of the CPU."""
        is_full = isinstance(error, torch.cuda.OutOfMemoryError) or CPU_IS_FULL in str(error)
        return is_full or super().ran_out_of_memory(error)


BACKEND = TorchBackend()
