"""Cuts go through little ink, parts lie between them, and the likeliest parts are chosen."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mnistcnn.handwriting import FoundDigit
from mnistcnn.reading._cuts import Cut, cuts_through, is_left_of
from mnistcnn.reading._inks import INK_THRESHOLD, inks_of
from mnistcnn.reading._parts import Line, Part, Place, cut_line, full_crop, is_whole, parts_of
from mnistcnn.reading._search import LABEL_COSTS, most_likely_parts
from mnistcnn.reading._views import views_of


def found(crop, *, left=0, top=0, line=0, margin=4):
    """Return ink as it is found on a sheet."""
    height, width = crop.shape
    return FoundDigit((left, top, width, height), line, 1, np.pad(crop, margin), margin, 1)


def block(height=40, width=24):
    return np.full((height, width), 255, dtype=np.uint8)


def line_of(*lefts, height=40, width=24):
    """Return a line of blocks that begin in these columns."""
    (inks,) = inks_of([found(block(height, width), left=left) for left in lefts])
    return inks


@pytest.fixture
def joined():
    """Two blocks, joined by a bridge."""
    crop = np.zeros((60, 90), dtype=np.uint8)
    crop[:, :35] = crop[:, 55:] = 255
    crop[28:34, 35:55] = 255
    return crop


class TestCuts:
    def test_one_goes_through_the_bridge(self, joined):
        cheapest = min(cuts_through(joined), key=lambda cut: cut.ink)
        assert 33 <= cheapest.columns.min() <= cheapest.columns.max() <= 56
        assert cheapest.ink == pytest.approx(6 / 60, abs=0.04)

    @pytest.mark.parametrize("lean", [-12, 0, 12, 25])
    def test_one_follows_a_slanting_gap(self, lean):
        crop = np.zeros((60, 110), dtype=np.uint8)
        for row in range(60):
            middle = 55 + round(lean * (0.5 - row / 59))
            crop[row, middle - 30 : middle + 30] = 255
            crop[row, middle - 2 : middle + 2] = 0
        cheapest = min(cuts_through(crop), key=lambda cut: cut.ink)
        assert cheapest.ink < 0.05

    def test_a_dot_has_none(self):
        assert cuts_through(np.full((3, 3), 255, dtype=np.uint8)) == []

    @settings(max_examples=60)
    @given(arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 120))))
    def test_they_are_in_order_within_the_image_and_few(self, crop):
        cuts = cuts_through(crop)
        height, width = crop.shape
        assert len(cuts) <= max(2, 4 * width / height + 1)
        for cut in cuts:
            assert cut.columns.shape == (height,)
            assert -1 <= cut.columns.min() <= cut.columns.max() < width
            assert is_left_of(cut, cut)
        inks = [cut.before.sum() for cut in cuts]
        assert all(left <= right for left, right in pairwise(inks))


class TestParts:
    def test_they_hold_all_ink_between_two_cuts(self, joined):
        (inks,) = inks_of([found(joined, left=100, top=7)])
        columns = [34, 54]
        cuts = [Cut(np.full(60, column), 0.1, np.zeros(60)) for column in columns]
        line = Line(inks, [Place(0, None), *(Place(0, cut) for cut in cuts), Place(1, None)])
        parts = {(part.first, part.last): part for part in parts_of(line)}
        assert parts[0, 1].crop.shape == (60, 35)
        assert (parts[2, 3].left, parts[2, 3].top) == (155, 7)
        assert (parts[1, 2].top, parts[1, 2].crop.shape) == (35, (6, 20))
        assert [part for part in parts.values() if is_whole(line, part)] == [parts[0, 3]]
        np.testing.assert_array_equal(parts[0, 3].crop, joined)
        for part in parts.values():
            np.testing.assert_array_equal(full_crop(line, part)[1:-1, 1:-1], part.crop)

    @settings(max_examples=60)
    @given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 60))))
    def test_neighbors_hold_all_ink_once(self, crop):
        (inks,) = inks_of([found(crop, left=9, top=5)])
        line = cut_line(inks)
        cuts = [place.cut for place in line.places if place.cut is not None]
        # Cuts that cross have some of the ink between them, and on no side of both.
        if not all(is_left_of(one, other) for one, other in pairwise(cuts)):
            return
        seen = np.zeros((80, 90))
        for part in parts_of(line):
            if part.last == part.first + 1:
                height, width = part.crop.shape
                seen[part.top : part.top + height, part.left : part.left + width] += (
                    part.crop > INK_THRESHOLD
                )
        assert seen.sum() <= 1.1 * (crop > INK_THRESHOLD).sum() + 2

    def test_ink_is_joined_to_the_next_only_where_that_is_said_and_near(self):
        near, far = (cut_line(line_of(0, second), range(2)) for second in (30, 60))
        assert [(part.first, part.last) for part in parts_of(near)] == [(0, 1), (1, 2)]
        assert [(p.first, p.last) for p in parts_of(near, [0])] == [(0, 1), (0, 2), (1, 2)]
        assert [(part.first, part.last) for part in parts_of(far, [0])] == [(0, 1), (1, 2)]

    @pytest.mark.parametrize("factor", [2, 5])
    def test_large_ink_is_shrunk_and_given_back_as_it_was(self, factor, joined):
        large = joined.repeat(factor, axis=0).repeat(factor, axis=1)
        (inks,) = inks_of([found(large, left=33, top=21)])
        line = cut_line(inks)
        assert inks[0].factor > 1
        (whole,) = (part for part in parts_of(line) if is_whole(line, part))
        crop = full_crop(line, whole)
        rows, columns = np.flatnonzero(crop.any(axis=1)), np.flatnonzero(crop.any(axis=0))
        np.testing.assert_array_equal(
            crop[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], large
        )

    def test_ink_far_higher_than_its_line_is_not_cut(self):
        inks = inks_of([found(block(), left=0), found(block(), left=30), found(block(2000, 3000))])
        assert len(cut_line(inks[0], range(2)).places) == 4


class TestViews:
    def test_they_show_the_part_what_is_beside_it_and_all_around(self):
        line = cut_line(line_of(0, 28, 56), range(3))
        alone, beside, around = np.moveaxis(views_of(line, parts_of(line))[1].astype(float), -1, 0)
        assert alone[:, 12:20].mean() > 200
        assert alone[:, :3].max() == 0
        assert beside[:, 12:20].max() == 0
        assert beside[8:24, :2].mean() > 100
        assert (around.max(axis=0) > 127).sum() > 16

    @pytest.mark.parametrize("factor", [2, 5])
    def test_they_are_the_same_of_larger_ink(self, factor):
        rng = np.random.default_rng(0)
        crops = rng.integers(90, 256, (2, 48, 24)).astype(np.uint8)
        views = []
        for times in (1, factor):
            (inks,) = inks_of(
                [
                    found(crop.repeat(times, axis=0).repeat(times, axis=1), left=times * left)
                    for crop, left in zip(crops, (5, 35), strict=True)
                ]
            )
            line = cut_line(inks, range(2))
            views.append(views_of(line, parts_of(line)))
        np.testing.assert_array_equal(*views)


class Way:
    """Some ways through ink that is cut so many times, as high as 20 pixels."""

    def __init__(self, n_pieces, *cut_inks):
        (inks,) = inks_of([found(block(20, 12 * n_pieces))])
        inks_of_cuts = [*cut_inks, *[0.0] * (n_pieces - 1 - len(cut_inks))]
        cuts = [
            Cut(np.full(20, 12 * k - 1), ink, np.zeros(20))
            for k, ink in enumerate(inks_of_cuts, start=1)
        ]
        self.line = Line(inks, [Place(0, None), *(Place(0, cut) for cut in cuts), Place(1, None)])

    def chosen(self, parts, probabilities):
        return most_likely_parts(self.line, parts, np.array(probabilities), LABEL_COSTS)


def part(first, last, shape=(20, 12)):
    return Part(first, last, np.zeros(shape, dtype=np.uint8), 0, 12 * first, 20)


class TestSearch:
    def test_all_ink_belongs_to_one_part(self):
        parts = [part(0, 1), part(0, 2), part(1, 2), part(1, 3), part(2, 3)]
        assert Way(3).chosen(parts, [0.9, 0.95, 0.1, 0.97, 0.2]) == [0, 3]

    def test_one_digit_is_preferred_to_two_that_are_as_sure(self):
        parts = [part(0, 1), part(0, 2), part(1, 2)]
        assert Way(2).chosen(parts, [0.99, 0.99, 0.99]) == [1]

    def test_a_piece_of_a_digit_is_not_taken_for_one_for_its_sureness(self):
        parts = [part(0, 1), part(0, 2), part(1, 2, (8, 4))]
        assert Way(2).chosen(parts, [0.99, 0.7, 0.99]) == [1]

    def test_what_no_part_holds_is_left_out(self):
        assert Way(3).chosen([part(0, 1), part(2, 3)], [0.9, 0.8]) == [0, 1]
        assert Way(2).chosen([], []) == []

    def test_a_cut_through_little_ink_is_preferred(self):
        parts = [part(0, 1), part(0, 2), part(1, 3), part(2, 3)]
        assert Way(3, 0.1, 0.3).chosen(parts, [0.9] * 4) == [0, 2]
        assert Way(3, 0.3, 0.1).chosen(parts, [0.9] * 4) == [1, 3]


def test_what_lies_in_a_line_is_shrunk_together():
    sizes = [(160, 40), (140, 152), (90, 301)]
    (inks,) = inks_of([found(block(height, 60), left=left) for height, left in sizes])
    assert [ink.factor for ink in inks] == [3] * 3
    assert [3 * ink.left for ink in inks] == pytest.approx([40, 152, 301], abs=3)
