"""How long a fit takes that `memory` holds: building the network, naming the fit, reading it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from benchmarks._benchmark import Benchmark, Case
from benchmarks._data import SIDE
from benchmarks._peers import PEERS
from benchmarks._results import SECONDS, Figure, Measurement, Results
from benchmarks._settings import Training
from benchmarks._tasks import fitted, peer_images, seconds_of

BARS = {1_500: 0.05, 60_000: 0.5}


@dataclass(frozen=True)
class Sizes:
    """What was fitted before, on so many images each time."""

    architectures: tuple[str, ...]
    numbers_of_images: tuple[int, ...]


def time_reading(*, architecture: str, n_images: int, repeat: int) -> Measurement:
    """Time a fit in a process that has fitted other images, after an equal one was kept."""
    training = Training(architecture, epochs=1)
    fitted("ours", training)
    X, y = peer_images("ours", n_images, SIDE)
    classifier = PEERS["ours"].make(training, repeat).set_params(memory=_folder())
    if not classifier.fit(X, y).from_memory_:
        classifier.fit(X, y)
    seconds = seconds_of(lambda: classifier.fit(X, y))
    if not classifier.from_memory_:
        raise RuntimeError("the fit was trained")
    return {SECONDS: seconds}


@cache
def _folder() -> Path:
    return Path(mkdtemp())


def cases(sizes: Sizes) -> list[Case]:
    """Return each network with each number of images."""
    return [
        Case(
            _name(architecture, n_images),
            time_reading,
            {"architecture": architecture, "n_images": n_images},
        )
        for architecture in sizes.architectures
        for n_images in sizes.numbers_of_images
    ]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return the seconds of each."""
    return [
        Figure(
            f"{_name(architecture, n_images)}, seconds",
            results.median(_name(architecture, n_images)),
            unit="s",
            at_most=BARS.get(n_images),
        )
        for architecture in sizes.architectures
        for n_images in sizes.numbers_of_images
    ]


def _name(architecture: str, n_images: int) -> str:
    return f"{architecture}, {n_images} images"


BENCHMARK = Benchmark(
    summary="seconds of a fit that memory holds",
    full=Sizes(("baseline", "simple", "fast"), (1_500, 60_000)),
    quick=Sizes(("baseline",), (100,)),
    cases=cases,
    figures=figures,
)
