"""Runs a network from an .onnx file, with a queue that batches requests."""

import asyncio
import json
import os
from typing import NamedTuple

import numpy as np

# Newer versions of onnxruntime report to Microsoft unless they are told not to before they load.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime  # noqa: E402

# What the layers compute of more images no longer fits into a processor's caches.
AT_ONCE = 32

# The darkest and the brightest pixel of a training on images as they are sent here, with room for
# gray paper and pale ink.
MOST_OF_DARKEST, LEAST_OF_BRIGHTEST, MOST_OF_BRIGHTEST = 64, 128, 255

# The brightest pixel of images in 0 and 1, and in 16 levels; what else is dim may be noise.
BRIGHTEST_OF_OTHER_UNITS = (1, 12, 13, 14, 15, 16)
# Of images that show anything, at least this fraction of the pixels is ink.
LEAST_OF_INK = 0.005
# A pixel that is so many deviations above the mean of the training was no background there, and
# this fraction of an inverted image's edge is such.
DEVIATIONS_TO_INK, LEAST_OF_INVERTED_EDGE = 1.2, 0.6
# A blank image has a smaller range, as a fraction of the training's.
LEAST_CONTRAST = 0.05


class UnlikeImagesError(ValueError):
    """Images are in another unit than those of the training, or inverted."""


class TrainingPixels(NamedTuple):
    """What a file tells of the pixels of the training; None where it does not."""

    range: tuple[float, float] | None
    mean_and_deviation: tuple[float, float] | None

    @classmethod
    def told_by(cls, metadata):
        """Return what the metadata of a file tell."""
        # Where the pixels were not standardized, and in files of earlier versions, is no mean.
        names = ("pixel_range", "pixel_statistics")
        return cls(*(json.loads(metadata.get(name, "null")) for name in names))

    def check(self, images):
        """Refuse images (n, h, w, c) of another unit, and inverted ones; blank ones are neither.

        The answers would be wrong without a word.
        """
        if self.range is None:
            return
        self._check_unit(images)
        if self.mean_and_deviation is not None and self._are_inverted(images):
            raise UnlikeImagesError(
                "the images show dark ink on a light background, but the network was trained on "
                f"light ink on a dark one; send {MOST_OF_BRIGHTEST} - X"
            )

    def _check_unit(self, images):
        highest = int(images.max())
        if highest not in BRIGHTEST_OF_OTHER_UNITS:
            return
        rows = images.reshape(len(images), -1)
        shown = rows[np.ptp(rows, axis=1) > 0]
        if len(shown) and (shown >= highest / 2).mean() >= LEAST_OF_INK:
            factor = "255" if highest == 1 else f"255 / {15 if highest < 16 else 16}"
            raise UnlikeImagesError(
                f"the pixels range from {int(images.min())} to {highest}, but the network was "
                f"trained on pixels from {self.range[0]:g} to {self.range[1]:g}; multiply them by "
                f"{factor}"
            )

    def _are_inverted(self, images):
        """Tell whether at least half of the images are, blank ones aside."""
        (low, high), (mean, deviation) = self.range, self.mean_and_deviation
        least = mean + DEVIATIONS_TO_INK * deviation
        # Nearly all images are answered here, by four corners.
        if images[:, :: images.shape[1] - 1, :: images.shape[2] - 1].max() <= least:
            return False
        edges, rows = edges_of(images), images.reshape(len(images), -1)
        means = rows.mean(axis=1)
        is_exchanged = (means > (low + high) / 2) & (edges.mean(axis=1) > means)
        is_exchanged &= (edges > least).mean(axis=1) >= LEAST_OF_INVERTED_EDGE
        is_shown = np.ptp(rows, axis=1) >= LEAST_CONTRAST * (high - low)
        return (is_exchanged & is_shown).sum() * 2 >= max(is_shown.sum(), 1)


def edges_of(images):
    """Return the outermost pixels of each image, one image a row."""
    sides = (images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1])
    return np.concatenate([side.reshape(len(images), -1) for side in sides], axis=1)


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
        self._training_pixels = TrainingPixels.told_by(metadata)
        check_pixels(path, self._training_pixels)
        self.image_shape = tuple(images.shape[1:])
        self.classes = json.loads(metadata["classes"])

    def check(self, images):
        """Refuse uint8 images (n, h, w, c) that are certainly not such as the network knows."""
        self._training_pixels.check(images)

    def probabilities(self, images):
        """Return float32 probabilities (n, n_classes) of uint8 images (n, h, w, c)."""
        parts = [images[start : start + AT_ONCE] for start in range(0, len(images), AT_ONCE)]
        answers = [self._session.run(["probabilities"], {"images": part})[0] for part in parts]
        return np.concatenate(answers)


def check_pixels(path, known):
    """Refuse a network whose training pixels were others than those that are sent, if known.

    Its predictions would be wrong without an error.
    """
    if known.range is None:
        return
    low, high = known.range
    if low > MOST_OF_DARKEST or not LEAST_OF_BRIGHTEST <= high <= MOST_OF_BRIGHTEST:
        raise ValueError(
            f"{path} must be of a network trained on pixels from 0 to 255, got one trained on "
            f"pixels from {low:g} to {high:g}; train it on such pixels and export it again."
        )
    if known.mean_and_deviation is not None and known.mean_and_deviation[0] > (low + high) / 2:
        raise ValueError(
            f"{path} must be of a network trained on light ink on a dark background, got one "
            f"trained on pixels with a mean of {known.mean_and_deviation[0]:.0f}, which is that of "
            "dark ink on a light background; train it on inverted images (255 - X) and export it "
            "again."
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
