"""How long a grid search takes: over rates, which share a graph, and over widths, which do not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mnistcnn
from benchmarks._benchmark import Benchmark, Case
from benchmarks._peers import PEERS
from benchmarks._results import SECONDS, Figure, Measurement, Results
from benchmarks._settings import Training
from benchmarks._tasks import seconds_of
from mnistcnn import load_sample_digits

Grid = dict[str, list[Any]]

RATES = [0.0003, 0.0006, 0.001, 0.002, 0.003, 0.006]
WIDTHS = [32, 48, 64, 96, 128, 192]
ALL_PEERS = ("scikeras", "keras.wrappers")
SCIKERAS_BARS = {"simple": 3.5, "baseline": 5.0}


@dataclass(frozen=True)
class Sizes:
    """What is searched."""

    n_images: int
    n_candidates: int
    n_folds: int
    epochs: int
    architectures: tuple[str, ...]
    peers: tuple[str, ...]


def _our_widths(architecture: str, widths: list[int]) -> Grid:
    template = mnistcnn.get_architecture(architecture)
    return {"architecture": [template], "architecture__dense_units": widths}


def _wrapper_grid(architecture: str, quantity: str, values: list[Any]) -> Grid:
    fixed = {"architecture": architecture, "learning_rate": 0.001}
    return {"model_kwargs": [{**fixed, quantity: value} for value in values]}


RATE_GRIDS: dict[str, Callable[[str, list[float]], Grid]] = {
    "ours": lambda _, rates: {"learning_rate": rates},
    "scikeras": lambda _, rates: {"optimizer__learning_rate": rates},
    "keras.wrappers": lambda name, rates: _wrapper_grid(name, "learning_rate", rates),
}
WIDTH_GRIDS: dict[str, Callable[[str, list[int]], Grid]] = {
    "ours": _our_widths,
    "scikeras": lambda _, widths: {"model__dense_units": widths},
    "keras.wrappers": lambda name, widths: _wrapper_grid(name, "dense_units", widths),
}
GRIDS = {"rates": (RATE_GRIDS, RATES), "widths": (WIDTH_GRIDS, WIDTHS)}


def grid_of(peer: str, over: str, architecture: str, n_candidates: int) -> Grid:
    """Return a grid in the parameters of one peer."""
    grids, values = GRIDS[over]
    return grids[peer](architecture, values[:n_candidates])  # type: ignore[operator, arg-type]


def time_search(
    *, peer: str, over: str, architecture: str, sizes: Sizes, repeat: int
) -> Measurement:
    """Time a `GridSearchCV` on the bundled digits, which begins without any traced graph."""
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    digits = load_sample_digits()
    X, y = PEERS[peer].convert(digits.images[: sizes.n_images]), digits.target[: sizes.n_images]
    training = Training(architecture, sizes.epochs)
    grid = grid_of(peer, over, architecture, sizes.n_candidates)
    folds = StratifiedKFold(sizes.n_folds)
    search = GridSearchCV(PEERS[peer].make(training, repeat), grid, cv=folds, n_jobs=1)
    if peer == "ours":
        mnistcnn.clear_cache()
    return {SECONDS: seconds_of(lambda: search.fit(X, y, **_fit_parameters(peer, training)))}


def _fit_parameters(peer: str, training: Training) -> dict[str, Any]:
    if peer != "keras.wrappers":
        return {}
    # `clone` loses its `fit_kwargs`.
    return {"epochs": training.epochs, "batch_size": training.batch_size, "verbose": 0}


def cases(sizes: Sizes) -> list[Case]:
    """Return every peer with each search."""
    return [
        Case(
            name_of(peer, over, architecture),
            time_search,
            {"peer": peer, "over": over, "architecture": architecture, "sizes": sizes},
            max_repeats=None if peer == "ours" or _bar(peer, over, architecture) else 1,
        )
        for architecture in sizes.architectures
        for over in GRIDS
        for peer in ("ours", *sizes.peers)
    ]


def name_of(peer: str, over: str, architecture: str) -> str:
    """Return the name of a case."""
    return f"{peer}, {architecture}, over {over}"


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return how often our searches are as fast."""
    return [
        Figure(
            f"{architecture}, over {over}: {peer} / ours",
            results.ratio(name_of(peer, over, architecture), name_of("ours", over, architecture)),
            at_least=_bar(peer, over, architecture),
        )
        for architecture in sizes.architectures
        for over in GRIDS
        for peer in sizes.peers
    ]


def _bar(peer: str, over: str, architecture: str) -> float | None:
    is_held = peer == "scikeras" and over == "rates"
    return SCIKERAS_BARS[architecture] if is_held else None


BENCHMARK = Benchmark(
    summary="seconds of a grid search of 6 candidates x 5 folds on the bundled digits",
    full=Sizes(1_797, 6, 5, 5, ("simple", "baseline"), ALL_PEERS),
    quick=Sizes(128, 1, 2, 1, ("baseline",), ("scikeras",)),
    cases=cases,
    figures=figures,
)
