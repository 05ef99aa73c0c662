"""Applies random transforms to a batch of images, with the operations of the backend."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from mnistcnn._training import backends
from mnistcnn._training.tensors import Tensor
from mnistcnn.augmentation import GRID, Augmentation

# Two passes reach a standard deviation of one pixel before the weights are no longer a hill.
BLUR_PASSES = 2


def transform_for(augmentation: Augmentation | None) -> Callable[..., Any] | None:
    """Return a function that applies the drawn columns of an augmentation to a batch of images.

    It takes images as a tensor of shape (n, h, w, c), uint8 or float32, and the columns of
    `RandomTransforms`, and returns images of the same shape in float32, as rounding
    would tell dtypes apart. Beyond the edge the edge is repeated, so that images need not have a
    background of 0. Augmentations that draw the same columns share one function, and so one
    compiled program.
    """
    if augmentation is None:
        return None
    strengths = {
        "displacements": augmentation.elastic,
        "strokes": augmentation.stroke,
        "blurs": augmentation.blur,
    }
    return _transform_taking(tuple(name for name, strength in strengths.items() if strength))


@cache
def _transform_taking(names: tuple[str, ...]) -> Callable[..., Any]:
    # Apart, since XLA would recompute a pixel of one change wherever the next one reads it.
    with_strokes, moved, blurred = map(_compiled, (_with_strokes, _moved, _blurred))

    def transform(pixels: Tensor, transforms: Tensor, *others: Tensor) -> Any:
        columns = dict(zip(names, others, strict=True))
        changed = ops.cast(pixels, "float32")
        if "strokes" in columns:
            changed = with_strokes(changed, columns.pop("strokes"))
        blurs = columns.pop("blurs", None)
        changed = moved(changed, transforms, *columns.values())
        return changed if blurs is None else blurred(changed, blurs)

    return transform


@cache
def _compiled(change: Callable[..., Any]) -> Callable[..., Any]:
    return backends.current().compiled_transform(change)


def _with_strokes(pixels: Tensor, strokes: Tensor) -> Any:
    thick = _grown(pixels)
    thin = -_grown(-pixels)
    amount = ops.reshape(strokes, (-1, 1, 1, 1))
    grown = ops.maximum(amount, 0) * (thick - pixels)
    shrunk = ops.maximum(-amount, 0) * (thin - pixels)
    return pixels + grown + shrunk


def _grown(pixels: Tensor) -> Any:
    """Return the largest of the 3x3 pixels around each."""
    for axis in (1, 2):
        before, after = _neighbors(pixels, axis)
        pixels = ops.maximum(ops.maximum(before, pixels), after)
    return pixels


def _neighbors(pixels: Tensor, axis: int) -> tuple[Any, Any]:
    """Return the pixels before and after each along an axis; the edge is repeated."""
    widths = [(0, 0)] * 4
    widths[axis] = (1, 1)
    padded = ops.pad(pixels, widths, mode="symmetric")
    before, _ = ops.split(padded, [pixels.shape[axis]], axis=axis)
    _, after = ops.split(padded, [2], axis=axis)
    return before, after


def _moved(pixels: Tensor, transforms: Tensor, displacements: Tensor = None) -> Any:
    y, x = _positions(pixels, transforms)
    if displacements is not None:
        moved = _between_grid_points(displacements, *pixels.shape[1:3])
        y, x = y + moved[:, 0], x + moved[:, 1]
    return _sampled(pixels, y, x)


def _positions(pixels: Tensor, transforms: Tensor) -> tuple[Any, Any]:
    height, width = pixels.shape[1:3]
    y, x = ops.meshgrid(
        ops.arange(height, dtype="float32"), ops.arange(width, dtype="float32"), indexing="ij"
    )
    a0, a1, a2, b0, b1, b2 = (ops.reshape(transforms[:, i], (-1, 1, 1)) for i in range(6))
    return b0 * x + b1 * y + b2, a0 * x + a1 * y + a2


def _between_grid_points(displacements: Tensor, height: int, width: int) -> Any:
    """Interpolate bilinearly, by the one matrix that leads from a grid to an image."""
    weights = np.kron(_interpolation(height), _interpolation(width)).T
    fields = ops.reshape(ops.transpose(displacements, (0, 3, 1, 2)), (-1, GRID * GRID))
    return ops.reshape(ops.matmul(fields, weights), (-1, 2, height, width))


def _interpolation(length: int) -> NDArray[np.float32]:
    """Return the share of each grid point in each pixel; the points are middles of cells."""
    positions = np.clip((np.arange(length) + 0.5) * GRID / length - 0.5, 0, GRID - 1)
    distances = np.abs(positions[:, None] - np.arange(GRID))
    weights: NDArray[np.float32] = np.maximum(0, 1 - distances).astype(np.float32)
    return weights


def _sampled(pixels: Tensor, y: Tensor, x: Tensor) -> Any:
    """Interpolate bilinearly at real positions; beyond the edge the edge is repeated."""
    height, width, channels = pixels.shape[1:]
    y, x = ops.clip(y, 0, height - 1), ops.clip(x, 0, width - 1)
    top, left = ops.floor(y), ops.floor(x)
    down, right = ops.expand_dims(y - top, -1), ops.expand_dims(x - left, -1)
    flat = ops.reshape(pixels, (-1, height * width, channels))

    def corner(row: Tensor, column: Tensor) -> Any:
        row, column = ops.minimum(row, height - 1), ops.minimum(column, width - 1)
        index = ops.cast(row * width + column, "int32")
        chosen = ops.take_along_axis(flat, ops.reshape(index, (-1, height * width, 1)), axis=1)
        return ops.reshape(chosen, (-1, height, width, channels))

    upper = (1 - right) * corner(top, left) + right * corner(top, left + 1)
    lower = (1 - right) * corner(top + 1, left) + right * corner(top + 1, left + 1)
    return (1 - down) * upper + down * lower


def _blurred(pixels: Tensor, deviations: Tensor) -> Any:
    """Blur each image by two passes of three pixels along each axis.

    A pass with the weights ``share, 1 - 2 share, share`` adds a variance of ``2 share``.
    """
    height, width, channels = pixels.shape[1:]
    shares = ops.reshape(ops.square(deviations) / (2 * BLUR_PASSES), (-1, 1, 1))
    rows = ops.reshape(pixels, (-1, height, width * channels))
    blurred = ops.reshape(ops.matmul(_both_passes(shares, height), rows), (-1, *pixels.shape[1:]))
    return ops.einsum("nxv,nyvc->nyxc", _both_passes(shares, width), blurred)


def _both_passes(shares: Tensor, length: int) -> Any:
    """Return for each share the matrix of both passes; the edge is repeated."""
    differences = np.eye(length, k=-1) - 2 * np.eye(length) + np.eye(length, k=1)
    differences[0, 0] += 1
    differences[-1, -1] += 1
    once = ops.convert_to_tensor(differences, "float32")
    twice = ops.convert_to_tensor(differences @ differences, "float32")
    return ops.eye(length, dtype="float32") + 2 * shares * once + ops.square(shares) * twice
