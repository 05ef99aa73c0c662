"""How many pictures `DigitNormalizer` takes a second, on one core and on two."""

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks._benchmark import Benchmark, Contestant
from benchmarks._pen import strokes_of
from benchmarks._results import Figure, Measurement, Results
from benchmarks._scenes import SHEET, Scene
from mnistcnn import DigitNormalizer, load_sample_digits

SPEED = "pictures_a_second"
KINDS: dict[str, Scene] = {
    "28x28, grey": Scene(side=28, size=0.75),
    "200x200, pen": Scene(),
    "200x200, mouse line of 2 pixels": Scene(pen_pixels=2, smooth=False),
    "200x200, scan in colours": SHEET,
    "200x200, slanting light": replace(SHEET, gradient=0.5),
    "200x200, ruled paper": replace(SHEET, ruled=5),
    "1000x1000, pen": Scene(side=1000),
}
PEN, MOUSE = "200x200, pen", "200x200, mouse line of 2 pixels"


@dataclass(frozen=True)
class Sizes:
    """How many pictures are normalised at once, and how many different ones these are."""

    n_pictures: int
    n_different: int


def time_normalizer(*, kind: str, sizes: Sizes, n_jobs: int, repeat: int) -> Measurement:
    """Time `transform` on pictures that are in memory."""
    pictures = _pictures(kind, sizes, repeat)
    normalizer = DigitNormalizer(n_jobs=n_jobs)
    # Starts the workers and fills the tables that are kept.
    normalizer.transform(pictures[: 2 * sizes.n_different])
    started = time.perf_counter()
    normalizer.transform(pictures)
    return {SPEED: len(pictures) / (time.perf_counter() - started)}


def _pictures(kind: str, sizes: Sizes, repeat: int) -> list[NDArray[np.uint8]]:
    scene = KINDS[kind]
    images = load_sample_digits().images[: sizes.n_different]
    different = [
        scene.picture(strokes_of(image), np.random.default_rng([repeat, number]))
        for number, image in enumerate(images)
    ]
    return different * (sizes.n_pictures // len(different))


def contestants(sizes: Sizes) -> list[Contestant]:
    """Return each kind of picture on one core, and one of them on two."""
    each = [Contestant(kind, time_normalizer, _arguments(kind, sizes, 1)) for kind in KINDS]
    return [*each, Contestant(f"{PEN}, n_jobs=2", time_normalizer, _arguments(PEN, sizes, 2))]


def _arguments(kind: str, sizes: Sizes, n_jobs: int) -> dict[str, object]:
    return {"kind": kind, "sizes": sizes, "n_jobs": n_jobs}


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return the speeds that have a bar, and what a second process adds."""
    del sizes
    bars = [
        Figure(f"{kind}: pictures a second", results.median(kind, SPEED), "", at_least=1500)
        for kind in (PEN, MOUSE)
    ]
    return [*bars, Figure("n_jobs=2 / 1", results.ratio(f"{PEN}, n_jobs=2", PEN, SPEED))]


BENCHMARK = Benchmark(
    summary="pictures a second through `DigitNormalizer`",
    full=Sizes(2000, 100),
    quick=Sizes(4, 2),
    contestants=contestants,
    figures=figures,
)
