"""The fingerprint of a fit: equal for fits with bit-equal results, different for all others."""

import hashlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

import mnistcnn
from mnistcnn._training import backends
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.network import Network
from mnistcnn._training.runtime import settings_of_programs

DIGEST_BYTES = 16


def fingerprint(
    program: str | None,
    network: Network,
    data: Iterable[TrainingData | None],
    config: TrainingConfig,
    seed: Sequence[int],
    others: Iterable[NDArray[Any]] = (),
) -> str:
    """Return a name made from a network as it begins, from data, settings, seeds and versions.

    `program` is what the network computes, as text, and `others` what else it begins with.
    Callbacks do not count, nor the code of a user's own functions: who asks adds what matters.
    """
    settings = (program, network.precision, network.trainability(), config.description, list(seed))
    digest = hashlib.blake2b(repr((settings, _versions())).encode(), digest_size=DIGEST_BYTES)
    for array in (*network.values(), *others, *_arrays(data)):
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _arrays(data: Iterable[TrainingData | None]) -> Iterator[NDArray[Any]]:
    for part in filter(None, data):
        yield from part.arrays()
        yield part.indices


def _versions() -> tuple[Any, ...]:
    """Return the versions and settings that may change the last bits of a result."""
    backend = sys.modules[backends.name()]
    versions = mnistcnn.__version__, keras.__version__, np.__version__
    return backend.__name__, backend.__version__, versions, settings_of_programs()
