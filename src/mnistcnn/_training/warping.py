"""Applies drawn warps to a batch of pictures, with the operations of whichever backend runs."""

from collections.abc import Callable
from functools import cache
from typing import Any

from keras import backend, ops

from mnistcnn.augmentation import GRID, Augmentation

# Two passes reach a standard deviation of one pixel before the weights are no longer a hill.
BLUR_PASSES = 2


def warp_for(augmentation: Augmentation | None) -> Callable[..., Any] | None:
    """Return what applies the columns that an augmentation draws to a batch of pictures.

    Augmentations that draw the same columns share one function, and so one compiled program.
    """
    if augmentation is None:
        return None
    strengths = {
        "displacements": augmentation.elastic,
        "strokes": augmentation.stroke,
        "blurs": augmentation.blur,
    }
    return _warp_taking(tuple(name for name, strength in strengths.items() if strength))


@cache
def _warp_taking(names: tuple[str, ...]) -> Callable[..., Any]:
    def warp_columns(pixels: Any, transforms: Any, *columns: Any) -> Any:
        return warp(pixels, transforms, **dict(zip(names, columns, strict=True)))

    return warp_columns


def warp(
    pixels: Any, transforms: Any, displacements: Any = None, strokes: Any = None, blurs: Any = None
) -> Any:
    """Return warped pictures of the same shape, in float32: rounding would tell dtypes apart.

    Parameters
    ----------
    pixels : tensor of shape (n, h, w, c), uint8 or float32
        Pictures.
    transforms, displacements, strokes, blurs : tensor
        The columns of `mnistcnn.augmentation.Warps`.
    """
    changed = ops.cast(pixels, "float32")
    if strokes is not None:
        changed = _with_strokes(changed, strokes)
    if displacements is None:
        changed = _affine(changed, transforms)
    else:
        changed = _sampled(changed, *_positions(changed, transforms, displacements))
    return changed if blurs is None else _blurred(changed, blurs)


def _affine(pixels: Any, transforms: Any) -> Any:
    if backend.backend() != "tensorflow":
        return _transformed(pixels, transforms)
    # Two calls of its kernel may run side by side.
    middle = ops.shape(pixels)[0] // 2
    halves = (
        _transformed(pixels[:middle], transforms[:middle]),
        _transformed(pixels[middle:], transforms[middle:]),
    )
    return ops.concatenate(halves)


def _transformed(pixels: Any, transforms: Any) -> Any:
    # The edge is repeated, so that pictures need not have a ground of 0.
    return ops.image.affine_transform(
        pixels,
        transforms,
        interpolation="bilinear",
        fill_mode="nearest",
        data_format="channels_last",
    )


def _with_strokes(pixels: Any, strokes: Any) -> Any:
    thick = _grown(pixels)
    thin = -_grown(-pixels)
    amount = ops.reshape(strokes, (-1, 1, 1, 1))
    grown = ops.maximum(amount, 0) * (thick - pixels)
    shrunk = ops.maximum(-amount, 0) * (thin - pixels)
    return pixels + grown + shrunk


def _grown(pixels: Any) -> Any:
    return ops.max_pool(pixels, pool_size=3, strides=1, padding="same", data_format="channels_last")


def _blurred(pixels: Any, deviations: Any) -> Any:
    """Blur each picture by two passes of three pixels along each axis.

    A pass with the weights ``share, 1 - 2 share, share`` adds a variance of ``2 share``.
    """
    shares = ops.reshape(ops.square(deviations) / (2 * BLUR_PASSES), (-1, 1, 1, 1))
    height, width = pixels.shape[1:3]
    for _ in range(BLUR_PASSES):
        # With one pixel mirrored the edge is repeated.
        tall = ops.pad(pixels, [(0, 0), (1, 1), (0, 0), (0, 0)], mode="symmetric")
        pixels = pixels + shares * (tall[:, :height] + tall[:, 2:] - 2 * pixels)
        wide = ops.pad(pixels, [(0, 0), (0, 0), (1, 1), (0, 0)], mode="symmetric")
        pixels = pixels + shares * (wide[:, :, :width] + wide[:, :, 2:] - 2 * pixels)
    return pixels


def _positions(pixels: Any, transforms: Any, displacements: Any) -> tuple[Any, Any]:
    height, width = pixels.shape[1:3]
    y, x = ops.meshgrid(
        ops.arange(height, dtype="float32"), ops.arange(width, dtype="float32"), indexing="ij"
    )
    a0, a1, a2, b0, b1, b2 = (ops.reshape(transforms[:, i], (-1, 1, 1)) for i in range(6))
    moved = ops.image.resize(
        ops.reshape(displacements, (-1, GRID, GRID, 2)),
        (height, width),
        interpolation="bilinear",
        data_format="channels_last",
    )
    return b0 * x + b1 * y + b2 + moved[..., 0], a0 * x + a1 * y + a2 + moved[..., 1]


def _sampled(pixels: Any, y: Any, x: Any) -> Any:
    """Interpolate bilinearly at real positions; beyond the edge the edge is repeated."""
    height, width, channels = pixels.shape[1:]
    y, x = ops.clip(y, 0, height - 1), ops.clip(x, 0, width - 1)
    top, left = ops.floor(y), ops.floor(x)
    down, right = ops.expand_dims(y - top, -1), ops.expand_dims(x - left, -1)
    flat = ops.reshape(pixels, (-1, height * width, channels))

    def corner(row: Any, column: Any) -> Any:
        row, column = ops.minimum(row, height - 1), ops.minimum(column, width - 1)
        index = ops.cast(row * width + column, "int32")
        chosen = ops.take_along_axis(flat, ops.reshape(index, (-1, height * width, 1)), axis=1)
        return ops.reshape(chosen, (-1, height, width, channels))

    upper = (1 - right) * corner(top, left) + right * corner(top, left + 1)
    lower = (1 - right) * corner(top + 1, left) + right * corner(top + 1, left + 1)
    return (1 - down) * upper + down * lower
