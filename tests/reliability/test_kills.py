"""`kill -9` at any moment: files are whole, and the next run ends as if it had not been."""

import json
import os
import random
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="forks, and kills as POSIX does"),
]

# Which share of the time, and how many kills at least.
COMMANDS = {
    "train": (0.08, 6),
    "compare": (0.08, 6),
    "submission": (0.02, 20),
    "save": (0.03, 10),
    "fetch": (0.02, 20),
}


@pytest.mark.parametrize("kind", COMMANDS)
def test_whenever_a_kill_comes_files_are_whole(kind, trial, tmp_path):
    share, at_least = COMMANDS[kind]
    report = trial.of_child("killed_commands.py", kind, tmp_path, share=share, at_least=at_least)
    trial.tries(f"runs of {kind}", report["runs"])
    trial.injects(f"`kill -9` within {kind}", report["kills"])
    assert report["kills"]


# A process that kills itself from another thread, as any other process could, at a moment after its
# second epoch has begun: so each leaves a backup.
SCRIPT = """
import json, os, signal, sys, threading, time
import keras
import numpy as np
from mnistcnn import DigitCNNClassifier
from mnistcnn.architectures import Simple

folder, seconds = sys.argv[1], float(sys.argv[2])
begun = []

def kill_later(epoch, logs):
    begun.append(time.perf_counter())
    if seconds and len(begun) == 2:
        killing.start()

killing = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL))

callbacks = [
    keras.callbacks.BackupAndRestore(folder + "/backup"),
    keras.callbacks.ModelCheckpoint(folder + "/best.keras", save_best_only=True),
    keras.callbacks.EarlyStopping("loss", min_delta=0.001, patience=4),
    keras.callbacks.LambdaCallback(on_epoch_begin=kill_later),
]
classifier = DigitCNNClassifier(
    Simple(8, kernel_size=3, dense_units=32), epochs=12, batch_size=32, augmentation="strong",
    early_stopping=True, n_iter_no_change=12, random_state=0, callbacks=callbacks,
    optimizer=keras.optimizers.Adam(3e-3, use_ema=True),
)
X = np.random.default_rng(0).integers(0, 255, (1000, 64), np.uint8)
y = np.arange(1000) % 10
X[np.arange(1000), y] = 255
fitted = classifier.fit(X, y)
killing.cancel()
loaded = keras.saving.load_model(folder + "/best.keras")
scores = loaded.predict(X.reshape(-1, 8, 8, 1).astype("float32"), verbose=0)
fit = {
    "predictions": fitted.predict_proba(X).tolist(),
    "history": fitted.history_,
    "epochs": fitted.n_iter_,
    "checkpoint": scores.tolist(),
}
with open(folder + "/fit.json", "w") as file:
    json.dump([fit, begun[-1] - begun[min(1, len(begun) - 1)]], file)
os._exit(0)
"""


def was_killed(folder, seconds):
    """Run the script, and tell whether it was killed, so many seconds after its second epoch."""
    command = [sys.executable, "-W", "error::UserWarning", "-c", SCRIPT, str(folder), str(seconds)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode in (0, -9), ended.stderr[-3000:]
    return ended.returncode != 0


def result_of(folder):
    return json.loads((folder / "fit.json").read_text())


def test_a_killed_process_goes_on_to_the_same_end(trial, tmp_path):
    n_kills, generator = 6, random.Random(0)
    (tmp_path / "whole").mkdir()
    assert not was_killed(tmp_path / "whole", 0)
    whole, seconds = result_of(tmp_path / "whole")
    assert whole["epochs"] > 4
    # A fit has as many kills as come before its end; one that has ended is followed by another.
    n_backups = 0
    for number in range(n_kills):
        folder = tmp_path / str(number)
        folder.mkdir()
        while n_kills and was_killed(folder, generator.uniform(0, seconds / 2)):
            n_kills -= 1
            trial.injects("`kill -9` within a fit with a backup")
            n_backups += any((folder / "backup").glob("fit-*/state.npz"))
        if not (folder / "fit.json").exists():
            assert not was_killed(folder, 0)
        assert result_of(folder)[0] == whole
        trial.tries("fits that went on from a backup")
        assert not (folder / "backup").exists()
        if not n_kills:
            break
    assert n_kills == 0, "hardly any kill came within its fit"
    assert n_backups > 0
