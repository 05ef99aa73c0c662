"""A search that writes down each fit, as a process that tests kill and start again.

    python tests/killable_search.py KIND ENGINE MEMORY LOG

prints the scores as JSON. The log has a line a fit: the process, what was fitted, and whether it
was read back from the memory.
"""

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

N_FOLDS = 3


def noted_loss(estimator, X, y, *, log):
    """Score a fitted network, and write down that its fit is done."""
    from sklearn.metrics import log_loss

    fitted = {
        **{name: getattr(estimator, name) for name in ("learning_rate", "epochs")},
        "dropout": estimator.architecture.dropout,
        "fold": int(X.sum()),
    }
    line = json.dumps([os.getpid(), fitted, bool(estimator.from_memory_)])
    with open(log, "a", encoding="utf8") as file:
        file.write(line + "\n")
    return -log_loss(y, estimator.predict_proba(X), labels=range(10))


def searched(kind, memory, log):
    """Run the search and return its scores."""
    from sklearn.datasets import load_digits
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV

    from mnistcnn import DigitCNNClassifier
    from mnistcnn.architectures import Simple

    X, y = load_digits(return_X_y=True)
    X, y = X[:300], y[:300]
    network = DigitCNNClassifier(Simple(4, kernel_size=3), epochs=20, random_state=0, memory=memory)
    grid = {
        "architecture__dropout": [0.1, 0.3],
        "learning_rate": [1e-3, 3e-3, 1e-2, 3e-2],
    }
    scoring = partial(noted_loss, log=log)
    if kind == "optuna":
        return searched_by_optuna(network, grid, X, y, scoring, memory)
    settings = {"cv": N_FOLDS, "scoring": scoring, "refit": False}
    if kind == "grid":
        search = GridSearchCV(network, grid, **settings)
    else:
        search = HalvingGridSearchCV(
            network, grid, resource="epochs", min_resources=2, max_resources=16, factor=2,
            random_state=0, **settings,
        )  # fmt: skip
    found = search.fit(X, y).cv_results_
    return [found[f"split{fold}_test_score"].tolist() for fold in range(N_FOLDS)]


def searched_by_optuna(network, grid, X, y, scoring, memory):
    """Try each point of the grid once, whatever was tried before a kill."""
    import optuna
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_score

    def objective(trial):
        chosen = {name: trial.suggest_categorical(name, values) for name, values in grid.items()}
        candidate = clone(network).set_params(**chosen)
        return cross_val_score(candidate, X, y, cv=N_FOLDS, scoring=scoring).mean()

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        study_name="digits",
        storage=f"sqlite:///{memory}/study.db",
        load_if_exists=True,
        direction="maximize",
        sampler=optuna.samplers.GridSampler(grid, seed=0),
    )
    study.optimize(objective)
    done = [trial for trial in study.trials if trial.value is not None]
    return sorted([*trial.params.values(), trial.value] for trial in done)


def start(engine):
    """Start workers where the engine needs it, and return what ends them."""
    if engine == "dask":
        from dask.distributed import Client, LocalCluster

        return Client(
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
        ).shutdown
    if engine == "ray":
        import ray
        from ray.util.joblib import register_ray

        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        register_ray()
        return ray.shutdown
    return lambda: None


def main(kind, engine, memory, log):
    import joblib

    end = start(engine)
    with joblib.parallel_config(engine, n_jobs=1 if engine == "sequential" else 2):
        print(json.dumps(searched(kind, memory, log)), flush=True)
    end()


class Search:
    """The process, and what it has written down.

    Parameters
    ----------
    kind, engine : str
        As the script takes them.
    folder : Path
        Holds the memory, and a log a process.
    number : int
        Of the process.
    """

    def __init__(self, kind, engine, folder, number=0):
        self.log = folder / f"{number}.log"
        memory = folder / "memory"
        memory.mkdir(exist_ok=True)
        # One and two threads differ in the last bits, whatever the engine.
        one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__, kind, engine, str(memory), str(self.log)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **one_thread},
        )  # fmt: skip

    def fits(self):
        """Return each fit so far: its process, what was fitted, and whether it was read back."""
        text = self.log.read_text("utf8") if self.log.exists() else ""
        lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [
            (process, tuple(fitted.values()), read_back) for process, fitted, read_back in lines
        ]

    def wait_for_training(self, n_fits):
        """Wait until so many fits are trained here, or the search has ended."""
        while len(self.trained()) < n_fits and self.process.poll() is None:
            time.sleep(0.01)

    def scores(self):
        """Wait for the end, and return the scores; None where the search has failed."""
        self.output, self.errors = self.process.communicate()
        scores = [line for line in self.output.splitlines() if line.startswith("[[")]
        return json.loads(scores[0]) if self.process.returncode == 0 else None

    def trained(self):
        """Return what was fitted and not read back."""
        return [fitted for _, fitted, read_back in self.fits() if not read_back]

    def finished(self):
        """Return what was fitted at all."""
        return {fitted for _, fitted, _ in self.fits()}


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(Path, sys.argv[3:]))
