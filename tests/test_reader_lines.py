"""A line or page of digits says what else on it is one, and what is none."""

import numpy as np
import pytest
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from readers import text_of

# Each asks the pretrained networks.
pytestmark = pytest.mark.slow


def beside(*images):
    """Return dark ink on lines of paper, one beside the other."""
    height = max(map(len, images))
    lines = [
        np.pad(each, ((0, height - len(each)), (0, 0)), constant_values=255) for each in images
    ]
    return np.concatenate(lines, axis=1)


def words(text, font):
    image = Image.new("L", (600, 120), 255)
    face = ImageFont.truetype(font_manager.findfont(font), 44)
    ImageDraw.Draw(image).text((20, 20), text, fill=20, font=face)
    return np.asarray(image)


def test_digits_that_touch_are_cut_where_all_others_are_sure(reader, line_of):
    alone, together = line_of([4])[0], line_of([0, 5, 8], apart=-2)[0]
    assert text_of(reader, beside(alone, together)) == "4058"


def test_a_low_2_with_a_long_stroke(reader, line_of):
    low, boxes = line_of([2])
    left, top, width, height = boxes[0]
    ink = low[top : top + height, left : left + width]
    flat = np.asarray(Image.fromarray(ink).resize((72, 28)))
    line = line_of([7, 4])[0].copy()
    page = beside(line, np.full((len(line), 120), 255, dtype=np.uint8))
    page[60:88, line.shape[1] : line.shape[1] + 72] = flat
    assert text_of(reader, page) == "742"


def test_a_faint_edge_is_no_1(reader, line_of):
    page = line_of([4, 0, 7])[0].copy()
    page[10:70, 20] = 150
    assert text_of(reader, page) == "407"


@pytest.mark.parametrize("length", [14, 24])
def test_a_short_stroke_is_no_1_beside_digits(reader, line_of, length):
    page = line_of([4, 0, 7], apart=40)[0].copy()
    _, (left, top, width, height), _ = line_of([4, 0, 7], apart=40)[1]
    page[top + height - length : top + height, left + width + 18 : left + width + 24] = 0
    assert text_of(reader, page) == "407"


def test_rests_of_rules_above_and_below_a_digit(reader, line_of):
    page, boxes = line_of([4, 0, 7], apart=20, margin=60)
    page = page.copy()
    left, top, width, height = boxes[1]
    middle = left + width // 2
    page[: top - 4, middle - 2 : middle + 4] = page[top + height + 4 :, middle - 2 : middle + 4] = (
        60
    )
    assert text_of(reader, page) == "407"


def test_a_1_at_the_edge_of_a_line_is_read(reader, line_of):
    page, boxes = line_of([1, 4, 7])
    assert text_of(reader, page[boxes[0][1] :]) == "147"


@pytest.mark.parametrize("text", ["Question", "Digits", "Sold by", "VluJufQ"])
@pytest.mark.parametrize("font", ["DejaVu Sans", "DejaVu Sans:italic"])
def test_letters_of_which_several_look_like_digits(reader, text, font):
    assert text_of(reader, words(text, font)) == ""


@pytest.mark.parametrize("labels", [[3], [4, 7], [5, 0, 9]])
def test_handwritten_digits_beside_letters(reader, line_of, labels):
    page = beside(line_of(labels)[0], words("kg", "DejaVu Sans")[:, :150])
    assert "".join(map(str, labels)) in text_of(reader, page)
