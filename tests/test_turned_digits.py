"""A digit that is turned is read where the others tell that it is one."""

import numpy as np
import pytest
from PIL import Image

from mnistcnn import load_sample_digits

# Each asks the pretrained network.
pytestmark = pytest.mark.slow


def page_of(digits, *, turned, at, by):
    """Return a light page with upright digits far apart, and one that is turned."""
    page = np.full((400, 600), 235, dtype=np.uint8)
    spots = [(40, 40), (250, 60), (450, 50), (60, 260), (450, 280)][: len(digits)]
    large = [*digits, turned]
    for image, (x, y), angle in zip(large, [*spots, at], [*[0] * len(digits), by], strict=True):
        ink = Image.fromarray(np.pad(image, 8)).resize((88, 88), Image.Resampling.BICUBIC)
        place = page[y : y + 88, x : x + 88]
        np.minimum(place, 255 - np.asarray(ink.rotate(angle, Image.Resampling.BICUBIC)), out=place)
    return page


@pytest.fixture(scope="module")
def leaning_four():
    """A 4 that the reader rejects when it is turned to the right by 40 degrees."""
    digits = load_sample_digits()
    assert digits.target[41] == 4
    return digits.images[41]


def test_a_turned_digit_is_read_where_digits_lie_scattered(reader, leaning_four):
    upright = load_sample_digits().images[:5]
    page = page_of(upright, turned=leaning_four, at=(240, 250), by=-40)
    (reading,) = reader.read([page])
    assert reading.text.replace("\n", "") == "012344"
    assert reading.rejected == ()
    x, y, width, height = reading.lines[1][1].box
    assert 240 <= x <= x + width <= 328
    assert 250 <= y <= y + height <= 338


def test_a_turned_digit_is_not_read_where_no_other_digit_tells_that_it_is_one(reader, leaning_four):
    page = page_of([], turned=leaning_four, at=(240, 250), by=-40)
    (reading,) = reader.read([page])
    assert (reading.text, len(reading.rejected)) == ("", 1)


def test_what_has_a_neighbor_is_not_turned(reader, leaning_four):
    upright = load_sample_digits().images[:5]
    page = page_of(upright, turned=leaning_four, at=(100, 250), by=-40)
    (reading,) = reader.read([page])
    assert reading.text.replace("\n", "") == "01234"
    assert len(reading.rejected) == 1
