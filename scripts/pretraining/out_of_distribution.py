"""Images of no digit that the network has not been trained on, to measure what it rejects."""

import string
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mnistcnn import DigitNormalizer

Images = NDArray[np.uint8]

SIDE = 28
N_IMAGES = 1000
# Which letters a reader of single characters may take for a digit.
LIKE_DIGITS = set("BDGIOQSZbgiloqsz")
LETTERS = [letter for letter in string.ascii_letters if letter not in LIKE_DIGITS]


def blank(images: Images, rng: np.random.Generator) -> Images:
    """Return images of paper: of every gray, with the faint noise of a scanner."""
    grays = rng.integers(0, 256, (N_IMAGES, 1, 1))
    noisy = grays + rng.normal(0, 2, (N_IMAGES, *images.shape[1:]))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def noise(images: Images, rng: np.random.Generator) -> Images:
    """Return even noise."""
    return rng.integers(0, 256, (N_IMAGES, *images.shape[1:]), dtype=np.uint8)


def shuffled(images: Images, rng: np.random.Generator) -> Images:
    """Return digits whose pixels are in another order."""
    rows = images[:N_IMAGES].reshape(-1, SIDE * SIDE)
    return rng.permuted(rows, axis=1).reshape(-1, SIDE, SIDE)


def scrambled(images: Images, rng: np.random.Generator) -> Images:
    """Return images with the spectrum of digits and random phases."""
    spectrum = np.abs(np.fft.rfft2(images[:N_IMAGES]))
    phases = np.angle(np.fft.rfft2(rng.random((len(spectrum), SIDE, SIDE))))
    clouds = np.fft.irfft2(spectrum * np.exp(1j * phases), s=(SIDE, SIDE))
    low, high = (extreme(clouds, axis=(1, 2), keepdims=True) for extreme in (np.min, np.max))
    return (255 * (clouds - low) / (high - low)).astype(np.uint8)


def letters(images: Images, rng: np.random.Generator) -> Images:  # noqa: ARG001
    """Return printed letters, thin and bold and a little turned, through the normalizer."""
    drawn = [_letter(LETTERS[i % len(LETTERS)], rng) for i in range(N_IMAGES)]
    return DigitNormalizer(empty="blank").transform(drawn)


def _letter(letter: str, rng: np.random.Generator) -> Images:
    canvas = Image.new("L", (160, 160), 255)
    font = ImageFont.load_default(size=float(rng.uniform(60, 100)))
    bold = int(rng.integers(0, 4))
    ImageDraw.Draw(canvas).text((80, 80), letter, fill=0, font=font, anchor="mm", stroke_width=bold)
    turned = canvas.rotate(rng.uniform(-10, 10), Image.Resampling.BICUBIC, fillcolor=255)
    return np.asarray(turned)


OUT_OF_DISTRIBUTION: tuple[tuple[str, Callable[[Images, np.random.Generator], Images]], ...] = (
    ("blank", blank),
    ("noise", noise),
    ("shuffled pixels", shuffled),
    ("scrambled phases", scrambled),
    ("letters unlike digits", letters),
)
