"""How memory grows from fit to fit, and how much one fit takes at most; on Linux."""

import ctypes
import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
from sklearn.model_selection import ParameterGrid

import mnistcnn
from benchmarks._benchmark import Benchmark, Case
from benchmarks._peers import PEERS
from benchmarks._results import Figure, Measurement, Results, combined
from benchmarks._settings import Training
from benchmarks._tasks import peer_images
from benchmarks.onednn import SETTING
from benchmarks.search import WIDTH_GRIDS
from mnistcnn import load_sample_digits

GROWTH, PEAK = "growth_mebibytes", "peak_mebibytes"
# Of the narrowest network.
MIN_FILTERS = 32
ALL_GROWING = ("ours", "Keras, uint8", "scikeras", "keras.wrappers")
ALL_PEAKING = ("ours", "Keras, uint8", "Keras, float32", "scikeras")


@dataclass(frozen=True)
class Sizes:
    """How many fits, and of what."""

    first_fit: int
    last_fit: int
    search: Training
    n_images: int
    large: Training
    n_networks: int
    n_in_turn: int
    growing: tuple[str, ...]
    changing: tuple[str, ...]
    peaking: tuple[str, ...]

    @property
    def in_turn(self) -> str:
        """What the case of a few networks is called."""
        return f"{self.n_networks} fits of {self.n_in_turn} networks in turn"

    @property
    def without_onednn(self) -> str:
        """What the case of ever new networks without oneDNN is called."""
        return f"ours, {self.always_new}, without oneDNN"

    @property
    def always_new(self) -> str:
        """What the case of ever new networks is called."""
        return f"{self.n_networks} fits, each of another network"


def measure_growth(*, peer: str, sizes: Sizes, repeat: int) -> Measurement:
    """Fit and predict as a search does, and compare resident memory late and early."""
    digits = load_sample_digits()
    X, y = PEERS[peer].convert(digits.images), digits.target
    resident = []
    for index in range(sizes.last_fit):
        # A fresh rate every time, as in a random search.
        training = Training(
            sizes.search.architecture, sizes.search.epochs, learning_rate=0.001 + 1e-5 * index
        )
        PEERS[peer].make(training, repeat).fit(X, y).predict(X)
        gc.collect()
        resident.append(mebibytes("VmRSS"))
    early, late = resident[sizes.first_fit - 1], resident[-1]
    return {GROWTH: late - early, "resident_mebibytes": late}


def measure_networks_in_turn(*, peer: str, sizes: Sizes, repeat: int) -> Measurement:
    """Fit and predict with a few networks in turn, and compare memory late and early."""
    in_turn = np.arange(sizes.n_networks) % sizes.n_in_turn
    resident = [mebibytes("VmRSS") for _ in _fits(peer, in_turn, sizes, repeat)]
    # By then each of the networks was there twice.
    return _growth_from_to(resident[2 * sizes.n_in_turn - 1], resident[-1])


def measure_new_networks(*, peer: str, sizes: Sizes, repeat: int) -> Measurement:
    """Fit and predict with another network each time, and compare memory late and early.

    Networks that are kept for later fits are freed before memory is read, and free memory is
    returned to the system. The sizes come in a random order, so that the largest one does not come
    last: what it takes is not lost.
    """
    sizes_in_random_order = np.random.default_rng(0).permutation(sizes.n_networks)
    resident = []
    for number, _ in enumerate(_fits(peer, sizes_in_random_order, sizes, repeat), start=1):
        if number in (2 * sizes.n_in_turn, sizes.n_networks):
            mnistcnn.clear_cache()
            gc.collect()
            _return_free_memory()
            resident.append(mebibytes("VmRSS"))
    return _growth_from_to(*resident)


def _return_free_memory() -> None:
    """Have the C library return what is free: it keeps memory of blocks that differ in size."""
    with suppress(AttributeError):  # Others than glibc have no such function.
        ctypes.CDLL(None).malloc_trim(0)


def measure_without_onednn(*, sizes: Sizes, repeat: int) -> Measurement:
    """Do the same, in a new process, without oneDNN, which keeps kernels for each shape."""
    os.environ[SETTING] = "0"
    return measure_new_networks(peer="ours", sizes=sizes, repeat=repeat)


def _fits(peer: str, extra_filters: Iterable[int], sizes: Sizes, repeat: int) -> Iterator[None]:
    digits = load_sample_digits()
    X, y = PEERS[peer].convert(digits.images[:100]), digits.target[:100]
    for extra in extra_filters:
        [parameters] = ParameterGrid(
            WIDTH_GRIDS[peer](sizes.search.architecture, [MIN_FILTERS + int(extra)])
        )
        estimator = PEERS[peer].make(sizes.search, repeat).set_params(**parameters)
        estimator.fit(X, y).predict(X)
        gc.collect()
        yield


def _growth_from_to(early: float, late: float) -> Measurement:
    return {GROWTH: late - early, "resident_mebibytes": late}


def measure_peak(*, peer: str, sizes: Sizes, repeat: int) -> Measurement:
    """Fit once in a fresh process, and read the most memory that it ever held."""
    # Every process imports the same, so that only the fit makes a difference.
    import_module("mnistcnn.classifier")
    X, y = peer_images(peer, sizes.n_images, 28)
    estimator = PEERS[peer].make(sizes.large, repeat)
    before = {"before_mebibytes": mebibytes("VmRSS"), "peak_before_mebibytes": mebibytes("VmHWM")}
    estimator.fit(X, y)
    return {**before, PEAK: mebibytes("VmHWM")}


def mebibytes(quantity: str) -> float:
    """Return what the kernel says of this process."""
    for line in Path("/proc/self/status").read_text(encoding="utf8").splitlines():
        if line.startswith(f"{quantity}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"the kernel does not tell {quantity}")


def cases(sizes: Sizes) -> list[Case]:
    """Return those that fit often, those that change the network, and those that fit much."""
    return [
        *(_case(measure_growth, peer, "many fits", sizes) for peer in sizes.growing),
        *(_case(measure_networks_in_turn, peer, sizes.in_turn, sizes) for peer in sizes.changing),
        *(_case(measure_new_networks, peer, sizes.always_new, sizes) for peer in sizes.changing),
        Case(
            sizes.without_onednn,
            measure_without_onednn,
            {"sizes": sizes},
            backend="tensorflow",
        ),
        *(_case(measure_peak, peer, "one large fit", sizes) for peer in sizes.peaking),
    ]


def _case(task: Callable[..., Measurement], peer: str, what: str, sizes: Sizes) -> Case:
    takes_minutes = task is not measure_peak and peer != "ours"
    return Case(
        f"{peer}, {what}",
        task,
        {"peer": peer, "sizes": sizes},
        max_repeats=1 if takes_minutes else None,
    )


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return growth, ours and that of the peers, and our extra peak over Keras's own."""
    fits = f"resident memory from fit {sizes.first_fit} to {sizes.last_fit}"
    peak = {peer: results.median(f"{peer}, one large fit", PEAK) for peer in sizes.peaking}
    extra = combined(lambda ours, keras: ours - keras, peak["ours"], peak["Keras, uint8"])
    return [
        *_growth(results, sizes.growing, "many fits", fits, at_most=20),
        *_growth(
            results, sizes.changing, sizes.in_turn, f"growth over {sizes.in_turn}", at_most=20
        ),
        *_growth(results, sizes.changing, sizes.always_new, f"growth over {sizes.always_new}"),
        Figure(
            f"growth over {sizes.always_new}: ours without oneDNN",
            results.median(sizes.without_onednn, GROWTH),
            "MiB",
            at_most=20,
        ),
        Figure(
            f"peak of fit on {sizes.n_images:,} images: ours - Keras on the same uint8",
            extra,
            "MiB",
            at_most=15,
        ),
    ]


def _growth(
    results: Results, peers: Sequence[str], case: str, what: str, at_most: float | None = None
) -> list[Figure]:
    return [
        Figure(
            f"{what}: {peer}",
            results.median(f"{peer}, {case}", GROWTH),
            "MiB",
            at_most=at_most if peer == "ours" else None,
        )
        for peer in peers
    ]


BENCHMARK = Benchmark(
    summary="mebibytes of resident memory",
    full=Sizes(
        first_fit=10,
        last_fit=110,
        search=Training("simple", epochs=1),
        n_images=60_000,
        large=Training("simple", epochs=1),
        n_networks=300,
        n_in_turn=12,
        growing=ALL_GROWING,
        changing=("ours", "scikeras"),
        peaking=ALL_PEAKING,
    ),
    quick=Sizes(
        first_fit=1,
        last_fit=2,
        search=Training("baseline", epochs=1),
        n_images=128,
        large=Training("baseline", epochs=1),
        n_networks=5,
        n_in_turn=2,
        growing=("ours", "scikeras"),
        changing=("ours", "scikeras"),
        peaking=("ours", "Keras, uint8"),
    ),
    cases=cases,
    figures=figures,
    process="fresh",
)
