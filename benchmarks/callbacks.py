"""What callbacks that act at epochs cost a fit whose epochs are programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import mnistcnn
from benchmarks._benchmark import Benchmark, Case
from benchmarks._data import SIDE
from benchmarks._peers import PEERS
from benchmarks._results import SECONDS, Figure, Measurement, Results
from benchmarks._settings import Training
from benchmarks._tasks import fitted, peer_images, seconds_of

NONE, OF_KERAS, BACKUP, OF_MLFLOW = (
    "no callbacks",
    "EarlyStopping, CSVLogger, ModelCheckpoint",
    "BackupAndRestore",
    "MlflowCallback",
)


@dataclass(frozen=True)
class Sizes:
    """What is fitted, and what listens to it."""

    n_images: int
    trainings: tuple[Training, ...]
    listeners: tuple[str, ...]


def time_fit(*, listeners: str, training: Training, n_images: int, repeat: int) -> Measurement:
    """Time a fit that has to build and trace its network, in a process that is warm."""
    fitted("ours", training)
    X, y = peer_images("ours", n_images, SIDE)
    classifier = PEERS["ours"].make(training, repeat)
    mnistcnn.clear_cache()
    with TemporaryDirectory() as folder, _listening(listeners, Path(folder)) as callbacks:
        classifier.set_params(callbacks=callbacks)
        return {SECONDS: seconds_of(lambda: classifier.fit(X, y))}


@contextmanager
def _listening(listeners: str, folder: Path) -> Iterator[list[Any]]:
    """Give callbacks, MLflow's within a run.

    At the end of a run MLflow waits for a second or so until its thread has written all: that is
    after the fit.
    """
    import keras

    of_keras = keras.callbacks
    if listeners == OF_MLFLOW:
        mlflow = _mlflow()
        with mlflow.start_run():
            yield [mlflow.keras.MlflowCallback()]
        return
    callbacks = {
        NONE: [],
        OF_KERAS: [
            of_keras.EarlyStopping("loss", patience=10),
            of_keras.CSVLogger(folder / "epochs.csv"),
            of_keras.ModelCheckpoint(folder / "{epoch}.keras"),
        ],
        BACKUP: [of_keras.BackupAndRestore(folder / "backup")],
    }
    yield callbacks[listeners]


@cache
def _mlflow() -> Any:
    """Return MLflow with an empty database, which takes seconds to make."""
    import mlflow
    import mlflow.keras

    folder = mkdtemp()
    mlflow.set_tracking_uri(f"sqlite:///{folder}/tracking.db")
    experiment = mlflow.create_experiment("callbacks", artifact_location=f"{folder}/artifacts")
    mlflow.set_experiment(experiment_id=experiment)
    return mlflow


def cases(sizes: Sizes) -> list[Case]:
    """Return each network with each kind of listeners."""
    return [
        Case(
            _name(training, listeners),
            time_fit,
            {"n_images": sizes.n_images, "training": training, "listeners": listeners},
            # Processes differ by more than callbacks cost.
            process=training.architecture,
            packages=("mlflow",) if listeners == OF_MLFLOW else (),
        )
        for training in sizes.trainings
        for listeners in sizes.listeners
    ]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return how much longer a fit takes with listeners than with none."""
    return [
        Figure(
            f"{_name(training, listeners)} / none",
            results.ratio(_name(training, listeners), _name(training, NONE)),
            at_most=1.05,
        )
        for training in sizes.trainings
        for listeners in sizes.listeners
        if listeners != NONE
    ]


def _name(training: Training, listeners: str) -> str:
    return f"{training.architecture}, {listeners}"


BENCHMARK = Benchmark(
    summary="seconds of one fit with callbacks that act at each epoch",
    full=Sizes(
        60_000,
        (Training("simple", epochs=3), Training("fast", epochs=3)),
        (NONE, OF_KERAS, BACKUP, OF_MLFLOW),
    ),
    quick=Sizes(128, (Training("baseline", epochs=1),), (NONE, OF_KERAS, BACKUP)),
    cases=cases,
    figures=figures,
)
