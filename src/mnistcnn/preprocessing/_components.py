"""Which pieces of ink belong to the digit: not specks, nor the edges of boxes and papers."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["digit_mask", "stroke_width"]

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]

TOUCHING = np.ones((3, 3), dtype=bool)
# Pieces of at least this part of the largest are the digit's wherever they lie.
LARGE = 0.1
# Smaller ones are if they are as large as a dot of the pen, as a part of its width squared, ...
DOT = 0.4
# ... and not further away than this part of the digit's longer side.
NEAR = 0.15
# Edges of boxes and of other papers run within this part of the side along the border, with at
# least this part of their pixels; most are as long as this part of it.
ALONG_BORDER, ALONG, LONG = 0.1, 0.9, 0.85
SMALLEST_FRAMED = 40


class _Pieces(NamedTuple):
    """Pieces of ink that hang together; the arrays have one entry a piece.

    Parameters
    ----------
    labels : ndarray of shape (h, w)
        0 on the ground, otherwise 1 + the number of the piece.
    areas : ndarray of shape (n,)
        Pixels.
    boxes : ndarray of shape (n, 4)
        Top, left, bottom and right, the latter two exclusive.
    """

    labels: NDArray[np.int32]
    areas: NDArray[np.intp]
    boxes: NDArray[np.intp]


def digit_mask(
    ink: Grey, faint: float, sure: float, *, drop_frames: bool, drop_specks: bool
) -> Mask:
    """Return where the digit's ink is.

    Parameters
    ----------
    ink : ndarray of shape (h, w), dtype float32
        About 0 on the ground.
    faint, sure : float
        Pixels of more than `faint` are ink where they hang together with one above `sure`.
    drop_frames : bool
        Whether edges of boxes are left out.
    drop_specks : bool
        Whether specks are left out.

    Returns
    -------
    ndarray of shape (h, w), dtype bool
        The digit; all false if there is none.
    """
    pieces = _pieces(ink, faint)
    if len(pieces.areas) == 1 and ink.max() > sure:
        return pieces.labels > 0
    kept = np.bincount(pieces.labels[ink > sure], minlength=len(pieces.areas) + 1)[1:] > 0
    if drop_frames and min(ink.shape) >= SMALLEST_FRAMED:
        kept = _without_frames(pieces, kept, ink.shape)
    if drop_specks and kept.sum() > 1:
        kept = _without_specks(pieces, kept)
    return np.concatenate([[False], kept])[pieces.labels]


def stroke_width(mask: Mask) -> float:
    """Return about how broad strokes are, in pixels: area over half the outline's length."""
    area = int(np.count_nonzero(mask))
    inner = np.count_nonzero(mask[1:] != mask[:-1]) + np.count_nonzero(mask[:, 1:] != mask[:, :-1])
    edges = sum(
        int(np.count_nonzero(side)) for side in (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    )
    # Stairs are 4 / pi times as long as the outline, on average over its directions.
    return 2 * area / max(np.pi / 4 * (inner + edges), 1e-9)


def _pieces(ink: Grey, faint: float) -> _Pieces:
    labels = np.empty(ink.shape, dtype=np.int32)
    n_pieces = ndimage.label(ink > faint, structure=TOUCHING, output=labels)
    areas = np.bincount(labels.ravel(), minlength=n_pieces + 1)[1:]
    found = ndimage.find_objects(labels)
    boxes = [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in found]
    return _Pieces(labels, areas, np.array(boxes, dtype=np.intp).reshape(n_pieces, 4))


def _without_frames(pieces: _Pieces, kept: Mask, shape: tuple[int, ...]) -> Mask:
    at_border = _touches_border(pieces.boxes, shape)
    if not (kept & at_border).any():
        return kept
    candidates = np.flatnonzero(kept & (at_border | _spans(pieces.boxes, shape)))
    frames = [number for number in candidates if _is_along_border(pieces, number, shape)]
    rest = kept.copy()
    rest[frames] = False
    return rest if _is_digit_left(pieces, rest, kept, at_border, shape) else kept


def _is_digit_left(
    pieces: _Pieces, rest: Mask, kept: Mask, at_border: Mask, shape: tuple[int, ...]
) -> bool:
    """Say whether a digit is left, and what went is no stroke of a digit that fills the picture."""
    if not rest.any():
        return False
    gone = kept & ~rest
    largest = np.flatnonzero(rest)[pieces.areas[rest].argmax()]
    is_long = (gone & _spans(pieces.boxes, shape)).any()
    return bool(
        (is_long or not at_border[largest])
        and pieces.areas[largest] > LARGE * pieces.areas[kept].max()
    )


def _touches_border(boxes: NDArray[np.intp], shape: tuple[int, ...]) -> Mask:
    touched = (boxes[:, :2] == 0).any(axis=1) | (boxes[:, 2:] == np.array(shape)).any(axis=1)
    return np.asarray(touched)


def _spans(boxes: NDArray[np.intp], shape: tuple[int, ...]) -> Mask:
    tall = (boxes[:, 2] - boxes[:, 0]) >= LONG * shape[0]
    wide = (boxes[:, 3] - boxes[:, 1]) >= LONG * shape[1]
    return np.asarray(tall | wide)


def _is_along_border(pieces: _Pieces, number: np.intp, shape: tuple[int, ...]) -> bool:
    height, width = shape
    y, x = round(ALONG_BORDER * height), round(ALONG_BORDER * width)
    inside = np.count_nonzero(pieces.labels[y : height - y, x : width - x] == number + 1)
    return bool(inside < (1 - ALONG) * pieces.areas[number])


def _without_specks(pieces: _Pieces, kept: Mask) -> Mask:
    areas, boxes = pieces.areas, pieces.boxes
    large = kept & (areas >= LARGE * areas[kept].max())
    small = kept & ~large
    if not small.any():
        return kept
    digit = np.concatenate([boxes[large, :2].min(axis=0), boxes[large, 2:].max(axis=0)])
    width = stroke_width(np.concatenate([[False], large])[pieces.labels])
    near = _distances(boxes, digit) <= NEAR * max(digit[2:] - digit[:2])
    return np.asarray(large | (small & near & (areas >= max(DOT * width**2, 2))))


def _distances(boxes: NDArray[np.intp], box: NDArray[np.intp]) -> Numbers:
    """Return how far each box is away from one."""
    gaps = np.maximum(boxes[:, :2] - box[2:], box[:2] - boxes[:, 2:])
    return np.asarray(np.maximum(gaps, 0).max(axis=1), dtype=np.float64)
