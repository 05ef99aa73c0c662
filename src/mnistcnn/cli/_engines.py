"""``--engine`` and ``--scheduler``: where folds are fitted, from threads to a cluster."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

# What each needs beyond joblib.
PACKAGES = {"loky": "joblib", "threading": "joblib", "dask": "distributed", "ray": "ray"}
CLUSTERS = ("dask", "ray")

# What the engines raise where a worker is killed and its work not given to another.
LOSSES = {
    *("BrokenExecutor", "KilledWorker", "FutureCancelledError", "CommClosedError"),
    *("RayActorError", "WorkerCrashedError", "NodeDiedError"),
}

# To reach an address, to be answered there, and to be taken for a client.
SECONDS_TO_CONNECT = 4

engine_option: Decorator = click.option(
    "--engine",
    type=click.Choice(list(PACKAGES)),
    help="Fit the folds in processes (loky), in threads, or in dask or ray workers: --n-jobs of "
    "them, or one per core.",
)

scheduler_option: Decorator = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Use the workers of a running dask (tcp://HOST:8786) or ray (HOST:6379) cluster.",
)


class WorkerLost(click.ClickException):
    """A worker ended in the middle of its work, or the cluster did."""


def check_engine(engine: str | None, scheduler: str | None) -> None:
    """Refuse an engine that is not installed, and an address where nobody listens."""
    if scheduler is not None and engine not in CLUSTERS:
        raise click.UsageError("--scheduler needs --engine dask or --engine ray.")
    if engine is not None and find_spec(PACKAGES[engine]) is None:
        raise click.UsageError(
            f"--engine {engine} needs the package {PACKAGES[engine]}, which is not installed: "
            f"pip install 'mnistcnn[{engine}]'"
        )
    if scheduler is not None:
        _check_scheduler_answers(scheduler, engine)


@contextmanager
def parallel_engine(
    engine: str | None, scheduler: str | None, n_jobs: int | None
) -> Iterator[None]:
    """Have joblib use an engine in this thread; one that is started here ends with the block.

    Where no cluster runs, `n_jobs` says how many workers are started. `WorkerLost` is raised where
    one was killed and the engine has not run its work again.
    """
    from joblib import effective_n_jobs, parallel_config

    started = {"dask": _dask, "ray": _ray}.get(engine or "", _nothing)
    try:
        # Only what is started can be chosen.
        with (
            started(scheduler, effective_n_jobs(n_jobs)),
            parallel_config(engine, n_jobs=n_jobs) if engine else nullcontext(),
        ):
            yield
    except Exception as error:
        if LOSSES.isdisjoint(kind.__name__ for kind in type(error).__mro__):
            raise
        name = type(error).__name__
        raise WorkerLost(
            f"{engine or 'loky'} has lost a worker during a fit ({name}); run the command again "
            "with --memory, so that it only trains the missing fits."
        ) from error


@contextmanager
def _nothing(scheduler: str | None, n_workers: int) -> Iterator[None]:  # noqa: ARG001
    yield


@contextmanager
def _dask(scheduler: str | None, n_workers: int) -> Iterator[None]:
    from dask.distributed import Client, LocalCluster

    if scheduler is not None:
        with _connected(scheduler, lambda: Client(scheduler, timeout=SECONDS_TO_CONNECT)):
            yield
        return
    settings = {"dashboard_address": "127.0.0.1:0", "silence_logs": logging.CRITICAL}
    cluster = LocalCluster(n_workers=n_workers, threads_per_worker=1, **settings)
    with cluster, Client(cluster):
        yield


@contextmanager
def _ray(scheduler: str | None, n_workers: int) -> Iterator[None]:
    import ray
    from ray.util.joblib import register_ray

    settings = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    if scheduler is None:
        ray.init("local", num_cpus=n_workers, include_dashboard=False, **settings)
    else:
        _connected(scheduler, lambda: ray.init(scheduler.removeprefix("tcp://"), **settings))
    register_ray()
    try:
        yield
    finally:
        ray.shutdown()


def _connected(scheduler: str, connect: Callable[[], Any]) -> Any:
    try:
        return connect()
    except Exception as error:
        raise _wrong(f"{scheduler} is not the address of a scheduler: {error}") from error


def _check_scheduler_answers(scheduler: str, engine: str | None) -> None:
    address = urlsplit(scheduler if "://" in scheduler else f"tcp://{scheduler}")
    try:
        place = (address.hostname, address.port)
    except ValueError as error:
        raise _wrong(f"must be HOST:PORT, got {scheduler}.") from error
    if None in place:
        raise _wrong(f"must be HOST:PORT, got {scheduler}.")
    try:
        with socket.create_connection(place, SECONDS_TO_CONNECT) as connection:
            # Both kinds of schedulers speak first; with what is silent, dask and ray wait for ever,
            # and with what speaks another protocol, such as a web server, almost.
            if address.scheme != "tls":
                _check_greeting(connection, engine)
    except OSError as error:
        reason = error.strerror or error
        raise _wrong(f"no scheduler answers at {scheduler}: {reason}.") from error


def _check_greeting(connection: socket.socket, engine: str | None) -> None:
    connection.settimeout(SECONDS_TO_CONNECT)
    with connection.makefile("rb") as stream:
        greeting = stream.read(8)
    if not greeting:
        raise ConnectionResetError("the connection was closed")
    # Ray speaks HTTP/2, which begins with a frame of settings; dask begins with a length.
    is_expected = greeting[3:4] == b"\4" if engine == "ray" else greeting[4:] == bytes(4)
    if not is_expected:
        raise ConnectionError(f"the server there is not a scheduler of {engine}")


def _wrong(message: str) -> click.BadParameter:
    return click.BadParameter(message, param_hint="'--scheduler'")
