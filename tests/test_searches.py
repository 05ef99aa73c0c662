"""Searches of several kinds that are killed, and go on from where they were."""

import random
import signal
import subprocess
from contextlib import suppress

import keras
import pytest

from killable_search import Search
from mnistcnn import DigitCNNClassifier

pytestmark = pytest.mark.slow

KINDS = ("grid", "halving", "optuna")
N_KILLS = 10


@pytest.fixture(scope="module", params=KINDS)
def undisturbed(request, tmp_path_factory):
    """The kind of a search, its scores, and the fits that they take."""
    if request.param == "optuna":
        pytest.importorskip("optuna", reason="pip install 'mnistcnn[optuna]'")
    search = Search(request.param, "sequential", tmp_path_factory.mktemp(request.param))
    scores = search.scores()
    assert scores is not None, search.errors[-3000:]
    return request.param, scores, search.finished()


@pytest.mark.long
def test_after_kills_nothing_that_was_done_is_trained_again(undisturbed, tmp_path):
    kind, scores, fits = undisturbed
    draw, done, n_killed = random.Random(0), set(), 0
    for number in range(N_KILLS):
        search = Search(kind, "sequential", tmp_path, number)
        # Few, so that there is something left to do at the last kill.
        search.wait_for_training(draw.randint(1, len(fits) // (2 * N_KILLS)))
        # Some moment of the next fit, of its writing or of its scoring.
        with suppress(subprocess.TimeoutExpired):
            search.process.wait(draw.uniform(0, 0.15))
        search.process.kill()
        search.process.communicate()
        n_killed += search.process.returncode == -signal.SIGKILL
        assert not done & set(search.trained())
        done |= search.finished()
    last = Search(kind, "sequential", tmp_path, N_KILLS)
    assert last.scores() == scores, last.errors[-3000:]
    assert not done & set(last.trained())
    assert done | last.finished() == fits
    # A quick machine may be done before the last of them.
    assert n_killed > N_KILLS / 2


def test_a_study_goes_on_from_its_file_and_ends_hopeless_trials_early(two_classes, tmp_path):
    optuna = pytest.importorskip("optuna", reason="pip install 'mnistcnn[optuna]'")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    X, y = two_classes
    n_epochs = []

    class Pruning(keras.callbacks.Callback):
        def __init__(self, trial):
            super().__init__()
            self.trial = trial

        def on_epoch_end(self, epoch, logs=None):
            n_epochs[-1] += 1
            self.trial.report(logs["val_accuracy"], step=epoch)
            if self.trial.should_prune():
                raise optuna.TrialPruned

    def objective(trial):
        n_epochs.append(0)
        classifier = DigitCNNClassifier(
            "baseline",
            learning_rate=trial.suggest_categorical("learning_rate", [1e-9, 1e-2]),
            epochs=4,
            callbacks=Pruning(trial),
            random_state=0,
        ).fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
        return classifier.history_["val_accuracy"][-1]

    for _ in range(2):
        study = optuna.create_study(
            study_name="digits",
            storage=f"sqlite:///{tmp_path}/study.db",
            load_if_exists=True,
            direction="maximize",
            sampler=optuna.samplers.GridSampler({"learning_rate": [1e-9, 1e-2]}, seed=0),
            pruner=optuna.pruners.ThresholdPruner(lower=0.9, n_warmup_steps=1),
        )
        # One more trial, as in a program that was ended after the first.
        study.optimize(objective, n_trials=1)
    states = {trial.params["learning_rate"]: trial.state.name for trial in study.trials}
    assert states == {1e-9: "PRUNED", 1e-2: "COMPLETE"}
    assert sorted(n_epochs) == [2, 4]
    assert study.best_value > 0.9
