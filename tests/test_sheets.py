"""find_digits: the digits of sheets whose places are known, whatever the paper."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from mnistcnn import DigitNormalizer, FoundDigit, UnreadableImageError, find_digits
from mnistcnn.handwriting._reading_order import lines_of_text
from sheets import box_of, ink_of, photographed, sheet_of


@pytest.fixture(scope="module")
def images(digits):
    return digits[0].reshape(-1, 28, 28)


@pytest.fixture(scope="module")
def rows(images):
    """Four rows of seven digits: all ten are among them."""
    return [images[7 * row : 7 * row + 7] for row in range(4)]


def overlap(one, other):
    """Return the part that two boxes share of what both cover."""
    (x, y, w, h), (u, v, s, t) = one, other
    width, height = min(x + w, u + s) - max(x, u), min(y + h, v + t) - max(y, v)
    shared = max(width, 0) * max(height, 0)
    return shared / (w * h + s * t - shared)


def assert_found(image, boxes, *, at_least=0.7):
    """Check that these boxes are found, in this order and each by itself."""
    found = find_digits(image)
    assert len(found) == len(boxes)
    shared = [overlap(digit.box, box) for digit, box in zip(found, boxes, strict=True)]
    assert min(shared) > at_least
    assert not any(digit.touching for digit in found)
    return found


def ruled(shape, *, pitch, slope=0.0, squared=False, margin=0, gray=0.6):
    """Return paper with lines (1 elsewhere) that end at a margin."""
    y, x = np.indices(shape)
    thickness = 1 if pitch < 40 else 2
    lines = (y - slope * x) % pitch < thickness
    if squared:
        lines |= (x + slope * y) % pitch < thickness
    inside = np.zeros(shape, dtype=bool)
    inside[margin : shape[0] - margin, margin : shape[1] - margin] = True
    return np.where(lines & inside, gray, 1.0)


class TestPapers:
    @pytest.mark.slow
    @settings(max_examples=25)
    @given(
        height=st.integers(20, 90),
        seed=st.integers(0, 2**16),
        jitter=st.floats(0, 0.35),
        slope=st.floats(-0.08, 0.08),
        light=st.floats(0, 0.6),
        noise=st.floats(0, 0.03),
        dark=st.booleans(),
        specks=st.integers(0, 15),
    )
    def test_every_digit_is_found_wherever_it_lies(
        self, rows, height, seed, jitter, slope, light, noise, dark, specks
    ):
        ink, boxes = sheet_of(rows, height, seed=seed, jitter=jitter, slope=slope)
        # Dust is to be no larger than dust on a sheet of small digits.
        specks = specks if height > 40 else 0
        image = photographed(ink, seed=seed, light=light, noise=noise, dark=dark, specks=specks)
        found = assert_found(image, boxes, at_least=0.5)
        assert [digit.line for digit in found] == [row for row in range(4) for _ in range(7)]

    @pytest.mark.parametrize("height", [20, 50, 120])
    @pytest.mark.parametrize(
        "paper",
        [
            {"pitch": 1.2, "slope": 0.01},
            {"pitch": 1.3, "slope": -0.02, "margin": 0.6},
            {"pitch": 0.6, "squared": True},
            {"pitch": 0.7, "squared": True, "margin": 0.6},
        ],
        ids=["ruled", "ruled with margins", "squared", "squared with margins"],
    )
    def test_lines_of_the_paper_are_left_out(self, rows, height, paper):
        ink, boxes = sheet_of(rows, height, seed=1, jitter=0.2)
        lengths = {
            name: round(height * value) if name in ("pitch", "margin") else value
            for name, value in paper.items()
        }
        image = photographed(ink, light=0.4, noise=0.015, rules=ruled(ink.shape, **lengths))
        assert_found(image, boxes, at_least=0.5)

    def test_frames_around_digits_are_left_out(self, rows):
        ink, boxes = sheet_of(rows, 50, seed=2, gap=0.9)
        paper = np.ones(ink.shape)
        for x, y, width, height in boxes:
            cell = paper[y - 20 : y + height + 20, x - 20 : x + width + 20]
            cell[:2] = cell[-2:] = 0.4
            cell[:, :2] = cell[:, -2:] = 0.4
        assert_found(photographed(ink, light=0.4, noise=0.02, rules=paper), boxes)

    def test_tables_are_left_out(self, rows):
        ink, boxes = sheet_of(rows, 50, seed=2, gap=0.9)
        paper = np.ones(ink.shape)
        for row in range(5):
            paper[25 + row * 102 : 27 + row * 102, 20:700] = 0.4
        for column in range(8):
            paper[25:435, 20 + column * 95 : 22 + column * 95] = 0.4
        assert_found(photographed(ink, light=0.4, noise=0.02, rules=paper), boxes)

    def test_a_blurred_photograph_in_bad_light_saved_as_jpeg(self, rows):
        ink, boxes = sheet_of(rows, 40, seed=3, jitter=0.3, slope=0.06)
        image = Image.fromarray(photographed(ink, light=0.6, noise=0.03, specks=20))
        file = BytesIO()
        image.filter(ImageFilter.GaussianBlur(1)).save(file, format="JPEG", quality=40)
        assert_found(file.getvalue(), boxes)

    def test_large_photographs_have_boxes_in_their_own_pixels(self, rows):
        ink, boxes = sheet_of(rows[:2], 150, seed=4)
        image = np.pad(photographed(ink, light=0.4), ((300, 1200), (900, 1300)), mode="edge")
        assert max(image.shape) > 2400
        there = [(x + 900, y + 300, width, height) for x, y, width, height in boxes]
        assert_found(image, there, at_least=0.8)

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_few_digits(self, rows, count):
        ink, boxes = sheet_of([rows[0][:count]], 80, seed=count)
        assert_found(photographed(ink, light=0.3, noise=0.01), boxes)

    def test_small_and_large_digits_share_a_sheet(self, images):
        ink, boxes = np.zeros((300, 500)), []
        for number, (height, x, y) in enumerate([(30, 20, 60), (60, 90, 45), (100, 200, 20)]):
            strokes = ink_of(images[number], height)
            ink[y : y + strokes.shape[0], x : x + strokes.shape[1]] = strokes
            boxes.append(box_of(strokes, x, y))
        assert_found(photographed(ink), boxes)


class TestStrokes:
    def test_strokes_of_one_digit_are_kept_together(self, rows):
        ink, boxes = sheet_of(rows, 60, seed=5)
        for x, y, width, height in boxes[::3]:
            middle = y + height // 2
            ink[middle : middle + 4, x : x + width] = 0
        assert_found(photographed(ink, light=0.3, noise=0.01), boxes)

    def test_the_bar_of_a_5_may_float(self, rows):
        ink, boxes = sheet_of(rows, 60, seed=6)
        x, y, width, _ = boxes[5]
        ink[y - 8 : y + 70, x - 5 : x + width + 10] = 0
        ink[y + 10 : y + 60, x : x + 6] = ink[y + 54 : y + 60, x : x + 25] = 1
        ink[y : y + 6, x + 8 : x + 30] = 1
        boxes[5] = (x, y, 30, 60)
        assert_found(photographed(ink), boxes, at_least=0.65)

    def test_the_bar_of_a_5_may_lie_far_to_the_right(self, rows):
        ink, boxes = sheet_of(rows, 60, seed=6)
        x, y, width, _ = boxes[5]
        ink[y - 8 : y + 70, x - 5 : x + width + 20] = 0
        ink[y + 10 : y + 60, x : x + 6] = ink[y + 54 : y + 60, x : x + 25] = 1
        ink[y + 2 : y + 8, x + 22 : x + 48] = 1
        boxes[5] = (x, y + 2, 48, 58)
        assert_found(photographed(ink), boxes, at_least=0.65)

    @pytest.mark.parametrize("gap", [8, 11])
    def test_two_halves_of_a_1(self, rows, gap):
        ink, boxes = sheet_of(rows, 60, seed=6)
        x, y, width, _ = boxes[4]
        ink[y - 8 : y + 70, x - 5 : x + width + 10] = 0
        ink[y : y + 60, x : x + 7] = 1
        ink[y + 26 : y + 26 + gap, x : x + 7] = 0
        boxes[4] = (x, y, 7, 60)
        assert_found(photographed(ink), boxes, at_least=0.65)

    def test_open_4_of_two_strokes(self, rows):
        ink, boxes = sheet_of(rows, 60, seed=6)
        x, y, width, _ = boxes[4]
        ink[y - 8 : y + 70, x - 5 : x + width + 10] = 0
        ink[y : y + 36, x : x + 6] = ink[y + 30 : y + 36, x : x + 28] = 1
        ink[y + 5 : y + 60, x + 31 : x + 37] = 1
        boxes[4] = (x, y, 37, 60)
        assert_found(photographed(ink), boxes, at_least=0.65)

    def test_dashes_and_dots_are_no_digits(self, rows):
        ink, boxes = sheet_of(rows, 60, seed=7)
        x, y, width, height = boxes[8]
        ink[y + 30 : y + 35, x + width + 14 : x + width + 34] = 1
        x, y, width, height = boxes[9]
        ink[y + height - 5 : y + height, x + width + 18 : x + width + 23] = 1
        assert_found(photographed(ink), boxes)


class TestTouching:
    def test_touching_digits_are_reported_with_their_number(self, images, rows):
        ink, boxes = sheet_of(rows, 50, seed=8, gap=1.4)
        for place, number in ((2, 2), (9, 0), (17, 6)):
            strokes = ink_of(images[number], boxes[place][3])
            x, y, width, _ = boxes[place]
            reach = ink[y : y + strokes.shape[0], x + width - 3 :][:, : strokes.shape[1]]
            np.maximum(reach, strokes, out=reach)
            ink[y + 44 : y + 48, x + width // 2 : x + width + 10] = 1
        found = find_digits(photographed(ink, light=0.3, noise=0.01))
        assert len(found) == 28
        assert [place for place, digit in enumerate(found) if digit.touching] == [2, 9, 17]
        assert {found[place].n_digits for place in (2, 9, 17)} == {2}
        assert {digit.n_digits for digit in found if not digit.touching} == {1}

    def test_a_number_written_in_one_stroke_is_counted(self, images):
        strokes = [ink_of(images[number], 60) for number in (0, 2, 2, 0, 0)]
        width = sum(part.shape[1] - 3 for part in strokes) + 3
        ink, x = np.zeros((140, width + 100)), 50
        for part in strokes:
            place = ink[40:100, x : x + part.shape[1]]
            np.maximum(place, part, out=place)
            x += part.shape[1] - 3
        ink[90:95, 60 : x - 10] = 1
        (found,) = find_digits(photographed(ink))
        assert found.touching
        assert 4 <= found.n_digits <= 6

    def test_digits_of_two_lines_that_touch(self, rows):
        ink, boxes = sheet_of(rows, 50, seed=9)
        x, y, width, height = boxes[9]
        below = boxes[16]
        ink[y + height - 3 : below[1] + 3, x + width // 2 - 3 : x + width // 2 + 3] = 1
        found = find_digits(photographed(ink))
        assert sum(digit.touching for digit in found) == 1
        assert len(found) == 27


class TestCrops:
    def test_crops_go_straight_into_the_normalizer(self, rows):
        ink, _ = sheet_of(rows, 60, seed=10, jitter=0.2)
        paper = ruled(ink.shape, pitch=75, slope=0.01)
        found = find_digits(photographed(ink, light=0.4, noise=0.01, rules=paper))
        alone = [np.pad(ink_of(digit, 60), 20) for row in rows for digit in row]
        normalizer = DigitNormalizer()
        seen = normalizer.transform([digit.crop for digit in found]).astype(float)
        expected = normalizer.transform(alone).astype(float)
        correlations = [
            np.corrcoef(one.ravel(), other.ravel())[0, 1]
            for one, other in zip(seen, expected, strict=True)
        ]
        assert np.mean(correlations) > 0.95
        assert min(correlations) > 0.7

    def test_neighbors_are_not_in_a_crop(self, rows):
        ink, _ = sheet_of(rows, 40, seed=11, gap=-0.2)
        for digit in find_digits(photographed(ink)):
            assert digit.crop.dtype == np.uint8
            height, width = digit.crop.shape
            _, _, box_width, box_height = digit.box
            assert (height - box_height, width - box_width) == (
                2 * round(0.2 * max(box_width, box_height)),
            ) * 2
            border = np.ones(digit.crop.shape, dtype=bool)
            border[5:-5, 5:-5] = False
            assert digit.crop[border].max() == 0
            assert digit.crop.max() > 150


class TestKinds:
    def test_kinds_of_images_give_the_same_boxes(self, tmp_path, rows):
        ink, _ = sheet_of(rows, 40, seed=12)
        image = photographed(ink)
        Image.fromarray(image).save(tmp_path / "sheet.png")
        expected = [digit.box for digit in find_digits(image)]
        assert len(expected) == 28
        colors = np.repeat(image[..., np.newaxis], 3, axis=2)
        for same in (image / 255, colors, Image.fromarray(image), tmp_path / "sheet.png"):
            assert [digit.box for digit in find_digits(same)] == expected

    def test_what_is_found_is_plain_data(self, rows):
        ink, _ = sheet_of(rows, 40, seed=12)
        first = find_digits(photographed(ink))[0]
        assert isinstance(first, FoundDigit)
        assert all(type(side) is int for side in first.box)
        assert first == FoundDigit(first.box, 0, 1, first.crop)
        assert "crop" not in repr(first)
        with pytest.raises(AttributeError):
            first.line = 3

    @pytest.mark.parametrize("light", [0.0, 0.6])
    @pytest.mark.parametrize("noise", [0.0, 0.04])
    def test_paper_without_ink_has_no_digits(self, light, noise):
        assert find_digits(photographed(np.zeros((300, 400)), light=light, noise=noise)) == []

    @pytest.mark.parametrize("shape", [(1, 1), (1, 40), (5, 5), (28, 28)])
    def test_tiny_images(self, shape):
        assert find_digits(np.full(shape, 255, dtype=np.uint8)) == []

    def test_polarity_can_be_stated(self, rows):
        ink, boxes = sheet_of(rows, 40, seed=13)
        image = photographed(ink, dark=True)
        found = find_digits(image, polarity="light_on_dark")
        assert [overlap(a.box, b) > 0.7 for a, b in zip(found, boxes, strict=True)] == [True] * 28

    def test_bad_input_is_refused(self, tmp_path):
        with pytest.raises(ValueError, match="'polarity' parameter of find_digits"):
            find_digits(np.zeros((9, 9)), polarity="dark")
        with pytest.raises(ValueError, match="must hold finite numbers"):
            find_digits(np.full((9, 9), np.nan))
        with pytest.raises(UnreadableImageError, match="is not a complete"):
            find_digits(b"no image")
        with pytest.raises(FileNotFoundError, match="nowhere"):
            find_digits(tmp_path / "nowhere.png")


class TestReadingOrder:
    @given(
        counts=st.lists(st.integers(1, 8), min_size=1, max_size=6),
        slope=st.floats(-0.1, 0.1),
        seed=st.integers(0, 2**16),
    )
    def test_lines_first_then_from_the_left(self, counts, slope, seed):
        random = np.random.default_rng(seed)
        places = [(row, column) for row, count in enumerate(counts) for column in range(count)]
        # One line alone tells the slope; lines of a single box do not, and are flat.
        slope = slope if min(counts) > 2 else 0.0
        boxes = []
        for row, column in places:
            height, width = random.integers(30, 41), random.integers(8, 30)
            x, y = 60 * column + random.integers(0, 10), 70 * row + random.integers(0, 8)
            top = round(y + slope * x) + 100
            boxes.append((top, x, top + height, x + width))
        shuffled = random.permutation(len(boxes))
        lines = lines_of_text(np.array(boxes, dtype=np.intp)[shuffled])
        assert [len(line) for line in lines] == counts
        in_order = [places[shuffled[number]] for line in lines for number in line]
        assert in_order == places

    def test_no_box_is_no_line(self):
        assert lines_of_text(np.empty((0, 4), dtype=np.intp)) == []


# The peak that getrusage tells begins with that of the process that started this one.
PEAK_OF_SQUARED_PAPER = """
import re
from pathlib import Path
import numpy as np
from mnistcnn import find_digits
paper = np.full((2400, 2400), 235, dtype=np.uint8)
for start in range(6, 2400, 12):
    paper[start : start + 2] = paper[:, start : start + 2] = 150
for top in range(200, 2000, 300):
    paper[top : top + 120, top : top + 14] = 20
n_digits = len(find_digits(paper))
print(n_digits, re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
def test_squared_paper_takes_no_more_memory_than_any():
    command = [sys.executable, "-c", PEAK_OF_SQUARED_PAPER]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    n_digits, peak = map(int, answer.split())
    assert n_digits == 6
    assert peak * 1024 < 700_000_000
