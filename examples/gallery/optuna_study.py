"""
Search with Optuna, and prune poor trials early
===============================================

Optuna chooses what to try next, and prunes poor trials after an epoch or two. The study and its
finished trials are stored in a file: after a kill, the same program resumes the study and runs the
remaining trials. This example needs Optuna: ``pip install optuna``.
"""

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import optuna
from optuna.trial import TrialState
from sklearn.model_selection import train_test_split

from mnistcnn import Augmentation, DigitCNNClassifier, get_architecture, load_sample_digits

N_TRIALS, EPOCHS = 8, 5

X, y = load_sample_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(
    X, y, train_size=800, test_size=400, stratify=y, random_state=0
)
optuna.logging.set_verbosity(optuna.logging.WARNING)

# %%
# A Keras callback reports each epoch to the study. A trial that is worse than the median of earlier
# trials is pruned, and its fit undone.


class Pruning(keras.callbacks.Callback):
    def __init__(self, trial):
        super().__init__()
        self.trial = trial

    def on_epoch_end(self, epoch, logs=None):
        self.trial.report(logs["val_accuracy"], step=epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned


# %%
# The objective fits a candidate and returns its accuracy on the validation images. It also defines
# the search space.


def objective(trial):
    name = trial.suggest_categorical("architecture", ["simple", "convnet"])
    dropout = trial.suggest_float("dropout", 0.1, 0.6)
    classifier = DigitCNNClassifier(
        get_architecture(name).set_params(dropout=dropout),
        learning_rate=trial.suggest_float("learning_rate", 3e-4, 3e-2, log=True),
        label_smoothing=trial.suggest_float("label_smoothing", 0.0, 0.2),
        augmentation=Augmentation(shift=trial.suggest_float("shift", 0.0, 0.1)),
        epochs=EPOCHS,
        callbacks=Pruning(trial),
        random_state=0,
    )
    classifier.fit(X_train, y_train, X_val=X_val, y_val=y_val)
    return classifier.history_["val_accuracy"][-1]


folder = tempfile.TemporaryDirectory()  # a folder that stays, in your own study
study = optuna.create_study(
    study_name="digits",
    storage=f"sqlite:///{Path(folder.name, 'study.db')}",
    load_if_exists=True,
    direction="maximize",
    sampler=optuna.samplers.TPESampler(seed=0),
    pruner=optuna.pruners.MedianPruner(n_startup_trials=3),
)
finished = study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))
study.optimize(objective, n_trials=N_TRIALS - len(finished))

for state in (TrialState.COMPLETE, TrialState.PRUNED):
    print(f"{state.name.lower()}: {len(study.get_trials(states=[state]))} trials")
print(f"Best: validation accuracy {study.best_value:.3f} with")
for name, value in study.best_params.items():
    print(f"    {name} = {value if isinstance(value, str) else format(value, '.3g')}")

# %%
# The plot has a line for each trial; pruned trials are dashed.

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for trial in study.trials:
    epochs, accuracies = zip(*sorted(trial.intermediate_values.items()), strict=True)
    style = "o--" if trial.state == TrialState.PRUNED else "o-"
    ax.plot([epoch + 1 for epoch in epochs], accuracies, style, label=f"trial {trial.number}")
ax.locator_params(axis="x", integer=True)
ax.set_xlabel("epoch")
ax.set_ylabel("validation accuracy")
ax.legend(fontsize="small", ncols=2)
plt.show()

folder.cleanup()
