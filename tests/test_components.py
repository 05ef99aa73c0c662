"""Connected components: their labels and boxes, and the box of all ink."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mnistcnn.handwriting._components import bounding_box, boxes_of, labeled, longer_side

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12))


@given(mask=MASKS.filter(np.any), margins=st.tuples(*[st.integers(0, 3)] * 4))
def test_the_bounding_box_is_as_large_as_the_ink_wherever_it_lies(mask, margins):
    box = bounding_box(np.pad(mask.astype(np.float32), (margins[:2], margins[2:])))
    rows, columns = np.nonzero(mask)
    top, left = rows.min() + margins[0], columns.min() + margins[2]
    assert (box[0].start, box[1].start) == (top, left)
    assert longer_side(box) == max(np.ptp(rows), np.ptp(columns)) + 1


def test_without_ink_there_is_no_box():
    assert bounding_box(np.zeros((3, 4))) is None


@given(mask=MASKS)
def test_each_label_fills_its_box_and_nothing_outside(mask):
    labels = labeled(mask)
    np.testing.assert_array_equal(labels > 0, mask)
    boxes = boxes_of(labels)
    assert len(boxes) == labels.max()
    for number, (top, left, bottom, right) in enumerate(boxes, start=1):
        assert bounding_box(labels == number) == (slice(top, bottom), slice(left, right))


def test_pixels_that_touch_at_a_corner_are_connected():
    assert labeled(np.eye(5, dtype=bool)).max() == 1
    assert boxes_of(labeled(np.eye(5, dtype=bool))).tolist() == [[0, 0, 5, 5]]
