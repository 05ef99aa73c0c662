"""Draws the images of docs/handwriting.md: the steps of the normalizer, and what it makes of what.

The build of the documentation draws them.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks._pen import strokes_of  # noqa: E402
from benchmarks._scenes import SEVERITIES, SHEET, TRANSFORMATIONS, Scene  # noqa: E402

from mnistcnn import DigitNormalizer, load_sample_digits  # noqa: E402
from mnistcnn.handwriting._background import ink_over_background, shrunk  # noqa: E402
from mnistcnn.handwriting._digit_mask import digit_mask  # noqa: E402
from mnistcnn.handwriting._ink_levels import measured_levels  # noqa: E402
from mnistcnn.handwriting._ruled_lines import without_lines  # noqa: E402
from mnistcnn.images import gray_over_white  # noqa: E402

Pixels = NDArray[np.uint8]
TILE, GAP, GROUND = 84, 4, 255
STEPS = {
    "slanting light": Scene(**{**vars(SHEET), "gradient": 0.5, "vignette": 0.3, "dust": 8}),
    "shadow": Scene(**{**vars(SHEET), "shadow": 0.45}),
    "ruled": Scene(**{**vars(SHEET), "ruled": 5, "rule": 0.35, "frame": 1}),
    "mouse": Scene(pen_pixels=1, smooth=False, size=0.4, off_center=1),
    "yellow": Scene(**{**vars(SHEET), "inks": ((1.0, 0.92, 0.2),), "papers": ((1.0, 1.0, 1.0),)}),
}
DIGITS = (4, 2, 9, 3, 6)
WORKING_SIDE = 112


def steps_of(image: Pixels) -> list[Pixels]:
    """Return an image after each step."""
    gray = shrunk(gray_over_white(image), -(-max(image.shape) // WORKING_SIDE))
    ink = ink_over_background(gray, "auto", True)
    levels = measured_levels(ink)
    assert levels is not None, "the images of this page have ink"
    lined = without_lines(ink, levels.faint, levels.full)
    mask = digit_mask(lined, levels.faint, levels.sure, drop_frames=True, drop_specks=True)
    shown = [ink / levels.full, lined / levels.full, np.where(mask, lined / levels.full, 0)]
    digit = DigitNormalizer().transform([image])[0]
    return [
        image,
        *(np.round(255 * np.clip(step, 0, 1)).astype(np.uint8) for step in shown),
        digit,
    ]


def tile(image: Pixels) -> Image.Image:
    """Return an image at the size at which it is shown."""
    smooth = image.shape[0] > TILE
    method = Image.Resampling.BOX if smooth else Image.Resampling.NEAREST
    return Image.fromarray(image).convert("RGB").resize((TILE, TILE), method)


def sheet(rows: list[list[Pixels]]) -> Image.Image:
    """Lay images out in rows."""
    step = TILE + GAP
    size = (step * max(map(len, rows)) - GAP, step * len(rows) - GAP)
    shown = Image.new("RGB", size, (GROUND,) * 3)
    for down, row in enumerate(rows):
        for across, image in enumerate(row):
            shown.paste(tile(image), (across * step, down * step))
    return shown


def draw_handwriting_figures(folder: Path) -> None:
    """Write both images into a folder."""
    images = load_sample_digits().images
    save(steps(images), folder / "normalizer-steps.png")
    save(simulated(images), folder / "simulated-images.png")


def save(image: Image.Image, path: Path) -> None:
    """Write a small PNG file."""
    image.quantize(255).save(path, optimize=True)


def steps(digits: Pixels) -> Image.Image:
    """Show images of digits after each step."""
    scenes = zip(DIGITS, STEPS.values(), strict=True)
    return sheet(
        [
            steps_of(scene.image(strokes_of(digits[digit]), np.random.default_rng(digit)))
            for digit, scene in scenes
        ]
    )


def simulated(digits: Pixels) -> Image.Image:
    """Show simulated images of digits, each beside what is made of it."""
    rows: list[list[Pixels]] = []
    for number, transformation in enumerate(TRANSFORMATIONS):
        row: list[Pixels] = []
        for severity in SEVERITIES:
            rng = np.random.default_rng([number, SEVERITIES.index(severity)])
            image = transformation.at(severity).image(strokes_of(digits[number % 10]), rng)
            row += [image, DigitNormalizer(empty="blank").transform([image])[0]]
        rows.append(row)
    half = -(-len(rows) // 2)
    pairs = zip(rows[:half], [*rows[half:], []], strict=False)
    return sheet([left + right for left, right in pairs])
