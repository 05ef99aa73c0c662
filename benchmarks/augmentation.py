"""What augmentation adds to an epoch."""

from dataclasses import dataclass, replace

from benchmarks._benchmark import Benchmark, Case
from benchmarks._results import Figure, Results
from benchmarks._settings import Training
from benchmarks._tasks import time_fit_again

ALL_PRESETS = ("light", "mnist", "strong", "handwriting")


@dataclass(frozen=True)
class Sizes:
    """What is fitted."""

    n_images: int
    training: Training
    presets: tuple[str, ...]


def cases(sizes: Sizes) -> list[Case]:
    """Return each preset, and none."""
    same = {"peer": "ours", "n_images": sizes.n_images}
    return [
        Case(
            name_of(preset),
            time_fit_again,
            {**same, "training": replace(sizes.training, augmentation=preset)},
        )
        for preset in (None, *sizes.presets)
    ]


def name_of(preset: str | None) -> str:
    """Return the name of a case."""
    return f"augmentation={preset!r}"


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return each preset's time over that of plain images."""
    name, bars = sizes.training.architecture, {"mnist": 1.25}
    return [
        Figure(
            f"{name}: epochs with {name_of(preset)} / without",
            results.ratio(name_of(preset), name_of(None)),
            at_most=bars.get(preset),
        )
        for preset in sizes.presets
    ]


BENCHMARK = Benchmark(
    summary="seconds of three epochs of `fast`, after an equal fit that has traced the network",
    full=Sizes(60_000, Training("fast", epochs=3, precision="auto"), ALL_PRESETS),
    quick=Sizes(128, Training("baseline", epochs=1), ("mnist",)),
    cases=cases,
    figures=figures,
)
