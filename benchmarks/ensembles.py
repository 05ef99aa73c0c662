"""What an ensemble costs, to train and to ask, beside scikit-learn's around the same members."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mnistcnn
from benchmarks._benchmark import Benchmark, Case
from benchmarks._data import Labels, Pixels, load_images
from benchmarks._peers import PEERS
from benchmarks._results import SECONDS, Figure, Measurement, Results
from benchmarks._settings import Training
from benchmarks._tasks import fitted, seconds_of, seconds_of_call

ONE, ALL = "one_image_milliseconds", "all_images_milliseconds"
OURS, ALONE = "DigitEnsembleClassifier", "one member"
BAGGING, VOTING = "BaggingClassifier", "VotingClassifier"


@dataclass(frozen=True)
class Sizes:
    """What is fitted and asked."""

    n_images: int
    n_test_images: int
    n_calls: int
    n_members: int
    training: Training


def _ours(member: Any, n_members: int, seed: int) -> Any:
    return mnistcnn.DigitEnsembleClassifier(member, n_members, random_state=seed)


def _bagging(member: Any, n_members: int, seed: int) -> Any:
    from sklearn.ensemble import BaggingClassifier

    return BaggingClassifier(member, n_members, bootstrap=False, random_state=seed)


def _voting(member: Any, n_members: int, seed: int) -> Any:
    from sklearn.base import clone
    from sklearn.ensemble import VotingClassifier

    seeds = range(n_members * seed, n_members * (seed + 1))
    members = [(str(each), clone(member).set_params(random_state=each)) for each in seeds]
    return VotingClassifier(members, voting="soft")


def _alone(member: Any, n_members: int, seed: int) -> Any:  # noqa: ARG001
    return member


MAKE: dict[str, Callable[[Any, int, int], Any]] = {
    OURS: _ours,
    BAGGING: _bagging,
    VOTING: _voting,
    ALONE: _alone,
}


def time_ensemble(*, name: str, sizes: Sizes, repeat: int) -> Measurement:
    """Time a fit that traces its networks, in a process that is warm, and probabilities after."""
    fitted("ours", sizes.training)
    mnistcnn.clear_cache()
    X, y = _rows(sizes.n_images, "train")
    X_test, _ = _rows(sizes.n_test_images, "test")
    member = PEERS["ours"].make(sizes.training, repeat)
    ensemble = MAKE[name](member, sizes.n_members, repeat)
    seconds = seconds_of(lambda: ensemble.fit(X, y))
    ask = ensemble.predict_proba
    ask(X_test[:1])
    ask(X_test)
    singly = [seconds_of_call(ask, X_test[i : i + 1]) for i in range(sizes.n_calls)]
    return {
        SECONDS: seconds,
        ONE: 1000 * statistics.median(singly),
        ALL: 1000 * seconds_of(lambda: ask(X_test)),
    }


def _rows(n_images: int, subset: str) -> tuple[Pixels, Labels]:
    """Return flat rows, the only form that `BaggingClassifier` takes."""
    X, y = load_images(n_images, subset=subset)
    return X.reshape(len(X), -1), y


def cases(sizes: Sizes) -> list[Case]:
    """Return each kind of ensemble, and one member alone."""
    return [Case(name, time_ensemble, {"name": name, "sizes": sizes}) for name in MAKE]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return how often ours is as fast as scikit-learn's, and what it costs beside one member."""
    quantities = {
        "fit": SECONDS,
        "one image": ONE,
        f"{sizes.n_test_images:,} images": ALL,
    }
    pairs = [(BAGGING, OURS), (VOTING, OURS), (OURS, ALONE)]
    return [
        Figure(f"{what}: {over} / {under}", results.ratio(over, under, quantity))
        for what, quantity in quantities.items()
        for over, under in pairs
    ]


BENCHMARK = Benchmark(
    summary="seconds of fit and milliseconds of `predict_proba` of five members, one epoch each",
    full=Sizes(60_000, 10_000, 100, 5, Training("fast", epochs=1)),
    quick=Sizes(64, 32, 3, 2, Training("baseline", epochs=1)),
    cases=cases,
    figures=figures,
)
