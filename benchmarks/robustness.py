"""Accuracy on images as people take them, before and after `DigitNormalizer`.

The digits are of MNIST's test set, redrawn with other pens on other papers (`_scenes.py`). The
normalizer was made with such images of training digits, so what the table shows is how much is
lost on kinds of images that were thought of, not on those that were not.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks._benchmark import Benchmark, Case
from benchmarks._data import SIDE, Labels, load_images, source
from benchmarks._pen import strokes_of
from benchmarks._results import Figure, Measurement, Results
from benchmarks._scenes import SEVERITIES, TRANSFORMATIONS
from mnistcnn import DigitNormalizer, load_pretrained, load_sample_digits
from mnistcnn.images import gray_over_white

Pixels = NDArray[np.uint8]
SPEED = "normalized_per_second"


@dataclass(frozen=True)
class Sizes:
    """How many digits are redrawn in each way."""

    n_images: int
    transformations: tuple[str, ...]


def resized(simulated: list[Pixels]) -> NDArray[np.uint8]:
    """Return what nearly everybody tries first: the gray image, shrunk to 28x28."""
    grays = (Image.fromarray(gray_over_white(image)) for image in simulated)
    small = (gray.resize((SIDE, SIDE), Image.Resampling.BOX) for gray in grays)
    return np.stack([np.round(255 * np.asarray(gray)).astype(np.uint8) for gray in small])


def inverted(simulated: list[Pixels]) -> NDArray[np.uint8]:
    """Return what they try next: the same, inverted where most of it is light."""
    small = resized(simulated)
    light = small.mean(axis=(1, 2)) > 127
    return np.where(light[:, np.newaxis, np.newaxis], 255 - small, small)


def normalized(simulated: list[Pixels]) -> NDArray[np.uint8]:
    """Return what the library makes of them."""
    return DigitNormalizer(empty="blank").transform(simulated)


METHODS: dict[str, Callable[[list[Pixels]], NDArray[np.uint8]]] = {
    "plain": resized,
    "inverted": inverted,
    "normalized": normalized,
}


def score_transformation(*, name: str, n_images: int, repeat: int) -> Measurement:
    """Simulate images of one kind, and score the pretrained network on them."""
    images, target = _digits(n_images)
    measured: Measurement = {}
    seconds = 0.0
    for severity in SEVERITIES:
        simulated = _simulated(name, severity, images, repeat)
        started = time.perf_counter()
        normalized(simulated)
        seconds += time.perf_counter() - started
        if source() == "MNIST":
            for method, prepare in METHODS.items():
                right = _network().predict(prepare(simulated)) == target
                measured[f"{method}_{severity}"] = 100 * float(right.mean())
    return {**measured, SPEED: len(SEVERITIES) * len(images) / seconds}


def _digits(n_images: int) -> tuple[NDArray[np.uint8], Labels]:
    if source() == "synthetic":
        digits = load_sample_digits()
        return digits.images[:n_images], digits.target[:n_images]
    return load_images(n_images, subset="test")


def _simulated(name: str, severity: str, images: NDArray[np.uint8], repeat: int) -> list[Pixels]:
    index, transformation = next((i, t) for i, t in enumerate(TRANSFORMATIONS) if t.name == name)
    seed = [repeat, index, SEVERITIES.index(severity)]
    scene = transformation.at(severity)
    return [
        scene.image(strokes_of(image), np.random.default_rng([*seed, number]))
        for number, image in enumerate(images)
    ]


@cache
def _network() -> Any:
    return load_pretrained()


def cases(sizes: Sizes) -> list[Case]:
    """Return each transformation."""
    return [
        Case(name, score_transformation, {"name": name, "n_images": sizes.n_images})
        for name in sizes.transformations
    ]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return the mean over all transformations for each method and severity, and the speed."""
    means = [
        Figure(f"{method}, {severity}: mean", _mean(results, sizes, f"{method}_{severity}"), "%")
        for method in METHODS
        for severity in SEVERITIES
    ]
    return [*means, Figure("normalized per second: mean", _mean(results, sizes, SPEED), "images")]


def _mean(results: Results, sizes: Sizes, quantity: str) -> float | None:
    values = [results.mean(name, quantity) for name in sizes.transformations]
    present = [value for value in values if value is not None]
    return float(np.mean(present)) if present else None


BENCHMARK = Benchmark(
    summary="percent right on simulated images of three severities, with the pretrained network",
    full=Sizes(200, tuple(transformation.name for transformation in TRANSFORMATIONS)),
    quick=Sizes(2, ("mouse line", "few pixels")),
    cases=cases,
    figures=figures,
    process="fresh",
)
