"""What it costs and brings to look at each image several times, moved by a pixel or two."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from benchmarks._benchmark import Benchmark, Case
from benchmarks._data import load_images, source
from benchmarks._results import ACCURACY, Figure, Measurement, Results
from benchmarks._tasks import seconds_of

ALL = "all_images_milliseconds"

# As it is trained where its accuracy counts.
OTHER_PARAMETERS = {"accurate": {"augmentation": "mnist", "epochs": 12}}


@dataclass(frozen=True)
class Sizes:
    """What is fitted on the first images, and asked of the last, with these parameters."""

    n_images: int
    n_last_images: int
    numbers_of_views: tuple[int, ...]
    architectures: tuple[str, ...]
    epochs: int


def time_and_score_views(
    *, architecture: str, n_views: int, sizes: Sizes, repeat: int
) -> Measurement:
    """Time the answers to images of the training set that were not trained on, and score them."""
    from mnistcnn import TestTimeAugmentationClassifier

    X, y = load_images(sizes.n_images + sizes.n_last_images)
    X, y = X[sizes.n_images :], y[sizes.n_images :]
    views = TestTimeAugmentationClassifier(_fitted(architecture, sizes, repeat), n_views)
    right = views.predict(X) == y
    measured = {ALL: 1000 * seconds_of(lambda: views.predict(X))}
    if source() == "MNIST":
        measured[ACCURACY] = 100 * float(right.mean())
    return measured


@lru_cache(maxsize=1)
def _fitted(architecture: str, sizes: Sizes, repeat: int) -> Any:
    """Return the network that all numbers of views of one repeat share."""
    from mnistcnn import DigitCNNClassifier

    X, y = load_images(sizes.n_images)
    parameters = {"epochs": sizes.epochs, **OTHER_PARAMETERS.get(architecture, {})}
    return DigitCNNClassifier(architecture, random_state=repeat, **parameters).fit(X, y)


def cases(sizes: Sizes) -> list[Case]:
    """Return each architecture with each number of views; those of one share a process."""
    return [
        Case(
            _name(architecture, n_views),
            time_and_score_views,
            {"architecture": architecture, "n_views": n_views, "sizes": sizes},
            process=architecture,
        )
        for architecture in sizes.architectures
        for n_views in sizes.numbers_of_views
    ]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return how many times as long several views take as one, and what they bring."""
    one, *several = sizes.numbers_of_views
    return [
        figure
        for architecture in sizes.architectures
        for n_views in several
        for figure in _comparison(results, architecture, one, n_views)
    ]


def _comparison(results: Results, architecture: str, one: int, n_views: int) -> list[Figure]:
    many, alone = _name(architecture, n_views), _name(architecture, one)
    return [
        Figure(f"{architecture}: {n_views} views / {one}", results.ratio(many, alone, ALL)),
        Figure(
            f"{architecture}: mean accuracy, {n_views} views - {one}",
            results.lead(many, alone),
            "points",
        ),
    ]


def _name(architecture: str, n_views: int) -> str:
    return f"{architecture}, n_views={n_views}"


BENCHMARK = Benchmark(
    summary="milliseconds of `predict`, and accuracy on the last 10,000 training images",
    full=Sizes(50_000, 10_000, (1, 5, 9), ("simple", "fast", "accurate"), epochs=10),
    quick=Sizes(128, 32, (1, 5), ("baseline",), epochs=1),
    cases=cases,
    figures=figures,
)
