"""``mnistcnn compare --engine``: real workers and schedulers, and none where one is named."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from threading import Thread

import pytest

from choice import long
from commands import COMMAND, assert_one_line, environment, mnistcnn

QUICK = ["--architectures", "baseline", "--cv", "3", "--epochs", "2", "--limit", "200", "--quiet"]


def refused(*arguments, status=2, mentions):
    # Long enough for a busy machine, too short for a connection that is tried for ever.
    answer = mnistcnn("compare", *QUICK, *arguments, timeout=60)
    assert_one_line(answer, status=status, mentions=mentions)


@pytest.mark.slow
class TestBadInput:
    @pytest.mark.parametrize("arguments", [[], ["--engine", "loky"], ["--engine", "threading"]])
    def test_a_scheduler_needs_an_engine_that_has_one(self, arguments):
        refused(*arguments, "--scheduler", "tcp://127.0.0.1:8786", mentions="--engine dask")

    @pytest.mark.parametrize(
        ("engine", "form"),
        [
            ("dask", "{}:{}"),
            ("ray", "tcp://{}:{}"),
            long("dask", "tcp://{}:{}"),
            long("ray", "{}:{}"),
        ],
    )
    def test_a_port_that_nobody_listens_at_is_named(self, engine, form):
        with socket.socket() as taken:
            # Bound, so that nobody else can listen there either.
            taken.bind(("127.0.0.1", 0))
            address = form.format(*taken.getsockname())
            mentions = f"no scheduler answers at {address}: Connection refused."
            refused("--engine", engine, "--scheduler", address, mentions=mentions)

    @pytest.mark.parametrize("engine", ["dask", "ray"])
    def test_somebody_who_is_silent_at_the_port_is_no_scheduler(self, engine):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = "{}:{}".format(*silent.getsockname())
            mentions = f"no scheduler answers at {address}: timed out."
            refused("--engine", engine, "--scheduler", address, mentions=mentions)

    @pytest.mark.parametrize(
        ("engine", "greeting"),
        [
            ("dask", b"SSH-2.0-OpenSSH_9.2\r\n"),
            ("ray", b"220 mail ready\r\n"),
            ("dask", b"no"),
            long("ray", b"SSH-2.0-OpenSSH_9.2\r\n"),
            long("dask", b"220 mail ready\r\n"),
            long("ray", b"no"),
        ],
    )
    def test_somebody_who_speaks_otherwise_at_the_port_is_no_scheduler(self, engine, greeting):
        with socket.create_server(("127.0.0.1", 0)) as other:

            def greet():
                with other.accept()[0] as connection:
                    connection.sendall(greeting)

            speaking = Thread(target=greet)
            speaking.start()
            address = "{}:{}".format(*other.getsockname())
            mentions = f"no scheduler answers at {address}: the server there is not a scheduler"
            refused("--engine", engine, "--scheduler", address, mentions=mentions)
            speaking.join()

    @pytest.mark.parametrize("address", ["localhost", "tcp://localhost:port", "tcp://:8786", ""])
    def test_an_address_without_a_port_is_refused(self, address):
        refused("--engine", "dask", "--scheduler", address, mentions="must be HOST:PORT")

    @pytest.mark.parametrize(("engine", "package"), [("dask", "distributed"), ("ray", "ray")])
    def test_an_engine_that_is_not_installed_is_named_with_its_extra(self, engine, package):
        # As in an environment that lacks the package.
        script = (
            "import importlib.util, sys\n"
            "find = importlib.util.find_spec\n"
            f"hide = lambda name, *rest: None if name == {package!r} else find(name, *rest)\n"
            "importlib.util.find_spec = hide\n"
            "from mnistcnn.cli import main\n"
            f"main(['compare', '--engine', {engine!r}])\n"
        )
        answer = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True, text=True, check=False, env=environment(),
        )  # fmt: skip
        assert_one_line(answer, status=2, mentions=f"pip install 'mnistcnn[{engine}]'")


def accuracies(*arguments):
    answer = mnistcnn(
        *("compare", *QUICK, "--json", *arguments),
        # One and two threads differ in the last bits.
        env=environment(TF_NUM_INTRAOP_THREADS="1", OMP_NUM_THREADS="1"),
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    return [fold["accuracy"] for fold in json.loads(answer.stdout)["folds"]]


@pytest.fixture(scope="module")
def without_engine():
    return accuracies()


@pytest.mark.slow
@pytest.mark.long
class TestEngines:
    # dask's workers are those of the scheduler below, ray's those that are killed.
    @pytest.mark.parametrize("engine", ["loky", "threading"])
    def test_every_engine_gives_the_same_accuracies(self, engine, without_engine):
        assert accuracies("--engine", engine, "--n-jobs", "2") == without_engine

    def test_a_scheduler_of_dask_that_runs_already_is_used(self, without_engine):
        from dask.distributed import LocalCluster

        settings = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
        with LocalCluster(n_workers=2, **settings) as cluster:
            address = cluster.scheduler_address
            assert accuracies("--engine", "dask", "--scheduler", address) == without_engine
            assert len(cluster.scheduler_info["workers"]) == 2

    def test_a_cluster_of_ray_that_runs_already_is_used(self, without_engine, monkeypatch):
        # One that `ray.init` starts by itself keeps its token to itself.
        monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
        script = (
            "import ray, sys\n"
            "started = ray.init('local', num_cpus=2, include_dashboard=False)\n"
            "print('address', started.address_info['gcs_address'], flush=True)\n"
            "sys.stdin.read()\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment(TF_NUM_INTRAOP_THREADS="1", OMP_NUM_THREADS="1"),
        ) as cluster:  # fmt: skip
            lines = iter(cluster.stdout.readline, "")
            address = next(line for line in lines if line.startswith("address")).split()[1]
            assert accuracies("--engine", "ray", "--scheduler", address) == without_engine
            cluster.stdin.close()

    @pytest.mark.parametrize("engine", ["loky", "ray"])
    def test_a_killed_worker_is_told_or_made_good(self, engine, without_engine):
        command = [*COMMAND, "compare", *QUICK, "--json", "--engine", engine, "--n-jobs", "2"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment(TF_NUM_INTRAOP_THREADS="1", OMP_NUM_THREADS="1"),
        ) as process:  # fmt: skip
            os.kill(a_worker_of(process), signal.SIGKILL)
            output, errors = process.communicate()
        if process.returncode == 0:
            folds = json.loads(output)["folds"]
            assert [fold["accuracy"] for fold in folds] == without_engine
        else:
            assert process.returncode == 1
            assert errors.startswith(f"mnistcnn: error: {engine} has lost a worker")

    @pytest.mark.parametrize("engine", ["loky", "dask", "ray"])
    def test_ctrl_c_ends_the_command_and_its_workers(self, engine):
        command = [*COMMAND, "compare", *QUICK, "--epochs", "500", "--engine", engine]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        ) as process:
            worker = a_worker_of(process)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate()
        assert process.returncode == 130
        assert errors == "mnistcnn: interrupted; use --output to keep results.\n"
        while is_alive(worker):
            time.sleep(0.1)


def a_worker_of(process):
    """Wait for a process among the descendants that has loaded TensorFlow, and return its id."""
    while process.poll() is None:
        for child in descendants(process.pid):
            if loads_tensorflow(child):
                return child
        time.sleep(0.1)
    raise AssertionError(process.communicate())


def descendants(pid):
    for child in children_of(pid):
        yield child
        yield from descendants(child)


def children_of(pid):
    """Return what ``pid`` has started; a process may end while it is read."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    children = []
    for thread in threads:
        with (
            contextlib.suppress(OSError),
            open(f"/proc/{pid}/task/{thread}/children") as file,
        ):
            children.extend(int(child) for child in file.read().split())
    return children


def loads_tensorflow(pid):
    try:
        with open(f"/proc/{pid}/maps") as file:
            return "tensorflow" in file.read()
    except OSError:
        return False


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
