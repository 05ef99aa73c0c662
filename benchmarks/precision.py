"""What computing in bfloat16 costs in accuracy and gains in time."""

from dataclasses import dataclass

from benchmarks._benchmark import Benchmark, Case
from benchmarks._results import ACCURACY, Figure, Results
from benchmarks.time_to_accuracy import score_ours

PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Sizes:
    """What is fitted and scored, with the classifier's other defaults."""

    n_images: int
    n_test_images: int
    epochs: int
    architectures: tuple[str, ...]


def cases(sizes: Sizes) -> list[Case]:
    """Return each architecture in both precisions."""
    same = {"peer": "ours", "n_images": sizes.n_images, "n_test_images": sizes.n_test_images}
    return [
        Case(
            name_of(architecture, precision),
            score_ours,
            {
                **same,
                "parameters": {
                    "architecture": architecture,
                    "epochs": sizes.epochs,
                    "precision": precision,
                },
            },
        )
        for architecture in sizes.architectures
        for precision in PRECISIONS
    ]


def name_of(architecture: str, precision: str) -> str:
    """Return the name of a case."""
    return f"{architecture}, {precision}"


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return differences of mean accuracies over the seeds, and ratios of times."""
    return [figure for name in sizes.architectures for figure in _comparison(results, name)]


def _comparison(results: Results, architecture: str) -> list[Figure]:
    exact, short = (name_of(architecture, precision) for precision in PRECISIONS)
    lead = results.lead(short, exact, ACCURACY)
    loss = f"{architecture}: mean accuracy, bfloat16 - float32"
    return [
        Figure(loss, lead, "points", at_least=-0.05, at_most=0.05),
        Figure(f"{architecture}: fit, float32 / bfloat16", results.ratio(exact, short)),
    ]


BENCHMARK = Benchmark(
    summary="accuracy on MNIST's test set and seconds of fit, a seed each repeat",
    full=Sizes(60_000, 10_000, epochs=10, architectures=("fast",)),
    quick=Sizes(128, 32, epochs=1, architectures=("baseline",)),
    cases=cases,
    figures=figures,
)
