"""How long it takes to be how right on MNIST's test set, against scikit-learn's classifiers."""

from dataclasses import dataclass
from typing import Any

from benchmarks._benchmark import Benchmark, Case
from benchmarks._results import ACCURACY, Figure, Measurement, Results
from benchmarks._settings import Training
from benchmarks._tasks import time_and_score, time_and_score_estimator

DEFAULT, ACCURATE = "ours, fast, one epoch", 'ours, accurate, augmentation="mnist"'
SVC, MLP = "SVC(C=5, gamma=0.05)", "MLPClassifier"
ALL_PEERS = (SVC, MLP, "KNeighborsClassifier", "HistGradientBoostingClassifier")

# They take minutes each.
MEASURED_ONCE = (SVC, MLP, "HistGradientBoostingClassifier")

# What `time_and_score` passes on to peers that have no epochs.
NO_TRAINING = Training("fast", epochs=1)


@dataclass(frozen=True)
class Sizes:
    """What is fitted and scored."""

    n_images: int
    n_test_images: int
    accurate_epochs: int
    peers: tuple[str, ...]


def score_ours(
    *, peer: str, parameters: dict[str, Any], n_images: int, n_test_images: int, repeat: int
) -> Measurement:
    """Time and score our classifier with its defaults but for these parameters."""
    from mnistcnn import DigitCNNClassifier

    classifier = DigitCNNClassifier(random_state=repeat, **parameters)
    return time_and_score_estimator(classifier, peer, n_images, n_test_images)


def cases(sizes: Sizes) -> list[Case]:
    """Return ours, once quick and once accurate, and scikit-learn's."""
    same = {"n_images": sizes.n_images, "n_test_images": sizes.n_test_images}
    ours = {**same, "peer": "ours"}
    accurate = {
        "architecture": "accurate",
        "augmentation": "mnist",
        "epochs": sizes.accurate_epochs,
    }
    return [
        Case(DEFAULT, score_ours, {**ours, "parameters": {"epochs": 1}}),
        Case(ACCURATE, score_ours, {**ours, "parameters": accurate}),
        *(
            Case(
                peer,
                time_and_score,
                {**same, "peer": peer, "training": NO_TRAINING},
                max_repeats=1 if peer in MEASURED_ONCE else None,
            )
            for peer in sizes.peers
        ),
    ]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return seconds and accuracies, and our lead in both."""
    quick, accurate = results.median(DEFAULT), results.median(ACCURATE)
    quick_accuracy, best_accuracy = (results.mean(n, ACCURACY) for n in (DEFAULT, ACCURATE))
    return [
        Figure("fast, one epoch: fit with tracing", quick, "s", at_most=4),
        Figure("fast, one epoch: mean accuracy", quick_accuracy, "%", at_least=99.1),
        Figure("accurate, augmented: fit with tracing", accurate, "s", at_most=90),
        Figure("accurate, augmented: mean accuracy", best_accuracy, "%", at_least=99.6),
        *(figure for peer in sizes.peers for figure in _leads(results, peer)),
    ]


def _leads(results: Results, peer: str) -> list[Figure]:
    ratio, lead = results.ratio(peer, DEFAULT), results.lead(DEFAULT, peer)
    bars = (1, 0) if peer in (SVC, MLP) else (None, None)
    return [
        Figure(f"fit: {peer} / fast, one epoch", ratio, at_least=bars[0]),
        Figure(f"accuracy: fast, one epoch - {peer}", lead, "points", at_least=bars[1]),
    ]


BENCHMARK = Benchmark(
    summary="seconds of fit and accuracy on MNIST's test set",
    full=Sizes(60_000, 10_000, accurate_epochs=12, peers=ALL_PEERS),
    quick=Sizes(128, 32, accurate_epochs=1, peers=(SVC, "KNeighborsClassifier")),
    cases=cases,
    figures=figures,
    process="fresh",
)
