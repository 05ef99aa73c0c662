"""What a second job gains in a search whose fits take seconds."""

from dataclasses import dataclass
from typing import Any

from benchmarks._benchmark import Benchmark, Case
from benchmarks._peers import PEERS
from benchmarks._results import SECONDS, Figure, Measurement, Results
from benchmarks._settings import Training
from benchmarks._tasks import peer_images, seconds_of

RATES = [0.0003, 0.0006, 0.001, 0.002, 0.003, 0.006]
ALL_PRECISIONS = ("float32", "auto")
N_JOBS = (1, 2)


@dataclass(frozen=True)
class Sizes:
    """What is searched: two folds of these images for each candidate."""

    n_images: int
    n_candidates: int
    architecture: str
    epochs: int
    precisions: tuple[str, ...]


def time_search(
    *, peer: str, sizes: Sizes, precision: str, n_jobs: int, repeat: int
) -> Measurement:
    """Time a search without refit, by workers that have fitted before."""
    X, y = peer_images(peer, sizes.n_images, 28)
    training = Training(sizes.architecture, sizes.epochs, precision=precision)
    brief = Training(sizes.architecture, 1, precision=precision)
    few = slice(sizes.n_images // 100 + 40)
    _search(brief, RATES[:2], n_jobs, repeat).fit(X[few], y[few])
    search = _search(training, RATES[: sizes.n_candidates], n_jobs, repeat)
    return {SECONDS: seconds_of(lambda: search.fit(X, y)), **_each_fit(search)}


def _search(training: Training, rates: list[float], n_jobs: int, repeat: int) -> Any:
    from sklearn.model_selection import GridSearchCV

    estimator = PEERS["ours"].make(training, repeat)
    return GridSearchCV(estimator, {"learning_rate": rates}, cv=2, n_jobs=n_jobs, refit=False)


def _each_fit(search: Any) -> Measurement:
    return {"seconds_of_each_fit": float(search.cv_results_["mean_fit_time"].mean())}


def cases(sizes: Sizes) -> list[Case]:
    """Return each precision with one job and with two."""
    return [
        Case(
            name_of(precision, n_jobs),
            time_search,
            {"peer": "ours", "sizes": sizes, "precision": precision, "n_jobs": n_jobs},
            max_repeats=None if precision == "float32" else 2,
        )
        for precision in sizes.precisions
        for n_jobs in N_JOBS
    ]


def name_of(precision: str, n_jobs: int) -> str:
    """Return the name of a case."""
    return f"{precision}, n_jobs={n_jobs}"


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return how often two jobs are as fast as one."""
    bars = {"float32": 1.3, "auto": None}
    return [
        Figure(
            f"{precision}: n_jobs=1 / n_jobs=2",
            results.ratio(name_of(precision, 1), name_of(precision, 2)),
            at_least=bars[precision],
        )
        for precision in sizes.precisions
    ]


BENCHMARK = Benchmark(
    summary="seconds of a search of 12 fits, workers warm",
    # Each fit sees half of the images; the epochs are to make it last about 5 seconds.
    full=Sizes(60_000, 6, "fast", epochs=3, precisions=ALL_PRECISIONS),
    quick=Sizes(80, 1, "baseline", epochs=1, precisions=("float32",)),
    cases=cases,
    figures=figures,
)
