"""How the time of a fit grows with the number of images, and with their size."""

from dataclasses import dataclass

from benchmarks._benchmark import Benchmark, Case
from benchmarks._results import Figure, Results
from benchmarks._settings import Training
from benchmarks._tasks import time_fit_again

ALL_PEERS = ("Keras, uint8", "scikeras")


@dataclass(frozen=True)
class Sizes:
    """The numbers of images, the sides of the larger ones, and how many of those there are."""

    n_images: tuple[int, ...]
    sides: tuple[int, ...]
    n_large_images: int
    training: Training
    peers: tuple[str, ...]

    def grid(self) -> list[tuple[int, int]]:
        """Return every number of images with the side of the images."""
        return [
            *((n_images, 28) for n_images in self.n_images),
            *((self.n_large_images, side) for side in self.sides),
        ]


def cases(sizes: Sizes) -> list[Case]:
    """Return every peer at every size."""
    return [
        Case(
            name_of(peer, n_images, side),
            time_fit_again,
            {"peer": peer, "training": sizes.training, "n_images": n_images, "side": side},
            # The bar is ours alone, and the larger images take peers minutes.
            max_repeats=None if peer == "ours" else 2,
        )
        for n_images, side in sizes.grid()
        for peer in ("ours", *sizes.peers)
    ]


def name_of(peer: str, n_images: int, side: int) -> str:
    """Return the name of a case."""
    return f"{peer}, {n_images:,} of {side}x{side}"


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return how proportional our time is, and how often it is as fast as the peers'."""
    few, many = sizes.n_images[-2:]
    growth = results.ratio(name_of("ours", many, 28), name_of("ours", few, 28))
    return [
        Figure(f"ours: {many:,} images / {few:,} images", growth, at_most=many / few),
        *(
            Figure(
                f"{n_images:,} of {side}x{side}: {peer} / ours",
                results.ratio(name_of(peer, n_images, side), name_of("ours", n_images, side)),
            )
            for n_images, side in sizes.grid()
            for peer in sizes.peers
        ),
    ]


BENCHMARK = Benchmark(
    summary="seconds of one epoch of `simple`; ours after an equal fit that has traced the network",
    full=Sizes(
        n_images=(1_000, 5_000, 15_000, 60_000),
        sides=(56, 84, 112),
        n_large_images=5_000,
        training=Training("simple", epochs=1),
        peers=ALL_PEERS,
    ),
    quick=Sizes((64, 128), (), 64, Training("baseline", epochs=1), ("Keras, uint8",)),
    cases=cases,
    figures=figures,
)
