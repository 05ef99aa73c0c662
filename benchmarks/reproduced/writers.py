"""How the mistakes are spread over the people who wrote the digits."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

N_DRAWS = 10_000


class WriterErrors(NamedTuple):
    """The mistakes of some networks by writer.

    Attributes
    ----------
    error : float
        The mean error over images and networks, from 0 to 1.
    low, high : float
        The ends of its 95 % interval over writers.
    n_writers : int
        Writers of the test images.
    n_without_error : int
        Writers none of whose digits any of the networks got wrong.
    share_of_worst : float
        Share of all mistakes that fell on the tenth of the writers with the most.
    """

    error: float
    low: float
    high: float
    n_writers: int
    n_without_error: int
    share_of_worst: float


def errors_by_writer(
    runs: list[dict[str, Any]], writers: NDArray[np.int64], seed: int = 0
) -> WriterErrors:
    """Return how mistakes are spread over writers, with a bootstrap interval over writers.

    Digits of one person are wrong together, so an interval that took each digit for independent
    would be too narrow. The bootstrap draws whole writers with replacement, as Cameron, Gelbach and
    Miller's "Bootstrap-Based Improvements for Inference with Clustered Errors" (2008) describes.

    Parameters
    ----------
    runs : list of dict
        Records of one recipe on MNIST's test images.
    writers : ndarray of shape (n,)
        The writer of each test image.
    seed : int, default=0
        Of the draws.

    Examples
    --------
    >>> import numpy as np
    >>> run = {"wrong": [{"image": 0}, {"image": 1}]}
    >>> found = errors_by_writer([run], np.array([7, 7, 8, 8]))
    >>> found.error, found.n_writers, found.n_without_error, found.share_of_worst
    (0.5, 2, 1, 1.0)
    """
    names, writer_of = np.unique(writers, return_inverse=True)
    n_images = np.bincount(writer_of)
    wrong = np.array([each["image"] for run in runs for each in run["wrong"]], dtype=int)
    n_wrong = np.bincount(writer_of[wrong], minlength=len(names)) / len(runs)
    drawn = np.random.default_rng(seed).integers(len(names), size=(N_DRAWS, len(names)))
    errors = n_wrong[drawn].sum(axis=1) / n_images[drawn].sum(axis=1)
    low, high = np.quantile(errors, [0.025, 0.975])
    n_worst = max(1, len(names) // 10)
    worst = np.sort(n_wrong)[::-1][:n_worst].sum()
    return WriterErrors(
        error=float(n_wrong.sum() / n_images.sum()),
        low=float(low),
        high=float(high),
        n_writers=len(names),
        n_without_error=int((n_wrong == 0).sum()),
        share_of_worst=float(worst / max(n_wrong.sum(), 1e-12)),
    )
