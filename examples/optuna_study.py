"""Let Optuna choose what to try next, and end what looks hopeless after an epoch or two.

It needs Optuna: pip install 'mnistcnn[optuna]'. The study lies in a file, and so does every trial
that is done: after a kill the same program goes on, with as many trials as are missing.
"""

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import keras
from sklearn.model_selection import train_test_split

from mnistcnn import Augmentation, DigitCNNClassifier, get_architecture, load_sample_digits

if find_spec("optuna") is None:
    sys.exit(print("Nothing to search with: pip install 'mnistcnn[optuna]'"))

import optuna
from optuna.trial import TrialState

N_TRIALS, EPOCHS = 8, 6

X, y = load_sample_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=300, stratify=y, random_state=0)


class Pruning(keras.callbacks.Callback):
    """Tells the study of each epoch, and ends a trial that is worse than half of those before."""

    def __init__(self, trial):
        super().__init__()
        self.trial = trial

    def on_epoch_end(self, epoch, logs=None):
        self.trial.report(logs["val_accuracy"], step=epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned


def objective(trial):
    """Return the validation accuracy of a candidate; this is the search space."""
    name = trial.suggest_categorical("architecture", ["simple", "convnet"])
    dropout = trial.suggest_float("dropout", 0.1, 0.6)
    classifier = DigitCNNClassifier(
        get_architecture(name).set_params(dropout=dropout),
        learning_rate=trial.suggest_float("learning_rate", 3e-4, 3e-2, log=True),
        label_smoothing=trial.suggest_float("label_smoothing", 0.0, 0.2),
        augmentation=Augmentation(shift=trial.suggest_float("shift", 0.0, 0.1)),
        epochs=EPOCHS,
        # A part of the training images is looked at after each epoch; none of them ends it.
        early_stopping=True,
        n_iter_no_change=EPOCHS,
        callbacks=Pruning(trial),
        random_state=0,
    ).fit(X_train, y_train)
    return max(classifier.validation_scores_)


with tempfile.TemporaryDirectory() as folder:  # a folder that stays, in your own study
    study = optuna.create_study(
        study_name="digits",
        storage=f"sqlite:///{Path(folder, 'study.db')}",
        load_if_exists=True,
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=0),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=3),
    )
    finished = study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))
    study.optimize(objective, n_trials=N_TRIALS - len(finished))
    for state in (TrialState.COMPLETE, TrialState.PRUNED):
        print(f"{state.name.lower()}: {len(study.get_trials(states=[state]))} trials")
    print(f"Best: {study.best_params}, validation accuracy {study.best_value:.3f}")
