"""How long one fit takes, against every other way to train the same network."""

from dataclasses import dataclass, replace

from benchmarks._benchmark import Benchmark, Case
from benchmarks._results import Figure, Results
from benchmarks._settings import Training
from benchmarks._tasks import time_fit, time_fit_again

OURS, OURS_AUTO = "ours, float32", "ours, auto"
OURS_AGAIN = "ours, float32, graph reused"
LOOPS = ("hand-written, gathers in the graph", "hand-written, tf.data")
# None of them is part of a bar.
SLOW_PEERS = ("Keras, float32", "keras.wrappers", "skorch", "PyTorch loop")
ALL_PEERS = ("Keras, uint8", "scikeras", *SLOW_PEERS)


@dataclass(frozen=True)
class Sizes:
    """What is fitted."""

    n_images: int
    training: Training
    peers: tuple[str, ...]


def cases(sizes: Sizes) -> list[Case]:
    """Return us, the limit and the peers."""
    same = {"n_images": sizes.n_images, "training": sizes.training}
    ours = {**same, "peer": "ours"}
    auto = {**ours, "training": replace(sizes.training, precision="auto")}
    return [
        Case(OURS, time_fit, ours),
        Case(OURS_AUTO, time_fit, auto),
        Case(OURS_AGAIN, time_fit_again, ours),
        *(
            Case(
                peer,
                time_fit,
                {**same, "peer": peer},
                max_repeats=2 if peer in SLOW_PEERS else None,
            )
            for peer in (*LOOPS, *sizes.peers)
        ),
    ]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return how often we are as fast as the peers, and how near to the limit."""
    what = f"{sizes.training.architecture}, {sizes.n_images:,} images"
    return [
        Figure(f"{what}: scikeras / ours, float32", results.ratio("scikeras", OURS), at_least=1.7),
        Figure(
            f"{what}: scikeras / ours, auto", results.ratio("scikeras", OURS_AUTO), at_least=2.2
        ),
        Figure(f"{what}: ours, float32 / hand-written", _over_limit(results), at_most=1.15),
        *(
            Figure(f"{what}: {peer} / ours, float32", results.ratio(peer, OURS))
            for peer in sizes.peers
            if peer != "scikeras"
        ),
    ]


def _over_limit(results: Results) -> float | None:
    ratios = (results.ratio(OURS, loop) for loop in LOOPS)
    return max((ratio for ratio in ratios if ratio is not None), default=None)


BENCHMARK = Benchmark(
    summary="seconds of one fit, building and tracing included",
    full=Sizes(60_000, Training("simple", epochs=3), ALL_PEERS),
    quick=Sizes(128, Training("baseline", epochs=1), ("scikeras",)),
    cases=cases,
    figures=figures,
)
