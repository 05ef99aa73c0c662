"""Ink on a transparent background, and a card with transparency around it, stay visible."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from mnistcnn import load_sample_digits
from mnistcnn.images import gray_over_white

DIGITS = load_sample_digits().images[:10]


def opaque_where(gray, is_opaque):
    """Gray that is either opaque or transparent."""
    return np.stack([gray, gray, gray, 255 * is_opaque.astype(np.uint8)], axis=2)


def its_own_opacity(ink):
    image = Image.fromarray(ink).convert("RGB")
    image.putalpha(image.convert("L"))
    return image


def stretched(ink):
    """Black and white, enlarged with each channel by itself, as OpenCV does."""
    small = np.asarray(Image.fromarray(ink).resize((28, 28))) > 127
    large = Image.fromarray(small.astype(np.uint8) * 255).resize(
        ink.shape, Image.Resampling.BICUBIC
    )
    return np.stack([np.asarray(large)] * 4, axis=2)


LIGHT = {
    "its own opacity": its_own_opacity,
    "gray and opacity": lambda ink: Image.merge("LA", [Image.fromarray(ink)] * 2),
    "a little dim": lambda ink: its_own_opacity((ink * 0.7).astype(np.uint8)),
    "yellow": lambda ink: np.stack([ink, (ink * 0.9).astype(np.uint8), 0 * ink, ink], axis=2),
    "floats": lambda ink: np.asarray(its_own_opacity(ink)) / 255,
    "black made transparent": lambda ink: opaque_where(ink, ink > 0),
    "nearly black made transparent": lambda ink: opaque_where(ink, ink > 50),
    "stretched": stretched,
    "white": lambda ink: np.stack([0 * ink + 255] * 3 + [ink], axis=2),
}


@pytest.mark.parametrize("side", [56, 112, 280])
@pytest.mark.parametrize("form", LIGHT.values(), ids=LIGHT)
def test_light_ink_stays_light_whatever_its_edge(form, side):
    for digit in DIGITS:
        ink = enlarged(digit, side)
        assert likeness(gray_over_white(form(ink)), ink) > 0.85


def card(ink, paper=255, faintest=0, around=0):
    """Dark ink on an opaque card with transparency around it."""
    margin = len(ink) // 4
    drawn = paper - (paper - faintest) * (ink / 255)
    drawn = np.pad(drawn, margin, constant_values=paper).astype(np.uint8)
    return opaque_where(
        np.pad(drawn, margin, constant_values=around),
        np.pad(np.ones_like(drawn), margin),
    )


def shrunk(image):
    """A card whose edge mixes with the black around it."""
    return np.stack([Image.fromarray(image[..., each]).reduce(2) for each in range(4)], axis=2)


DARK = {
    "black": lambda ink: np.stack([0 * ink] * 3 + [ink], axis=2),
    "its own opacity": lambda ink: np.stack([255 - ink] * 3 + [ink], axis=2),
    "white made transparent": lambda ink: opaque_where(255 - ink, ink > 0),
    "nearly white made transparent": lambda ink: opaque_where(255 - ink, ink > 50),
    "with a light outline": lambda ink: opaque_where(255 - ink, ink >= 0),
}


@pytest.mark.parametrize("side", [28, 56, 280])
@pytest.mark.parametrize("form", DARK.values(), ids=DARK)
def test_dark_ink_stays_dark(form, side):
    for digit in DIGITS:
        ink = enlarged(digit, side)
        assert likeness(gray_over_white(form(ink)), ink) < -0.85


@pytest.mark.parametrize("change", [{}, {"paper": 230, "faintest": 150}, {"around": 255}])
@pytest.mark.parametrize("form", [lambda image: image, shrunk], ids=["hard", "soft"])
def test_a_light_card_lies_on_white(form, change):
    for digit in DIGITS:
        gray = gray_over_white(form(card(enlarged(digit, 112), **change)))
        assert gray[0, 0] == 1


def test_a_card_that_is_turned_lies_on_white():
    for digit in DIGITS:
        image = ImageOps.expand(Image.fromarray(255 - enlarged(digit, 112)), 30, 255)
        image = image.convert("RGBA").rotate(20, Image.Resampling.BICUBIC, expand=True)
        assert gray_over_white(image)[0, 0] == 1


def enlarged(digit, side):
    return np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC))


def likeness(gray, ink):
    return np.corrcoef(gray.ravel(), ink.ravel())[0, 1]
