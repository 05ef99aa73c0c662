"""Kills commands at random moments, looks at their files, and prints what came of it as JSON.

    python killed_commands.py KIND FOLDER SECONDS AT_LEAST

KIND is one of `KINDS`. Each command runs in a fork of this process, which has imported all that it
takes and computes nothing itself: what was forked after a network had run could not.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from mnist_files import write_data
from mnistcnn import fetch_mnist, load_sample_digits
from mnistcnn.cli import main as run_command
from mnistcnn.datasets._catalogue import MNIST, RemoteFile
from mnistcnn.storage import read_model_file, write_model_file
from trials import numbers

OLDER = "of an earlier run"
LONG_AGO = 3600


class Train:
    """``mnistcnn train`` over an older file."""

    def __init__(self, folder):
        save_digits(folder / "digits.npz", 200)
        self.file, self.older = folder / "digits.mnistcnn", OLDER.encode()
        self.words = [
            "train", "--data", folder / "digits.npz", "--model-file", self.file, "--force",
            "--quiet", "--architecture", "two_layer_mlp", "--epochs", "3",
        ]  # fmt: skip
        self.file.write_bytes(self.older)

    def run(self):
        command(*self.words)

    def check(self):
        if self.file.read_bytes() != self.older:
            read_model_file(self.file)

    def result(self):
        return read_model_file(self.file).sha256


class Compare:
    """``mnistcnn compare`` with a memory and a folder of results."""

    def __init__(self, folder):
        save_digits(folder / "digits.npz", 120)
        self.folder = folder / "results"
        self.words = [
            "compare", "--data", folder / "digits.npz", "--output", self.folder, "--force",
            "--quiet", "--architectures", "two_layer_mlp,baseline", "--cv", "2", "--epochs", "1",
            "--memory", folder / "memory",
        ]  # fmt: skip

    def run(self):
        command(*self.words)

    def check(self):
        if not (self.folder / "results.json").exists():
            return
        names = [row["architecture"] for row in self._details()["table"]]
        assert sorted(names) in (["two_layer_mlp"], ["baseline", "two_layer_mlp"]), names
        table = self.folder / "results.csv"
        if table.exists():
            assert list(pd.read_csv(table)["architecture"]) == names
        chart = self.folder / "comparison.png"
        if chart.exists():
            assert chart.read_bytes().endswith(b"IEND\xaeB`\x82")

    def result(self):
        return [record["accuracy"] for record in self._details()["folds"]]

    def _details(self):
        return json.loads((self.folder / "results.json").read_text("utf-8"))


class Submission:
    """``mnistcnn predict --submission`` over an older file."""

    def __init__(self, folder):
        import joblib
        from sklearn.linear_model import LogisticRegression

        digits = load_sample_digits(as_frame=True)
        digits.data.head(300).to_csv(folder / "test.csv", index=False)
        linear = LogisticRegression(max_iter=20, tol=1).fit(digits.data, digits.target)
        joblib.dump(linear, folder / "linear.joblib")
        self.file = folder / "submission.csv"
        self.file.write_text(OLDER)
        self.words = [
            "predict", folder / "test.csv", "--run-code-in-model-file",
            "--model-file", folder / "linear.joblib", "--submission", self.file, "--force",
            "--quiet",
        ]  # fmt: skip

    def run(self):
        command(*self.words)

    def check(self):
        if self.file.read_text() != OLDER:
            assert len(self.file.read_text().splitlines()) == 301

    def result(self):
        return self.file.read_text()


class Save:
    """A model file that takes another's place again and again."""

    def __init__(self, folder):
        self.folder, self.file = folder, folder / "digits.mnistcnn"
        finished(self._fit)
        self.allowed = [path.read_bytes() for path in sorted(folder.glob("?.mnistcnn"))]
        assert len(self.allowed) == 2
        self.file.write_bytes(self.allowed[0])

    def _fit(self):
        from mnistcnn import DigitCNNClassifier

        X, y = load_sample_digits(return_X_y=True)
        for name, architecture in (("a", "baseline"), ("b", "two_layer_mlp")):
            classifier = DigitCNNClassifier(architecture, epochs=1, random_state=0)
            classifier.fit(X[:100], y[:100]).save(self.folder / f"{name}.mnistcnn")

    def run(self):
        # What `save` does once it has looked at the network.
        both = [read_model_file(self.folder / f"{name}.mnistcnn") for name in "ab"]
        for number in range(40):
            content, arrays, _ = both[number % 2]
            write_model_file(self.file, content, arrays, overwrite=True)

    def check(self):
        assert self.file.read_bytes() in self.allowed

    def result(self):
        return hashlib.sha256(self.file.read_bytes()).hexdigest()


class Fetch:
    """`fetch_mnist` from a server on this machine that is slow."""

    def __init__(self, folder):
        write_data(folder / "mirror", MNIST, ".gz")
        self.home, files = folder / "home", {}
        for name, file in MNIST.files.items():
            content = (folder / "mirror" / file.name).read_bytes()
            sha256 = hashlib.sha256(content).hexdigest()
            files[name] = RemoteFile(file.name, len(content), sha256)
        vars(MNIST).update(files=files, mirrors=(slow_server(folder / "mirror"),))
        os.environ["no_proxy"] = "127.0.0.1"

    def run(self):
        for path in self.home.rglob("[!.]*.gz"):
            path.unlink()
        fetch_mnist(subset="all", data_home=self.home)

    def check(self):
        right = {file.name: file.sha256 for file in MNIST.files.values()}
        for path in self.home.rglob("*.gz"):
            if not path.name.startswith("."):
                assert hashlib.sha256(path.read_bytes()).hexdigest() == right[path.name], path

    def result(self):
        return sorted(path.name for path in self.home.rglob("*.gz"))


KINDS = {kind.__name__.lower(): kind for kind in (Train, Compare, Submission, Save, Fetch)}


def save_digits(path, n):
    X, y = load_sample_digits(return_X_y=True)
    np.savez(path, X=X[:n], y=y[:n])


def command(*words):
    run_command([str(word) for word in words])


def slow_server(folder):
    """Start a server that sends 2,000 bytes at a time, and return its address."""
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=folder)

        def log_message(self, *_):
            pass

        def copyfile(self, source, output):
            with suppress(OSError):
                while block := source.read(2000):
                    output.write(block)
                    time.sleep(0.02)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    parent = os.getpid()
    if not os.fork():
        import threading

        threading.Thread(target=server.serve_forever, daemon=True).start()
        while os.getppid() == parent:
            time.sleep(0.1)
        os._exit(0)
    return f"http://127.0.0.1:{server.server_port}/"


def started(task):
    """Fork a process that runs a task in silence, and return its number."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        silence = os.open(os.devnull, os.O_RDWR)
        os.dup2(silence, 1)
        task()
        status = 0
    except SystemExit as end:
        status = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def finished(task):
    """Fork a process that runs a task, wait, and return how long it took."""
    begun = time.perf_counter()
    _, status = os.waitpid(started(task), 0)
    if status:
        sys.exit(f"a run that nobody disturbed ended with {status}")
    return time.perf_counter() - begun


def was_killed(task, seconds):
    """Kill a run after so many seconds, and tell whether it had ended by then."""
    child = started(task)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def make_old(folder):
    """Have all that a kill left behind look as if it lay there for an hour."""
    then = time.time() - LONG_AGO
    for path in folder.rglob(".mnistcnn-*"):
        os.utime(path, (then, then))


def main(kind, folder, seconds, at_least):
    (folder / "alone").mkdir()
    (folder / "killed").mkdir()
    alone = KINDS[kind](folder / "alone")
    longest = finished(alone.run)
    task = KINDS[kind](folder / "killed")
    counts, faults = SimpleNamespace(runs=0, kills=0), []
    for number in numbers(seconds, at_least):
        moment = random.Random(f"{kind} {number}").uniform(0, longest)
        counts.runs += 1
        counts.kills += was_killed(task.run, moment)
        try:
            task.check()
        except Exception as error:
            faults.append(f"{kind} {number}: {error!r}")
    make_old(folder)
    finished(task.run)
    if task.result() != alone.result():
        faults.append(f"{kind}: {task.result()} after kills, {alone.result()} without")
    faults += [f"{kind} has left {path}" for path in folder.rglob(".mnistcnn-*")]
    print(json.dumps({**vars(counts), "faults": faults}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
