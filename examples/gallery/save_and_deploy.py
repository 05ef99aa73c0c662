"""
Save a model, and use it elsewhere
==================================

This example writes a model file for Python programs with this package, and ONNX and Keras files for
programs without it. It also shows how to resume a fit that was killed.
"""

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import onnxruntime

from mnistcnn import DigitCNNClassifier, load_classifier, load_sample_digits

X, y = load_sample_digits(return_X_y=True)
classifier = DigitCNNClassifier("fast", epochs=5, random_state=0).fit(X[:1500], y[:1500])

temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)

# %%
# A model file holds the whole classifier: parameters, labels, weights, and the optimizer, so
# training can continue. It holds no code, so unlike a pickle it is safe to load even from a
# stranger.

classifier.save(folder / "digits.mnistcnn")
loaded = load_classifier(folder / "digits.mnistcnn")
print(f"Accuracy: {loaded.score(X[1500:], y[1500:]):.3f}")
print(f"Equal predictions: {np.array_equal(loaded.predict_proba(X), classifier.predict_proba(X))}")

# %%
# ONNX is for programs with neither this package nor TensorFlow: raw pixels in, probabilities out.

classifier.export(folder / "digits.onnx")
session = onnxruntime.InferenceSession(folder / "digits.onnx")
pixels = X[1500:].reshape(-1, 28, 28, 1).astype(np.uint8)
(probabilities,) = session.run(None, {"images": pixels})
print(f"Accuracy under onnxruntime: {(probabilities.argmax(axis=1) == y[1500:]).mean():.3f}")

# %%
# ``model_`` is the Keras network, from raw pixels to scores. Its file holds only Keras's own
# classes, so it can be read without this package.

classifier.model_.save(folder / "digits.keras")
network = keras.saving.load_model(folder / "digits.keras")
images = X[1500:].reshape(-1, 28, 28, 1)
scores = keras.ops.convert_to_numpy(network(images))
print(f"Accuracy of the network alone: {(scores.argmax(axis=1) == y[1500:]).mean():.3f}")

# %%
# ``from_keras_model`` turns it back into a classifier. The labels are not in Keras's file.

wrapped = DigitCNNClassifier.from_keras_model(network, classes=range(10))
print(wrapped.predict(X[:5]))

# %%
# With Keras's ``BackupAndRestore`` among the callbacks, a fit that was killed resumes after its
# last complete epoch when you run it again. Here a callback ends the first run in the fourth
# epoch, as a power cut would.


def long_fit(*others):
    backup = keras.callbacks.BackupAndRestore(folder / "backup")
    callbacks = [backup, *others]
    resumable = DigitCNNClassifier("simple", epochs=6, callbacks=callbacks, random_state=0)
    return resumable.fit(X[:1500], y[:1500])


def cut_the_power_once(epoch, _logs):
    if epoch == 3 and not (folder / "power-cut").exists():
        (folder / "power-cut").touch()
        raise SystemError("the power is cut")


cutting = keras.callbacks.LambdaCallback(on_epoch_begin=cut_the_power_once)
try:
    long_fit(cutting)
except SystemError as error:
    print(error)
# Callbacks that only record may be added to the rest.
resumed = long_fit(cutting, keras.callbacks.CSVLogger(folder / "rest.csv"))
rows = (folder / "rest.csv").read_text().splitlines()[1:]
print(f"The second run trained the epochs {[int(row.split(',')[0]) + 1 for row in rows]}")

# %%
# The size of each file on disk:

sizes = {path.name: path.stat().st_size / 1e6 for path in sorted(folder.glob("digits.*"))}
figure, ax = plt.subplots(figsize=(6, 2), layout="constrained")
ax.bar_label(ax.barh(list(sizes), list(sizes.values())), fmt=" %.2f MB")
ax.margins(x=0.2)
ax.set_xlabel("size (MB)")
plt.show()

temporary.cleanup()
