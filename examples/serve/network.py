"""Runs a network from an .onnx file, with a queue that batches requests."""

import asyncio
import json
import os

import numpy as np

# Newer versions of onnxruntime report to Microsoft unless they are told not to before they load.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime  # noqa: E402

# What the layers compute of more images no longer fits into a processor's caches.
AT_ONCE = 32

# The darkest and the brightest pixel of a training on images as they are sent here, with room for
# grey paper and pale ink.
MOST_OF_DARKEST, LEAST_OF_BRIGHTEST, MOST_OF_BRIGHTEST = 64, 128, 255


class OnnxNetwork:
    """The network of a file that `DigitCNNClassifier.export` has written."""

    def __init__(self, path, n_threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = n_threads
        options.log_severity_level = 3
        # Threads that wait for work by spinning take the processor from those that read requests.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
        (images,) = self._session.get_inputs()
        if images.type != "tensor(uint8)":
            raise ValueError(f"{path} must take uint8 pixels, got {images.type}.")
        metadata = self._session.get_modelmeta().custom_metadata_map
        check_pixels(path, metadata)
        self.image_shape = tuple(images.shape[1:])
        self.classes = json.loads(metadata["classes"])

    def probabilities(self, images):
        """Return float32 probabilities (n, n_classes) of uint8 images (n, h, w, c)."""
        parts = [images[start : start + AT_ONCE] for start in range(0, len(images), AT_ONCE)]
        answers = [self._session.run(["probabilities"], {"images": part})[0] for part in parts]
        return np.concatenate(answers)


def check_pixels(path, metadata):
    """Refuse a network whose training pixels were others than those that are sent, if known.

    Its predictions would be wrong without an error.
    """
    pixel_range = json.loads(metadata.get("pixel_range", "null"))
    if pixel_range is None:
        return
    low, high = pixel_range
    if low > MOST_OF_DARKEST or not LEAST_OF_BRIGHTEST <= high <= MOST_OF_BRIGHTEST:
        raise ValueError(
            f"{path} must be of a network trained on pixels from 0 to 255, got one trained on "
            f"pixels from {low:g} to {high:g}; train it on such pixels and export it again."
        )
    # Where the pixels were not standardized, and in files of earlier versions, there are none.
    statistics = json.loads(metadata.get("pixel_statistics", "null"))
    if statistics is not None and statistics[0] > (low + high) / 2:
        raise ValueError(
            f"{path} must be of a network trained on light ink on a dark background, got one "
            f"trained on pixels with a mean of {statistics[0]:.0f}, which is that of dark ink on a "
            "light background; train it on inverted images (255 - X) and export it again."
        )


class TooBusyError(Exception):
    """More images wait than are allowed to."""


class Batcher:
    """Answers several requests in one call: while one batch is computed, the next one gathers."""

    def __init__(self, compute, *, max_batch, max_waiting):
        self._compute = compute
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._waiting = []
        self._n_waiting = 0
        self._something_waits = asyncio.Event()

    async def answer(self, images):
        """Return what `compute` gives for the images, or raise `TooBusyError` at once."""
        if self._n_waiting + len(images) > self._max_waiting:
            raise TooBusyError
        answered = asyncio.get_running_loop().create_future()
        self._waiting.append((images, answered))
        self._n_waiting += len(images)
        self._something_waits.set()
        return await answered

    async def run(self):
        """Compute batch after batch, for ever."""
        while True:
            await self._something_waits.wait()
            batch = self._next_batch()
            try:
                images = np.concatenate([images for images, _ in batch])
                answers = await asyncio.to_thread(self._compute, images)
            except Exception as error:
                for _, answered in batch:
                    if not answered.done():
                        answered.set_exception(error)
            else:
                self._hand_out(answers, batch)

    def _next_batch(self):
        batch, n_images = [], 0
        while self._waiting and (
            not batch or n_images + len(self._waiting[0][0]) <= self._max_batch
        ):
            batch.append(self._waiting.pop(0))
            n_images += len(batch[-1][0])
        self._n_waiting -= n_images
        if not self._waiting:
            self._something_waits.clear()
        return batch

    @staticmethod
    def _hand_out(answers, batch):
        start = 0
        for images, answered in batch:
            # Whoever has gone meanwhile wants no answer.
            if not answered.done():
                answered.set_result(answers[start : start + len(images)])
            start += len(images)
