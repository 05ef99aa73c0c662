"""Finds the components of the digit, without specks and the edges of boxes and paper."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnistcnn.handwriting._components import Boxes, Gray, Labels, Mask, boxes_of, labeled
from mnistcnn.handwriting._strokes import stroke_width

__all__ = ["digit_mask"]

# Components of at least this fraction of the largest one's area are the digit's wherever they lie.
MIN_STROKE_AREA = 0.1
# Smaller ones are if they are as large as a dot of the pen, as a fraction of its width squared and
# in pixels, and no further away than this fraction of the digit's longer side.
MIN_DOT_AREA, MIN_DOT_PIXELS, MAX_DOT_GAP = 0.4, 2, 0.15
# Edges of boxes and of other papers have this fraction of their pixels in a zone along the border,
# which is this fraction of the side wide; most are as long as this fraction of it.
MIN_IN_BORDER_ZONE, BORDER_ZONE, MIN_FRAME_LENGTH = 0.9, 0.1, 0.85
MIN_FRAMED_SIDE = 40
# Without the edges, a component of more than this fraction of the largest one's area is left.
MIN_DIGIT_AREA = 0.1


class _Components(NamedTuple):
    """Components of ink: the label of each pixel, and area and box of each component."""

    labels: Labels
    areas: NDArray[np.intp]
    boxes: Boxes


def digit_mask(
    ink: Gray, faint: float, sure: float, *, drop_frames: bool, drop_specks: bool
) -> Mask:
    """Return a mask of the digit's ink, on request without the edges of boxes and without specks.

    Pixels of more than `faint` are ink where they are connected with one above `sure`.
    """
    components = _components(ink, faint)
    if len(components.areas) == 1 and ink.max() > sure:
        return components.labels > 0
    kept = np.bincount(components.labels[ink > sure], minlength=len(components.areas) + 1)[1:] > 0
    if drop_frames and min(ink.shape) >= MIN_FRAMED_SIDE:
        kept = _without_frames(components, kept, ink.shape)
    if drop_specks and kept.sum() > 1:
        kept = _without_specks(components, kept)
    return np.concatenate([[False], kept])[components.labels]


def _components(ink: Gray, faint: float) -> _Components:
    labels = labeled(ink > faint)
    boxes = boxes_of(labels)
    areas = np.bincount(labels.ravel(), minlength=len(boxes) + 1)[1:]
    return _Components(labels, areas, boxes)


def _without_frames(components: _Components, kept: Mask, shape: tuple[int, ...]) -> Mask:
    at_border = _touches_border(components.boxes, shape)
    if not (kept & at_border).any():
        return kept
    candidates = np.flatnonzero(kept & (at_border | _spans(components.boxes, shape)))
    frames = [number for number in candidates if _is_along_border(components, number, shape)]
    rest = kept.copy()
    rest[frames] = False
    return rest if _is_digit_left(components, rest, kept, at_border, shape) else kept


def _is_digit_left(
    components: _Components, rest: Mask, kept: Mask, at_border: Mask, shape: tuple[int, ...]
) -> bool:
    """Say whether a digit is left, and what went is no stroke of a digit that fills the image."""
    if not rest.any():
        return False
    gone = kept & ~rest
    largest = np.flatnonzero(rest)[components.areas[rest].argmax()]
    is_long = (gone & _spans(components.boxes, shape)).any()
    return bool(
        (is_long or not at_border[largest])
        and components.areas[largest] > MIN_DIGIT_AREA * components.areas[kept].max()
    )


def _touches_border(boxes: Boxes, shape: tuple[int, ...]) -> Mask:
    ends = boxes[:, 2:] == np.array(shape)
    return np.asarray((boxes[:, :2] == 0).any(axis=1) | ends.any(axis=1))


def _spans(boxes: Boxes, shape: tuple[int, ...]) -> Mask:
    tall = (boxes[:, 2] - boxes[:, 0]) >= MIN_FRAME_LENGTH * shape[0]
    wide = (boxes[:, 3] - boxes[:, 1]) >= MIN_FRAME_LENGTH * shape[1]
    return np.asarray(tall | wide)


def _is_along_border(components: _Components, number: np.intp, shape: tuple[int, ...]) -> bool:
    height, width = shape
    y, x = round(BORDER_ZONE * height), round(BORDER_ZONE * width)
    inside = np.count_nonzero(components.labels[y : height - y, x : width - x] == number + 1)
    return bool(inside < (1 - MIN_IN_BORDER_ZONE) * components.areas[number])


def _without_specks(components: _Components, kept: Mask) -> Mask:
    areas, boxes = components.areas, components.boxes
    large = kept & (areas >= MIN_STROKE_AREA * areas[kept].max())
    small = kept & ~large
    if not small.any():
        return kept
    digit = np.concatenate([boxes[large, :2].min(axis=0), boxes[large, 2:].max(axis=0)])
    width = stroke_width(np.concatenate([[False], large])[components.labels])
    near = _distances(boxes, digit) <= MAX_DOT_GAP * max(digit[2:] - digit[:2])
    is_dot = near & (areas >= max(MIN_DOT_AREA * width**2, MIN_DOT_PIXELS))
    return np.asarray(large | (small & is_dot))


def _distances(boxes: Boxes, box: Boxes) -> NDArray[np.float64]:
    """Return the distance of each box from a given one."""
    gaps = np.maximum(boxes[:, :2] - box[2:], box[:2] - boxes[:, 2:])
    return np.asarray(np.maximum(gaps, 0).max(axis=1), dtype=np.float64)
