"""Images as people take them of their own digits: paper, light, scanner, camera and screen."""

from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from benchmarks._pen import Pen, Strokes, draw

Color = tuple[float, float, float]
Pixels = NDArray[np.float32]
WHITE: Color = (1.0, 1.0, 1.0)
BLACK: Color = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Scene:
    """How a digit comes to be an image; each severity of a transformation is one of these.

    Parameters
    ----------
    side : int, default=200
        Height and width of the image in pixels.
    size : float, default=0.6
        The digit's longer side, as a part of the image's.
    pen : float, default=0.1
        Width of the line, as a part of the digit's longer side.
    pen_pixels : float or None, default=None
        Width of the line in pixels instead.
    smooth : bool, default=True
        Whether edges are anti-aliased.
    dash : float, default=0.0
        Part of the line that is missing.
    off_center : float, default=0.3
        How far from the middle the digit may lie, as a part of the room that there is.
    tilt : float, default=5.0
        Greatest rotation in degrees.
    inks, papers : tuple of colors
        Of which one each is chosen; red, green and blue from 0 to 1.
    gradient, shadow, vignette : float, default=0.0
        How much darker the light gets from side to side, behind an edge, and in the corners.
    ruled : int, default=0
        Number of ruled lines.
    grid : bool, default=False
        Whether there are as many vertical lines.
    rule : float, default=0.25
        How dark ruled lines are.
    frame : int, default=0
        Sides at which the edge of a box is seen.
    dust : int, default=0
        Number of specks.
    salt : float, default=0.0
        Part of the pixels that are black or white at random.
    blur : float, default=0.0
        Standard deviation in pixels, at 200 pixels a side.
    noise : float, default=0.0
        Standard deviation of each pixel's noise.
    quality : int or None, default=None
        JPEG's.
    levels : int or None, default=None
        Grays that are left.
    cut_out : bool, default=False
        Whether the image is the digit's box, stretched to a square.
    """

    side: int = 200
    size: float = 0.6
    pen: float = 0.1
    pen_pixels: float | None = None
    smooth: bool = True
    dash: float = 0.0
    off_center: float = 0.3
    tilt: float = 5.0
    inks: tuple[Color, ...] = (BLACK,)
    papers: tuple[Color, ...] = (WHITE,)
    gradient: float = 0.0
    shadow: float = 0.0
    vignette: float = 0.0
    ruled: int = 0
    grid: bool = False
    rule: float = 0.25
    frame: int = 0
    dust: int = 0
    salt: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    quality: int | None = None
    levels: int | None = None
    cut_out: bool = False

    def image(self, strokes: Strokes, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return an image of a digit.

        Parameters
        ----------
        strokes : Strokes
            The digit.
        rng : numpy Generator
            Chooses place, tilt, colors and noise.

        Returns
        -------
        ndarray of shape (side, side) or (side, side, 3), dtype uint8
            Gray, if all is gray.
        """
        shape = (self.side, self.side)
        ink = draw(strokes, self._placed(strokes, rng), shape, self._pen(), rng)
        ink = np.maximum(ink, _specks(shape, self.dust, rng))
        paper = np.asarray(self.papers[rng.integers(len(self.papers))], dtype=np.float32)
        color = np.asarray(self.inks[rng.integers(len(self.inks))], dtype=np.float32)
        sheet = paper * (1 - self._printed(rng))[..., np.newaxis]
        seen = sheet + (color - sheet) * ink[..., np.newaxis]
        seen = self._taken(seen * self._light(rng)[..., np.newaxis], rng)
        return self._stored(seen)

    def _pen(self) -> Pen:
        width = self.pen * self.size * self.side if self.pen_pixels is None else self.pen_pixels
        return Pen(width, self.smooth, self.dash)

    def _placed(self, strokes: Strokes, rng: np.random.Generator) -> NDArray[np.float64]:
        angle = np.deg2rad(rng.uniform(-self.tilt, self.tilt))
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        width = self._pen().width
        extent = max(self.size * self.side - width, 1)
        points = strokes.points @ turn * extent
        if self.cut_out:
            # Ones would be blocks of ink.
            points *= extent / np.maximum(np.ptp(points, axis=0), 0.35 * extent)
        room = np.maximum(self.side - np.ptp(points, axis=0) - width - 2, 0) / 2
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        return points - middle + self.side / 2 + self.off_center * rng.uniform(-room, room)

    def _printed(self, rng: np.random.Generator) -> Pixels:
        """Return ruled lines and frames: how dark they are."""
        printed = np.zeros((self.side, self.side), dtype=np.float32)
        thickness = max(1, round(self.side / 130))
        if self.ruled:
            _rule(printed, self.ruled, thickness, self.rule, rng)
        if self.ruled and self.grid:
            _rule(printed.T, self.ruled, thickness, self.rule, rng)
        for turns in rng.permutation(4)[: self.frame]:
            start = rng.integers(0, max(1, self.side // 30))
            np.rot90(printed, turns)[start : start + 2 * thickness] = 0.9
        return printed

    def _light(self, rng: np.random.Generator) -> Pixels:
        y, x = (np.indices((self.side, self.side), dtype=np.float32) + 0.5) / self.side - 0.5
        angle = rng.uniform(0, 2 * np.pi)
        along = x * np.cos(angle) + y * np.sin(angle)
        light = 1 - self.gradient * (along + 0.7) / 1.4
        edge = 1 / (1 + np.exp(-(along - rng.uniform(-0.25, 0.25)) * rng.uniform(15, 120)))
        light *= 1 - self.shadow * edge
        return np.asarray(light * (1 - self.vignette * 2 * (x**2 + y**2)), dtype=np.float32)

    def _taken(self, seen: Pixels, rng: np.random.Generator) -> Pixels:
        if self.blur:
            sigma = self.blur * self.side / 200
            seen = ndimage.gaussian_filter(seen, (sigma, sigma, 0))
        if self.noise:
            seen = seen + self.noise * rng.standard_normal(seen.shape, dtype=np.float32)
        if self.salt:
            chosen = rng.random(seen.shape[:2]) < self.salt
            seen = np.where(chosen[..., np.newaxis], rng.integers(2), seen)
        return np.clip(seen, 0, 1)

    def _stored(self, seen: Pixels) -> NDArray[np.uint8]:
        if self.levels:
            seen = np.round(seen * (self.levels - 1)) / (self.levels - 1)
        pixels = np.round(255 * seen).astype(np.uint8)
        if (np.ptp(pixels, axis=2) == 0).all():
            pixels = pixels[..., 0]
        if self.quality is None:
            return pixels
        file = BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=self.quality)
        return np.asarray(Image.open(file))


def _specks(shape: tuple[int, int], n: int, rng: np.random.Generator) -> Pixels:
    specks = np.zeros(shape, dtype=np.float32)
    most = max(2, shape[0] // 70)
    for _ in range(n):
        height, width = rng.integers(1, most + 1, size=2)
        top, left = rng.integers(0, np.array(shape) - most)
        specks[top : top + height, left : left + width] = rng.uniform(0.5, 1)
    return specks


def _rule(
    printed: Pixels, n_lines: int, thickness: int, darkness: float, rng: np.random.Generator
) -> None:
    """Rule lines across, in place, up to 2 degrees aslant."""
    side = printed.shape[0]
    slope = rng.uniform(-0.035, 0.035)
    distance = side / n_lines
    columns = np.arange(side)
    for top in np.arange(rng.uniform(0, distance), side, distance):
        rows = np.round(top + slope * (columns - side / 2)).astype(int)
        for row in (rows + offset for offset in range(thickness)):
            inside = (row >= 0) & (row < side)
            printed[row[inside], columns[inside]] = darkness


GRAY_PAPERS: tuple[Color, ...] = ((0.75,) * 3, (0.65,) * 3, (0.55,) * 3)
BLUE, RED, GREEN = (0.1, 0.2, 0.7), (0.8, 0.1, 0.15), (0.1, 0.55, 0.2)
YELLOW, ORANGE, PALE_BLUE, PINK = (1.0, 0.92, 0.2), (1.0, 0.6, 0.1), (0.6, 0.8, 1.0), (1, 0.6, 0.7)
SHEET = Scene(pen=0.07, noise=0.015, blur=0.5, papers=((0.95, 0.95, 0.93),), inks=((0.15,) * 3,))


@dataclass(frozen=True)
class Transformation:
    """One way in which images differ from MNIST's, at three severities.

    Parameters
    ----------
    name : str
        As the table names it.
    mild, medium, severe : Scene
        How it is simulated.
    """

    name: str
    mild: Scene
    medium: Scene
    severe: Scene

    def at(self, severity: str) -> Scene:
        """Return the scene of a severity by its name."""
        scene: Scene = getattr(self, severity)
        return scene


SEVERITIES = ("mild", "medium", "severe")


def _varied(name: str, start: Scene, *changes: dict[str, object]) -> Transformation:
    return Transformation(name, *(replace(start, **change) for change in changes))  # type: ignore[arg-type]


TRANSFORMATIONS = (
    _varied(
        "mouse line", Scene(smooth=False),
        {"pen_pixels": 3}, {"pen_pixels": 2}, {"pen_pixels": 1},
    ),
    _varied(
        "mouse line, large canvas", Scene(side=400, size=0.7, smooth=False),
        {"pen_pixels": 3}, {"pen_pixels": 2}, {"pen_pixels": 1},
    ),
    _varied("thick pen", Scene(), {"pen": 0.16}, {"pen": 0.2}, {"pen": 0.25}),
    _varied(
        "small, off center", Scene(off_center=1.0),
        {"size": 0.4}, {"size": 0.25}, {"size": 0.15, "pen": 0.12},
    ),
    _varied(
        "few pixels", Scene(size=0.9, pen=0.12, tilt=0),
        {"side": 24}, {"side": 16, "levels": 2}, {"side": 12, "levels": 17},
    ),
    _varied(
        "many pixels", Scene(pen=0.08),
        {"side": 600}, {"side": 1200}, {"side": 2000, "pen": 0.03},
    ),
    _varied("tilted", Scene(), {"tilt": 10}, {"tilt": 15}, {"tilt": 20}),
    _varied(
        "cut out of few pixels", Scene(size=1.0, pen=0.15, tilt=0, off_center=0, cut_out=True),
        {"side": 20}, {"side": 16, "levels": 2}, {"side": 8, "levels": 17},
    ),
    _varied("fills the image", Scene(off_center=0, pen=0.12),
        {"size": 0.9}, {"size": 0.96}, {"size": 1.0}),
    _varied(
        "pale on gray paper", replace(SHEET, papers=GRAY_PAPERS),
        {"inks": ((0.3,) * 3,)}, {"inks": ((0.42,) * 3,)}, {"inks": ((0.46,) * 3,), "noise": 0.03},
    ),
    _varied(
        "light on dark", SHEET,
        {"papers": ((0.0,) * 3,), "inks": (WHITE,)},
        {"papers": ((0.2, 0.25, 0.22),), "inks": ((0.8,) * 3,)},
        {"papers": ((0.3, 0.35, 0.32),), "inks": ((0.6,) * 3,), "gradient": 0.4},
    ),
    _varied("slanting light", SHEET, {"gradient": 0.3}, {"gradient": 0.5}, {"gradient": 0.75}),
    _varied("shadow edge", SHEET, {"shadow": 0.25}, {"shadow": 0.4}, {"shadow": 0.6}),
    _varied("vignette", SHEET, {"vignette": 0.4}, {"vignette": 0.6}, {"vignette": 0.85}),
    _varied(
        "ruled paper", SHEET,
        {"ruled": 4, "rule": 0.2}, {"ruled": 5, "rule": 0.35}, {"ruled": 6, "rule": 0.55},
    ),
    _varied(
        "squared paper", replace(SHEET, grid=True),
        {"ruled": 6, "rule": 0.15}, {"ruled": 8, "rule": 0.3}, {"ruled": 10, "rule": 0.45},
    ),
    _varied("edges of a box", SHEET, {"frame": 1}, {"frame": 2}, {"frame": 4}),
    _varied("dust", SHEET, {"dust": 5}, {"dust": 20}, {"dust": 60}),
    _varied("salt and pepper", Scene(), {"salt": 0.002}, {"salt": 0.01}, {"salt": 0.03}),
    _varied("camera noise", SHEET, {"noise": 0.05}, {"noise": 0.1}, {"noise": 0.2}),
    _varied("out of focus", SHEET, {"blur": 2}, {"blur": 4}, {"blur": 6}),
    _varied("JPEG", SHEET, {"quality": 40}, {"quality": 15}, {"quality": 5}),
    _varied(
        "broken line", Scene(pen=0.05),
        {"dash": 0.1}, {"dash": 0.2}, {"dash": 0.35},
    ),
    _varied(
        "colored ink", replace(SHEET, papers=(WHITE, (0.95, 0.92, 0.85), (0.8, 0.8, 0.8))),
        {"inks": (BLUE, RED, GREEN)}, {"inks": (ORANGE, PINK)}, {"inks": (YELLOW, PALE_BLUE)},
    ),
    _varied(
        "photograph", replace(SHEET, pen=0.06, blur=1, noise=0.03, size=0.5, off_center=0.6),
        {"gradient": 0.3, "vignette": 0.2, "quality": 60},
        {"gradient": 0.4, "vignette": 0.4, "quality": 30, "ruled": 4, "shadow": 0.3, "dust": 4},
        {"gradient": 0.5, "vignette": 0.5, "quality": 15, "ruled": 6, "shadow": 0.5, "dust": 10,
         "grid": True, "noise": 0.06, "blur": 2, "tilt": 15},
    ),
)  # fmt: skip
