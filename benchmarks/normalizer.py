"""How many images `DigitNormalizer` takes a second, on one core and on two."""

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks._benchmark import Benchmark, Case
from benchmarks._pen import strokes_of
from benchmarks._results import Figure, Measurement, Results
from benchmarks._scenes import SHEET, Scene
from mnistcnn import DigitNormalizer, load_sample_digits

SPEED = "images_per_second"
KINDS: dict[str, Scene] = {
    "28x28, gray": Scene(side=28, size=0.75),
    "200x200, pen": Scene(),
    "200x200, mouse line of 2 pixels": Scene(pen_pixels=2, smooth=False),
    "200x200, scan in colors": SHEET,
    "200x200, slanting light": replace(SHEET, gradient=0.5),
    "200x200, ruled paper": replace(SHEET, ruled=5),
    "1000x1000, pen": Scene(side=1000),
}
PEN, MOUSE = "200x200, pen", "200x200, mouse line of 2 pixels"


@dataclass(frozen=True)
class Sizes:
    """How many images are normalized at once, and how many different ones these are."""

    n_images: int
    n_different: int


def time_normalizer(*, kind: str, sizes: Sizes, n_jobs: int, repeat: int) -> Measurement:
    """Time `transform` on images that are in memory."""
    images = _images(kind, sizes, repeat)
    normalizer = DigitNormalizer(n_jobs=n_jobs)
    # Starts the workers and fills the tables that are kept.
    normalizer.transform(images[: 2 * sizes.n_different])
    started = time.perf_counter()
    normalizer.transform(images)
    return {SPEED: len(images) / (time.perf_counter() - started)}


def _images(kind: str, sizes: Sizes, repeat: int) -> list[NDArray[np.uint8]]:
    scene = KINDS[kind]
    images = load_sample_digits().images[: sizes.n_different]
    different = [
        scene.image(strokes_of(image), np.random.default_rng([repeat, number]))
        for number, image in enumerate(images)
    ]
    return different * (sizes.n_images // len(different))


def cases(sizes: Sizes) -> list[Case]:
    """Return each kind of image on one core, and one of them on two."""
    each = [Case(kind, time_normalizer, _arguments(kind, sizes, 1)) for kind in KINDS]
    return [*each, Case(f"{PEN}, n_jobs=2", time_normalizer, _arguments(PEN, sizes, 2))]


def _arguments(kind: str, sizes: Sizes, n_jobs: int) -> dict[str, object]:
    return {"kind": kind, "sizes": sizes, "n_jobs": n_jobs}


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return the speeds that have a bar, and what a second process adds."""
    del sizes
    bars = [
        Figure(f"{kind}: images per second", results.median(kind, SPEED), "", at_least=1500)
        for kind in (PEN, MOUSE)
    ]
    return [*bars, Figure("n_jobs=2 / 1", results.ratio(f"{PEN}, n_jobs=2", PEN, SPEED))]


BENCHMARK = Benchmark(
    summary="images per second through `DigitNormalizer`",
    full=Sizes(2000, 100),
    quick=Sizes(4, 2),
    cases=cases,
    figures=figures,
)
