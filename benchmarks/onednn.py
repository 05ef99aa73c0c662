"""What oneDNN brings, which TensorFlow itself takes with AVX512-VNNI or more only."""

import os
from dataclasses import dataclass

from benchmarks._benchmark import Benchmark, Case
from benchmarks._results import Figure, Measurement, Results
from benchmarks._settings import Training
from benchmarks._tasks import time_fit_again

SETTING = "TF_ENABLE_ONEDNN_OPTS"
CHOICES = {"with oneDNN": "1", "without": "0"}


@dataclass(frozen=True)
class Sizes:
    """What is fitted: one epoch."""

    n_images: int
    architectures: tuple[str, ...]


def time_fit_with(
    *, choice: str, training: Training, peer: str, n_images: int, repeat: int
) -> Measurement:
    """Time a fit after an equal one, in a process that TensorFlow has started with this choice."""
    os.environ[SETTING] = CHOICES[choice]
    return time_fit_again(peer=peer, training=training, n_images=n_images, repeat=repeat)


def cases(sizes: Sizes) -> list[Case]:
    """Return every network with and without."""
    return [
        Case(
            f"{architecture}, {choice}",
            time_fit_with,
            {
                "choice": choice,
                "training": Training(architecture, epochs=1),
                "peer": "ours",
                "n_images": sizes.n_images,
            },
            backend="tensorflow",
        )
        for architecture in sizes.architectures
        for choice in CHOICES
    ]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return how many times as long it takes without."""
    return [
        Figure(
            f"{architecture}: without / with oneDNN",
            results.ratio(f"{architecture}, without", f"{architecture}, with oneDNN"),
        )
        for architecture in sizes.architectures
    ]


BENCHMARK = Benchmark(
    summary="seconds of one epoch in float32, with oneDNN and without",
    full=Sizes(12_000, ("baseline", "simple", "fast", "accurate")),
    quick=Sizes(64, ("baseline",)),
    cases=cases,
    figures=figures,
)
