"""Lines of handwritten digits on paper, composed of MNIST's, as people write and take them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Pixels = NDArray[np.uint8]
Ink = NDArray[np.float32]
Generator = np.random.Generator

# What counts as ink where digits are set side by side, of 1.
INK = 0.4


@dataclass(frozen=True)
class Line:
    """An image of a line of digits, and what is written there.

    Attributes
    ----------
    image : ndarray of shape (h, w), uint8
        Dark ink on light paper.
    text : str
        The digits.
    """

    image: Pixels
    text: str


class Written(NamedTuple):
    """How much ink is where, from 0 to 1, and the number of the digit, from 1, that it is of."""

    ink: Ink
    owners: NDArray[np.uint8]


@dataclass(frozen=True)
class Writing:
    """How the digits of a line are written.

    Parameters
    ----------
    scale : tuple of 2 int, default=(2, 4)
        MNIST's pixels become so many, from the first number to the second.
    gap : tuple of 2 float, default=(0.12, 0.45)
        The narrowest place between two digits, as a part of MNIST's 20 pixels; negative where they
        overlap.
    touching : float, default=0.0
        How often two neighbors touch.
    most_in_a_row : int, default=2
        How many at most touch one after another.
    overlap : tuple of 2 float, default=(0.0, 0.06)
        By how much those overlap.
    up_and_down : float, default=0.08
        How far digits leave the line.
    thin : float, default=0.0
        How much thinner strokes are, in MNIST's pixels.
    broken : float, default=0.0
        How often a stroke is broken, per digit.
    blur : float, default=0.0
        Standard deviation of a blur, in MNIST's pixels.
    """

    scale: tuple[int, int] = (2, 4)
    gap: tuple[float, float] = (0.12, 0.45)
    touching: float = 0.0
    most_in_a_row: int = 2
    overlap: tuple[float, float] = (0.0, 0.06)
    up_and_down: float = 0.08
    thin: float = 0.0
    broken: float = 0.0
    blur: float = 0.0

    def written(self, digits: Pixels, rng: Generator) -> Written:
        """Write digits side by side, with a margin around.

        Parameters
        ----------
        digits : ndarray of shape (n, 28, 28), uint8
            In the order in which they are written.
        rng : numpy Generator
            Chooses what varies.
        """
        scale = int(rng.integers(self.scale[0], self.scale[1] + 1))
        height = 44 * scale
        longest = int(scale * (30 + (28 + 20 * max(self.gap)) * len(digits)))
        line = np.zeros((height, longest), dtype=np.float32)
        owners = np.zeros(line.shape, dtype=np.uint8)
        end, in_a_row = 12 * scale, 1
        for number, digit in enumerate(digits, start=1):
            drawn = self._drawn(digit, scale, rng)
            room = height - drawn.shape[0]
            drift = 20 * scale * self.up_and_down
            top = int(np.clip(room / 2 + rng.uniform(-drift, drift), 0, room))
            touches = in_a_row < self.most_in_a_row and rng.random() < self.touching
            in_a_row = in_a_row + 1 if touches else 1
            low, high = (-self.overlap[1], -self.overlap[0]) if touches else self.gap
            gap = round(20 * scale * rng.uniform(low, high))
            left = max(_contact(line, drawn, top, end) + gap, 0)
            place = slice(top, top + drawn.shape[0]), slice(left, left + drawn.shape[1])
            owners[place][drawn > np.maximum(line[place], INK)] = number
            line[place] = np.maximum(line[place], drawn)
            end = left + drawn.shape[1]
        width = end + 12 * scale
        line, owners = line[:, :width], owners[:, :width]
        if self.blur:
            line = ndimage.gaussian_filter(line, self.blur * scale)
        return Written(line, owners)

    def _drawn(self, digit: Pixels, scale: int, rng: Generator) -> Ink:
        rows, columns = ndimage.find_objects((digit > 0).view(np.int8), 1)[0]
        image = Image.fromarray(digit[rows, columns])
        size = (image.width * scale, image.height * scale)
        large = np.asarray(image.resize(size, Image.Resampling.BICUBIC), dtype=np.float32) / 255
        # Enlarged edges are as soft as the scale is large; a pen's are not.
        threshold = 0.5 + 0.12 * self.thin
        ink = np.clip((large - threshold) * scale + 0.5, 0, 1)
        if self.thin:
            ink = ndimage.grey_erosion(ink, size=max(1, round(self.thin * scale)))
        if rng.random() < self.broken:
            ink = _broken(ink, scale, rng)
        return ink


def _contact(line: Ink, digit: Ink, top: int, end: int) -> int:
    """Return the column where a digit just touches what is left of it."""
    before = line[top : top + len(digit)] > INK
    rows = before.any(axis=1) & (digit > INK).any(axis=1)
    if not rows.any():
        return end
    last = before.shape[1] - before[rows, ::-1].argmax(axis=1)
    first = (digit[rows] > INK).argmax(axis=1)
    # No further back than to the middle of the last digit, which a 7 could reach over.
    return max(int((last - first).max()), end - digit.shape[1] // 2)


def _broken(ink: Ink, scale: int, rng: Generator) -> Ink:
    """Take a gap of a pixel or two of MNIST's out of a stroke."""
    places = np.argwhere(ink > INK)
    if not len(places):
        return ink
    y, x = places[rng.integers(len(places))]
    rows, columns = np.ogrid[: ink.shape[0], : ink.shape[1]]
    radius = scale * rng.uniform(0.9, 1.6)
    return np.where((rows - y) ** 2 + (columns - x) ** 2 < radius**2, np.float32(0), ink)


Printed = Callable[[Ink, Generator], Ink]


@dataclass(frozen=True)
class Kind:
    """A kind of lines.

    Parameters
    ----------
    name : str
        As the table names it.
    group : str
        The row of the table that it belongs to.
    writing : Writing
        How the digits are written.
    paper, pen : tuple of 2 float
        The grays of which one is chosen, from 0 for black to 1.
    printed : callable, default=None
        Returns how dark what is printed on the paper is, from 0 to 1, for the ink of a line.
    around : callable, default=None
        Puts the paper on something, or takes it in another way.
    light : float, default=0.0
        How much darker it gets from side to side.
    noise : float, default=0.01
        Standard deviation of each pixel's noise.
    quality : int or None, default=None
        JPEG's.
    """

    name: str
    group: str
    writing: Writing = field(default_factory=Writing)
    paper: tuple[float, float] = (0.85, 1.0)
    pen: tuple[float, float] = (0.0, 0.3)
    printed: Printed | None = None
    around: Callable[[Ink, Generator], Ink] | None = None
    light: float = 0.0
    noise: float = 0.01
    quality: int | None = None

    def line(self, images: Pixels, labels: NDArray[np.int64], rng: Generator) -> Line:
        """Return a line of 1 to 12 of these digits.

        Parameters
        ----------
        images : ndarray of shape (n, 28, 28), uint8
            MNIST's.
        labels : ndarray of shape (n,)
            Their digits.
        rng : numpy Generator
            Chooses what varies.
        """
        chosen = rng.integers(len(images), size=rng.integers(1, 13))
        text = "".join(str(digit) for digit in labels[chosen])
        return Line(self.photographed(self.writing.written(images[chosen], rng).ink, rng), text)

    def photographed(self, ink: Ink, rng: Generator) -> Pixels:
        """Return the image of a sheet with this ink.

        Parameters
        ----------
        ink : ndarray of shape (h, w), float32
            How much of it is where, from 0 to 1.
        rng : numpy Generator
            Chooses what varies.
        """
        paper, pen = rng.uniform(*self.paper), rng.uniform(*self.pen)
        sheet = np.full_like(ink, paper)
        if self.printed is not None:
            sheet *= 1 - self.printed(ink, rng)
        seen = sheet + (np.minimum(pen, sheet) - sheet) * ink
        seen *= 1 - self.light * np.linspace(0, 1, seen.shape[1], dtype=np.float32)
        if self.around is not None:
            seen = self.around(seen, rng)
        return self._stored(seen, rng)

    def _stored(self, seen: Ink, rng: Generator) -> Pixels:
        noisy = seen + self.noise * rng.standard_normal(seen.shape, dtype=np.float32)
        pixels = np.round(255 * np.clip(noisy, 0, 1)).astype(np.uint8)
        if self.quality is None:
            return pixels
        file = BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=self.quality)
        return np.asarray(Image.open(file))


def _ruled(ink: Ink, rng: Generator) -> Ink:
    """Rule lines across, a little aslant."""
    height, width = ink.shape
    slope = rng.uniform(-0.02, 0.02)
    distance = height / rng.uniform(1.5, 4)
    rows, columns = np.ogrid[:height, :width]
    place = rows - slope * (columns - width / 2) + rng.uniform(0, distance)
    thickness = max(1.0, height / 90)
    return np.where(place % distance < thickness, np.float32(rng.uniform(0.15, 0.5)), 0)


def _squared(ink: Ink, rng: Generator) -> Ink:
    """Rule squares, a little aslant."""
    return np.maximum(_ruled(ink, rng), _ruled(np.ascontiguousarray(ink.T), rng).T)


def _underlined(ink: Ink, rng: Generator) -> Ink:
    """Draw a line by the same pen under the digits, sloping."""
    height, width = ink.shape
    bottom = np.flatnonzero((ink > INK).any(axis=1))[-1]
    rows, columns = np.ogrid[:height, :width]
    middle = bottom + height * rng.uniform(0.03, 0.08) + rng.uniform(-0.01, 0.01) * columns
    is_line = (abs(rows - middle) < max(1, height / 50)) & (columns > 0.03 * width)
    return np.where(is_line & (columns < 0.97 * width), np.float32(0.8), 0)


def _framed(ink: Ink, rng: Generator) -> Ink:
    """Draw a frame around all."""
    return _box(ink.shape, max(2, round(len(ink) * rng.uniform(0.01, 0.05))), margin=0.03)


def _boxed(ink: Ink, rng: Generator) -> Ink:
    """Draw a box whose left and right edges alone are seen."""
    thickness = max(1, round(len(ink) / 70))
    printed = np.zeros_like(ink)
    inset = round(len(ink) * rng.uniform(0.0, 0.05))
    printed[:, inset : inset + thickness] = 0.9
    printed[:, ink.shape[1] - inset - thickness : ink.shape[1] - inset] = 0.9
    return printed


def _box(shape: tuple[int, ...], thickness: int, margin: float) -> Ink:
    inset = round(shape[0] * margin)
    printed = np.zeros(shape, dtype=np.float32)
    outer = printed[inset : shape[0] - inset, inset : shape[1] - inset]
    outer[...] = 0.9
    outer[thickness:-thickness, thickness:-thickness] = 0
    return printed


def _with_black_bars(seen: Ink, rng: Generator) -> Ink:
    """Put black bars above and below, as resizing with padding does."""
    bar = round(len(seen) * rng.uniform(0.2, 0.6))
    return np.pad(seen, ((bar, bar), (0, 0)))


def _on_a_dark_desk(seen: Ink, rng: Generator) -> Ink:
    """Lay the paper on a desk."""
    margins = (np.asarray(seen.shape) * rng.uniform(0.05, 0.3)).astype(int)
    desk = rng.uniform(30, 90) / 255
    sides = [(int(margin * rng.uniform(0.2, 1)), int(margin)) for margin in margins]
    return np.pad(seen, sides, constant_values=desk)


def _turned_with_black_corners(seen: Ink, rng: Generator) -> Ink:
    """Turn the image by some degrees, which leaves black corners."""
    return np.asarray(ndimage.rotate(seen, rng.uniform(-4, 4), order=1, cval=0.0), dtype=np.float32)


CLEAN, TOUCHING, FRAMED, RULED, POOR = (
    "clean sheets, isolated digits",
    "touching and overlapping",
    "framed, boxed, barred, on a dark desk",
    "ruled, squared, underlined",
    "broken, thin, blurred",
)
_TOUCHING = Writing(touching=0.35)

KINDS = (
    Kind("black on white", CLEAN, paper=(1.0, 1.0), pen=(0.0, 0.0), noise=0.0),
    Kind("scan", CLEAN, noise=0.02, quality=70),
    Kind("photograph", CLEAN, light=0.4, noise=0.02, quality=60),
    Kind("wide apart", CLEAN, Writing(gap=(0.5, 1.5))),
    Kind("touching pairs", TOUCHING, _TOUCHING),
    Kind("touching triples", TOUCHING, replace(_TOUCHING, touching=0.5, most_in_a_row=3)),
    Kind("overlapping", TOUCHING, replace(_TOUCHING, overlap=(0.06, 0.18))),
    Kind("touching, photographed", TOUCHING, _TOUCHING, light=0.4, noise=0.02, quality=60),
    Kind("framed", FRAMED, printed=_framed),
    Kind("edges of a box", FRAMED, printed=_boxed),
    Kind("black bars", FRAMED, around=_with_black_bars),
    Kind("dark desk", FRAMED, around=_on_a_dark_desk),
    Kind("black corners", FRAMED, around=_turned_with_black_corners),
    Kind("ruled", RULED, printed=_ruled),
    Kind("squared", RULED, printed=_squared),
    Kind("underlined", RULED, printed=_underlined),
    Kind("broken", POOR, Writing(broken=0.5)),
    Kind("thin", POOR, Writing(thin=1.0)),
    Kind("blurred", POOR, Writing(blur=1.2), quality=40),
    Kind("pale", POOR, paper=(0.6, 0.9), pen=(0.4, 0.5), noise=0.02),
)
