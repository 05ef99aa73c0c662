"""From Kaggle's CSV files to a submission, with pandas on the way.

Kaggle's "Digit Recognizer" hands out ``train.csv`` (a column ``label``, then 784 pixels) and
``test.csv`` (pixels only). Here both are written from the bundled digits first.
"""

import tempfile
from pathlib import Path

import pandas as pd

from mnistcnn import (
    DigitCNNClassifier,
    load_sample_digits,
    read_kaggle_csv,
    write_kaggle_submission,
)

with tempfile.TemporaryDirectory() as folder:
    train_csv, test_csv, submission_csv = (
        Path(folder, name) for name in ("train.csv", "test.csv", "submission.csv")
    )
    frame = load_sample_digits(as_frame=True).frame
    frame.head(1500).to_csv(train_csv, index=False)
    frame.tail(297).drop(columns="label").to_csv(test_csv, index=False)

    digits = read_kaggle_csv(train_csv, as_frame=True)
    print(f"{train_csv.name}: {len(digits.data)} images, of each digit:")
    print(digits.target.value_counts().sort_index().to_frame().T.to_string())

    classifier = DigitCNNClassifier(epochs=5, random_state=0).fit(digits.data, digits.target)

    unlabelled = read_kaggle_csv(test_csv, target=None, as_frame=True).data
    write_kaggle_submission(submission_csv, classifier.predict(unlabelled))
    submission = pd.read_csv(submission_csv)
    print(f"{submission_csv.name}, the first of {len(submission)} lines:")
    print(submission.head(3).to_string(index=False))

right = submission["Label"].to_numpy() == frame["label"].tail(297).to_numpy()
print(f"Right: {right.sum()} of {len(right)}")
