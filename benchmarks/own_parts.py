"""What each own part of the training brings: fits with it, and with what Keras has in its place."""

import gc
import statistics
from dataclasses import dataclass
from functools import cache
from typing import Any

import mnistcnn
from benchmarks._ablation import (
    ADAM,
    DROPOUT,
    LOOPS,
    NORMALIZATION,
    loop_without,
    parameters_without,
)
from benchmarks._benchmark import Benchmark, Case
from benchmarks._data import SIDE
from benchmarks._results import SECONDS, Figure, Measurement, Results
from benchmarks._tasks import WARM_UP_IMAGES, peer_images, seconds_of

# What brings less is not worth its lines.
WORTH_ITS_LINES = 1.03
FIRST = "first_fit_seconds"


@dataclass(frozen=True)
class Network:
    """An architecture, what it computes in, and the own parts that its training uses.

    Parameters
    ----------
    architecture : str
        A name from `mnistcnn.list_architectures`.
    precision : str
        As the classifier takes it.
    parts : tuple of str
        What is taken away, one at a time.
    """

    architecture: str
    precision: str
    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """How tables and processes name it."""
        return f"{self.architecture}, {self.precision}"


@dataclass(frozen=True)
class Sizes:
    """What is fitted: one epoch, once with tracing and then some times without."""

    n_images: int
    n_further_fits: int
    networks: tuple[Network, ...]


def time_fits(*, part: str | None, network: Network, sizes: Sizes, repeat: int) -> Measurement:
    """Time a fit that traces its network, and the median of some that find it traced."""
    X, y = peer_images("ours", sizes.n_images, SIDE)
    _warm_up(part, network)
    # Estimators in circles of references hold their networks until they are collected.
    gc.collect()
    mnistcnn.clear_cache()
    with loop_without(part, X, y):
        first, *further = (
            seconds_of(lambda: _classifier(part, network, repeat).fit(X, y))
            for _ in range(1 + sizes.n_further_fits)
        )
    return {SECONDS: statistics.median(further), FIRST: first}


@cache
def _warm_up(part: str | None, network: Network) -> None:
    X, y = peer_images("ours", WARM_UP_IMAGES, SIDE)
    with loop_without(part, X, y):
        _classifier(part, network, 0).fit(X, y)


def _classifier(part: str | None, network: Network, seed: int) -> Any:
    return mnistcnn.DigitCNNClassifier(
        **parameters_without(part, network.architecture),
        epochs=1,
        precision=network.precision,
        random_state=seed,
    )


def cases(sizes: Sizes) -> list[Case]:
    """Return each network with all own parts, and without each."""
    return [
        Case(
            name_of(network, part),
            time_fits,
            {"part": part, "network": network, "sizes": sizes},
            # What differs is put back after each fit, and processes differ more than that.
            process=network.name,
            # Keras's own layers and Adam run on the other backends already.
            backend=None if part in (None, *LOOPS) else "tensorflow",
        )
        for network in sizes.networks
        for part in (None, *network.parts)
    ]


def name_of(network: Network, part: str | None) -> str:
    """Return the name of a case."""
    return f"{network.name}: all own" if part is None else f"{network.name}: without {part}"


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return the time without each part over that with all, traced networks and first fits."""
    return [
        figure
        for network in sizes.networks
        for part in network.parts
        for figure in _gains(results, name_of(network, part), name_of(network, None))
    ]


def _gains(results: Results, without: str, complete: str) -> list[Figure]:
    gain, first = (results.ratio(without, complete, quantity) for quantity in (SECONDS, FIRST))
    return [
        Figure(f"{without} / all own", gain, at_least=WORTH_ITS_LINES),
        Figure(f"{without} / all own, first fit", first),
    ]


BENCHMARK = Benchmark(
    summary="seconds of an epoch with the library's own parts, and without each of them",
    full=Sizes(
        n_images=10_000,
        n_further_fits=3,
        networks=(
            Network("simple", "float32", (ADAM, DROPOUT, *LOOPS)),
            Network("simple", "auto", (ADAM, DROPOUT, *LOOPS)),
            Network("fast", "float32", (ADAM, NORMALIZATION, *LOOPS)),
            Network("fast", "auto", (ADAM, NORMALIZATION, *LOOPS)),
            Network("accurate", "auto", (ADAM, DROPOUT, NORMALIZATION)),
        ),
    ),
    quick=Sizes(128, 1, (Network("accurate", "float32", (ADAM, DROPOUT, NORMALIZATION, *LOOPS)),)),
    cases=cases,
    figures=figures,
)
