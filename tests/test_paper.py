"""What lies beside the paper becomes paper; everything else stays as it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageDraw
from scipy import ndimage

from mnistcnn import load_sample_digits
from mnistcnn.handwriting._paper import paper_alone, written_ground_alone

PAPER, INK = 0.9, 0.1


@pytest.fixture
def sheet():
    """A sheet with two strokes on it."""
    gray = np.full((120, 240), PAPER, dtype=np.float32)
    gray[40:80, 60:66] = INK
    gray[40:80, 160:166] = INK
    return gray


def is_paper(gray):
    return bool((np.abs(gray - PAPER) < 0.02).all())


@pytest.mark.parametrize("desk", [0.0, 0.2, 0.35])
@pytest.mark.parametrize("sides", [((9, 9), (9, 9)), ((0, 0), (30, 0)), ((40, 10), (0, 25))])
def test_a_desk_becomes_paper_and_the_strokes_stay(sheet, desk, sides):
    photograph = np.pad(sheet, sides, constant_values=desk)
    seen = paper_alone(photograph)
    inside = tuple(
        slice(before, before + n) for (before, _), n in zip(sides, sheet.shape, strict=True)
    )
    np.testing.assert_array_equal(seen[inside][10:-10, 10:-10], sheet[10:-10, 10:-10])
    beside = np.ones(photograph.shape, dtype=bool)
    beside[inside] = False
    assert is_paper(seen[beside])


def test_noise_on_a_black_desk_is_no_ink(sheet):
    noise = np.random.default_rng(0).normal(0, 0.01, (200, 320)).astype(np.float32)
    photograph = np.clip(np.pad(sheet, 40) + noise, 0, 1)
    assert (np.abs(paper_alone(photograph)[:30] - PAPER) < 0.1).all()


def test_a_frame_and_what_is_outside_of_it_become_paper(sheet):
    framed = np.pad(np.pad(sheet, 6, constant_values=INK), 8, constant_values=PAPER)
    seen = paper_alone(framed)
    assert is_paper(seen[:16])
    np.testing.assert_array_equal(seen[30:-30, 30:-30], framed[30:-30, 30:-30])


def test_corners_of_a_turned_sheet_become_paper(sheet):
    turned = ndimage.rotate(sheet, 5, order=1, cval=0.0).astype(np.float32)
    seen = paper_alone(turned)
    for corner in (seen[:4, :4], seen[:4, -4:], seen[-4:, :4], seen[-4:, -4:]):
        assert is_paper(corner)


def test_a_large_photograph_is_as_large_as_before(sheet):
    desk = np.pad(np.kron(sheet, np.ones((9, 9), dtype=np.float32)), 101, constant_values=0.2)
    seen = paper_alone(desk)
    assert seen.shape == desk.shape
    assert is_paper(seen[:90])


@pytest.mark.parametrize("scale", [2, 5])
def test_digits_in_mnists_form_stay(scale):
    # Light ink on black: a 0 is a light ring around something dark.
    for image in load_sample_digits().images[:200] / np.float32(255):
        large = np.kron(image, np.ones((scale, scale), dtype=np.float32))
        assert paper_alone(large) is large


@pytest.mark.parametrize("thickness", [10, 14, 18])
@pytest.mark.parametrize("radius", [0, 12, 25])
@pytest.mark.parametrize("is_eight", [False, True])
def test_a_thick_light_0_or_8_is_no_paper(thickness, radius, is_eight):
    image = Image.new("L", (120, 160), 0)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((30, 30, 89, 129), radius=radius, outline=255, width=thickness)
    if is_eight:
        draw.line([(30, 80), (89, 80)], fill=255, width=thickness)
    gray = np.asarray(image, dtype=np.float32) / 255
    assert paper_alone(gray) is gray


def test_light_writing_beside_the_paper_keeps_it(sheet):
    board = np.full((60, 240), 0.15, dtype=np.float32)
    board[15:45, 60:66] = board[15:45, 120:126] = 0.9
    both = np.concatenate([board, sheet])
    assert paper_alone(both) is both


def test_a_sheet_without_anything_beside_it_stays(sheet):
    assert paper_alone(sheet) is sheet


@pytest.mark.parametrize("shadow", [0.25, 0.4, 0.6])
def test_what_is_written_in_a_shadow_stays(sheet, shadow):
    half = sheet.copy()
    half[:, 120:] *= 1 - shadow
    assert paper_alone(half) is half


@pytest.mark.parametrize("darkest", [0.1, 0.3, 0.5])
def test_light_that_falls_off_is_no_desk(sheet, darkest):
    shaded = sheet * np.linspace(1, darkest, sheet.shape[1], dtype=np.float32)
    assert paper_alone(shaded) is shaded


def test_a_digit_cropped_to_its_box_stays(sheet):
    crop = np.ascontiguousarray(sheet[40:80, 60:106])
    assert paper_alone(crop) is crop


def test_a_page_that_is_empty_but_for_a_desk_stays():
    desk = np.full((100, 100), 0.2, dtype=np.float32)
    desk[20:80, 20:80] = PAPER
    assert paper_alone(desk) is desk


@settings(max_examples=60)
@given(arrays(np.float32, (48, 60), elements=st.floats(0, 1, width=32)))
def test_any_image_keeps_its_shape_and_range(gray):
    seen = paper_alone(gray)
    assert seen.shape == gray.shape
    assert gray.min() <= seen.min() <= seen.max() <= gray.max()


@pytest.mark.parametrize("margin", [4, 30, 60])
def test_what_is_lighter_around_a_dark_ground_becomes_that_ground(sheet, margin):
    plate = np.pad(1 - sheet, margin, constant_values=0.8)
    seen = written_ground_alone(plate, "auto")
    np.testing.assert_allclose(seen[:margin], 1 - PAPER, atol=0.02)
    inside = slice(margin + 10, -margin - 10)
    np.testing.assert_allclose(seen[inside, inside], plate[inside, inside], atol=1e-6)


@pytest.mark.parametrize(
    ("polarity", "ink_is_light"), [("dark_on_light", True), ("light_on_dark", False)]
)
def test_no_ground_is_looked_for_of_ink_that_the_polarity_excludes(sheet, polarity, ink_is_light):
    photograph = np.pad(sheet, 30, constant_values=0.2)
    gray = 1 - photograph if ink_is_light else photograph
    np.testing.assert_array_equal(written_ground_alone(gray, polarity), gray)


def test_drawings_are_no_plates():
    gray = 1 - load_sample_digits().images[:60].astype(np.float32) / 255
    for drawing in gray.repeat(4, axis=1).repeat(4, axis=2):
        np.testing.assert_array_equal(written_ground_alone(drawing, "auto"), drawing)
        np.testing.assert_array_equal(written_ground_alone(1 - drawing, "auto"), 1 - drawing)
