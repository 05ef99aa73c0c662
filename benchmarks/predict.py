"""How long predictions take, of one image and of many."""

from dataclasses import dataclass, replace

from benchmarks._benchmark import Benchmark, Case
from benchmarks._results import Figure, Results
from benchmarks._settings import Training
from benchmarks._tasks import time_predictions

OURS, OURS_AUTO = "ours, float32", "ours, auto"
# They pass through all checks of pixels, where `uint8` needs none.
OURS_ON_FLOATS = "ours, float rows"
ALL_PEERS = ("Keras, float32", "scikeras", "keras.wrappers", "skorch")
ONE, ALL = "one_image_milliseconds", "all_images_milliseconds"


@dataclass(frozen=True)
class Sizes:
    """What is predicted."""

    n_images: int
    n_calls: int
    training: Training
    peers: tuple[str, ...]


def cases(sizes: Sizes) -> list[Case]:
    """Return us and the peers."""
    same = {"n_images": sizes.n_images, "n_calls": sizes.n_calls, "training": sizes.training}
    ours = {**same, "peer": "ours"}
    auto = {**ours, "training": replace(sizes.training, precision="auto")}
    return [
        Case(OURS, time_predictions, ours),
        Case(OURS_AUTO, time_predictions, auto),
        Case(OURS_ON_FLOATS, time_predictions, {**same, "peer": OURS_ON_FLOATS}),
        *(Case(peer, time_predictions, {**same, "peer": peer}) for peer in sizes.peers),
    ]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return our times, and how often they are as fast as the peers'."""
    name, many = sizes.training.architecture, f"{sizes.n_images:,} images"
    by_scikeras = {quantity: results.ratio("scikeras", OURS, quantity) for quantity in (ONE, ALL)}
    return [
        Figure(f"{name}, one image: scikeras / ours", by_scikeras[ONE], at_least=50),
        Figure(f"{name}, one image: ours", results.median(OURS, ONE), "ms", at_most=0.7),
        Figure(f"{name}, one image of floats: ours", results.median(OURS_ON_FLOATS, ONE), "ms"),
        Figure(f"{name}, {many}: scikeras / ours", by_scikeras[ALL], at_least=1.7),
        Figure(f"{name}, {many}: ours, float32 / auto", results.ratio(OURS, OURS_AUTO, ALL)),
    ]


BENCHMARK = Benchmark(
    summary="milliseconds of `predict`",
    full=Sizes(10_000, 100, Training("simple", epochs=1), ALL_PEERS),
    quick=Sizes(64, 3, Training("baseline", epochs=1), ("scikeras",)),
    cases=cases,
    figures=figures,
)
