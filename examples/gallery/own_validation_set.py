"""
Stop early with your own validation set
=======================================

``fit`` takes a validation set as ``X_val`` and ``y_val``. With ``early_stopping=True`` training
ends once the accuracy on it has not risen for ``n_iter_no_change`` epochs, and the weights of the
best epoch are kept.
"""

import matplotlib.pyplot as plt
from sklearn.model_selection import train_test_split

from mnistcnn import DigitCNNClassifier, load_sample_digits
from mnistcnn.plotting import TrainingHistoryDisplay

X, y = load_sample_digits(return_X_y=True)
X_rest, X_test, y_rest, y_test = train_test_split(X, y, test_size=400, stratify=y, random_state=0)
X_train, X_val, y_train, y_val = train_test_split(
    X_rest, y_rest, test_size=400, stratify=y_rest, random_state=0
)

classifier = DigitCNNClassifier(
    "fast",
    epochs=40,
    early_stopping=True,
    n_iter_no_change=4,
    lr_schedule="constant",
    random_state=0,
)
classifier.fit(X_train, y_train, X_val=X_val, y_val=y_val)
print(f"Trained for {classifier.n_iter_} epochs; the best was epoch {classifier.best_epoch_}")
print(f"Accuracy on the test images: {classifier.score(X_test, y_test):.3f}")

# %%
# The training and validation loss, with a line at the epoch whose weights were kept:

display = TrainingHistoryDisplay.from_estimator(classifier, quantity="loss")
display.ax_.axvline(classifier.best_epoch_, color="gray", linestyle=":")
plt.show()

# %%
# Without ``X_val``, a stratified part of the training images is held out: ``validation_fraction``
# of them. Without ``early_stopping``, your own validation set does not change the training;
# ``history_`` only records the loss and accuracy on it.

watched = DigitCNNClassifier("fast", epochs=3, random_state=0)
watched.fit(X_train, y_train, X_val=X_val, y_val=y_val)
print([round(accuracy, 3) for accuracy in watched.history_["val_accuracy"]])
