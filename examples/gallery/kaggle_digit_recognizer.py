"""
Enter Kaggle's Digit Recognizer
===============================

This example goes from the two files of the competition to a submission. On Kaggle, ``folder`` is
``/kaggle/input/digit-recognizer``; here both files are first written from the bundled digits.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from mnistcnn import (
    DigitCNNClassifier,
    load_sample_digits,
    read_kaggle_csv,
    write_kaggle_submission,
)
from mnistcnn.plotting import DigitGridDisplay, TrainingHistoryDisplay

temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)
frame = load_sample_digits(as_frame=True).frame
frame.head(1500).to_csv(folder / "train.csv", index=False)
frame.tail(297).drop(columns="label").to_csv(folder / "test.csv", index=False)

# %%
# A submission takes eight lines. For the leaderboard, replace the network by
# ``DigitCNNClassifier.from_recipe("accurate")``, or run ``mnistcnn kaggle --train train.csv --test
# test.csv --submission submission.csv`` in a terminal.

X, y = read_kaggle_csv(folder / "train.csv", return_X_y=True)
X_test = read_kaggle_csv(folder / "test.csv", target=None).data
parts = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
X_train, X_val, y_train, y_val = parts
classifier = DigitCNNClassifier("fast", epochs=5, random_state=0)
classifier.fit(X_train, y_train, X_val=X_val, y_val=y_val)
print(f"Accuracy on {len(y_val)} images held out: {classifier.score(X_val, y_val):.4f}")
write_kaggle_submission(folder / "submission.csv", classifier.predict(X_test))

# %%
# The beginning of the file to upload:

print((folder / "submission.csv").read_text()[:40])

# %%
# Some useful plots for a notebook. First, some images of each digit:

# sphinx_gallery_thumbnail_number = 4
DigitGridDisplay.from_samples(X_train, y_train, n_per_class=10)
plt.show()

# %%
# The training curves:

TrainingHistoryDisplay.from_estimator(classifier, quantity="loss")
TrainingHistoryDisplay.from_estimator(classifier, quantity="accuracy")
plt.show()

# %%
# The confusion matrix:

ConfusionMatrixDisplay.from_estimator(classifier, X_val, y_val)
plt.show()

# %%
# The misclassified digits, most confident errors first:

DigitGridDisplay.from_estimator(classifier, X_val, y_val)
plt.show()

temporary.cleanup()
