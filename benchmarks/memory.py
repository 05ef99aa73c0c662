"""How memory grows from fit to fit, and how much one fit takes at most; on Linux."""

import gc
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from benchmarks._benchmark import Benchmark, Case
from benchmarks._peers import PEERS
from benchmarks._results import Figure, Measurement, Results, combined
from benchmarks._settings import Training
from benchmarks._tasks import peer_images
from mnistcnn import load_sample_digits

GROWTH, PEAK = "growth_mebibytes", "peak_mebibytes"
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
    growing: tuple[str, ...]
    peaking: tuple[str, ...]


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
    """Return those that fit often, and those that fit much."""
    tasks = (
        (measure_growth, "many fits", sizes.growing),
        (measure_peak, "one large fit", sizes.peaking),
    )
    return [
        Case(
            f"{peer}, {what}",
            task,
            {"peer": peer, "sizes": sizes},
            max_repeats=1 if task is measure_growth and peer != "ours" else None,
        )
        for task, what, peers in tasks
        for peer in peers
    ]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return growth, ours and scikeras's, and our extra peak over Keras's own."""
    fits = f"resident memory from fit {sizes.first_fit} to {sizes.last_fit}"
    growth = {peer: results.median(f"{peer}, many fits", GROWTH) for peer in sizes.growing}
    peak = {peer: results.median(f"{peer}, one large fit", PEAK) for peer in sizes.peaking}
    extra = combined(lambda ours, keras: ours - keras, peak["ours"], peak["Keras, uint8"])
    return [
        Figure(f"{fits}: ours", growth["ours"], "MiB", at_most=20),
        *(Figure(f"{fits}: {peer}", growth[peer], "MiB") for peer in sizes.growing[1:]),
        Figure(
            f"peak of fit on {sizes.n_images:,} images: ours - Keras on the same uint8",
            extra,
            "MiB",
            at_most=15,
        ),
    ]


BENCHMARK = Benchmark(
    summary="mebibytes of resident memory",
    full=Sizes(
        first_fit=10,
        last_fit=110,
        search=Training("simple", epochs=1),
        n_images=60_000,
        large=Training("simple", epochs=1),
        growing=ALL_GROWING,
        peaking=ALL_PEAKING,
    ),
    quick=Sizes(
        first_fit=1,
        last_fit=2,
        search=Training("baseline", epochs=1),
        n_images=128,
        large=Training("baseline", epochs=1),
        growing=("ours", "scikeras"),
        peaking=("ours", "Keras, uint8"),
    ),
    cases=cases,
    figures=figures,
    process="fresh",
)
