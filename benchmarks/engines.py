"""The same search on each parallel engine, beside scikeras's on that engine."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from benchmarks._benchmark import Benchmark, Case
from benchmarks._peers import PEERS
from benchmarks._results import SECONDS, Figure, Measurement, Results
from benchmarks._settings import Training
from benchmarks._tasks import seconds_of
from benchmarks.search import RATES, grid_of
from mnistcnn import load_sample_digits
from mnistcnn.cli._engines import parallel_engine

WORKERS = 2
PACKAGES = {"dask": ("distributed",), "ray": ("ray",)}


@dataclass(frozen=True)
class Sizes:
    """What is searched, and where."""

    n_images: int
    n_candidates: int
    architecture: str
    epochs: int
    engines: tuple[str, ...]
    peers: tuple[str, ...]


def time_search(*, peer: str, engine: str, sizes: Sizes, repeat: int) -> Measurement:
    """Time a search without refit, by workers that have fitted before."""
    digits = load_sample_digits()
    X, y = PEERS[peer].convert(digits.images[: sizes.n_images]), digits.target[: sizes.n_images]
    few = slice(sizes.n_images // 2)
    with _started(engine):
        _search(peer, sizes, WORKERS, epochs=1, seed=repeat).fit(X[few], y[few])
        search = _search(peer, sizes, sizes.n_candidates, epochs=sizes.epochs, seed=repeat)
        return {SECONDS: seconds_of(lambda: search.fit(X, y))}


def _started(engine: str) -> AbstractContextManager[Any]:
    if engine == "sequential":
        return nullcontext()
    return parallel_engine(engine, None, n_jobs=WORKERS)


def _search(peer: str, sizes: Sizes, n_candidates: int, *, epochs: int, seed: int) -> Any:
    from sklearn.model_selection import GridSearchCV

    estimator = PEERS[peer].make(Training(sizes.architecture, epochs), seed)
    grid = grid_of(peer, "rates", sizes.architecture, n_candidates)
    return GridSearchCV(estimator, grid, cv=2, refit=False)


def cases(sizes: Sizes) -> list[Case]:
    """Return each peer on each engine."""
    return [
        Case(
            name_of(peer, engine),
            time_search,
            {"peer": peer, "engine": engine, "sizes": sizes},
            packages=PACKAGES.get(engine, ()),
        )
        for engine in sizes.engines
        for peer in sizes.peers
    ]


def name_of(peer: str, engine: str) -> str:
    """Return the name of a case."""
    return f"{peer}, {engine}"


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return how often our search is as fast on each engine."""
    return [
        Figure(
            f"{engine}: {peer} / ours",
            results.ratio(name_of(peer, engine), name_of("ours", engine)),
        )
        for engine in sizes.engines
        for peer in sizes.peers
        if peer != "ours"
    ]


BENCHMARK = Benchmark(
    summary="seconds of a search of 12 fits by two warm workers of each engine",
    full=Sizes(
        1_797,
        len(RATES),
        "simple",
        epochs=3,
        engines=("sequential", "loky", "threading", "dask", "ray"),
        peers=("ours", "scikeras"),
    ),
    quick=Sizes(80, 2, "baseline", 1, ("sequential", "threading"), ("ours", "scikeras")),
    cases=cases,
    figures=figures,
)
