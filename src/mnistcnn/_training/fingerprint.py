"""The name of a fit: equal for fits that would end bit-equal, another for any other."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn._training import backends
from mnistcnn._training.data import TrainingData
from mnistcnn._training.description import text_of_config
from mnistcnn._training.network import as_array
from mnistcnn._training.running import Run

DIGEST_BYTES = 16


def fingerprint(run: Run, seed: Sequence[int]) -> str:
    """Return a name made from a network as it begins, from data, settings and seeds.

    Callbacks do not count: a logger may be added to the rest of a fit.
    """
    digest = hashlib.blake2b(repr(_settings(run, seed)).encode(), digest_size=DIGEST_BYTES)
    for array in _arrays(run):
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _settings(run: Run, seed: Sequence[int]) -> list[Any]:
    config, network = run.config, run.compiled.network
    augmentation = config.augmentation and sorted(vars(config.augmentation).items())
    return [
        backends.name(),
        network.precision,
        text_of_config(network.model),
        network.trainability(),
        config.epochs,
        config.batch_size,
        config.trace_key,
        config.optimizer.lr_schedule,
        config.optimizer.learning_rate,
        config.patience,
        augmentation,
        list(seed),
    ]


def _arrays(run: Run) -> Iterator[NDArray[Any]]:
    # The optimizer's variables hold its rates, too.
    yield from run.compiled.network.values()
    yield from map(as_array, run.model.optimizer.variables)
    yield from _data_arrays(run.training)
    if run.validation is not None:
        yield from _data_arrays(run.validation)


def _data_arrays(data: TrainingData) -> Iterator[NDArray[Any]]:
    yield from data.arrays()
    yield data.indices
