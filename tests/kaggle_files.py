"""Kaggle's files for the digit recognizer, small, and the command that reads them."""

import pandas as pd

from mnistcnn import load_sample_digits
from mnistcnn.cli._main import commands

N_TRAIN, N_TEST = 400, 25
DIGITS = load_sample_digits(as_frame=True)
TRAIN = DIGITS.frame.head(N_TRAIN)[["label", *DIGITS.feature_names]]
TEST = DIGITS.data.tail(N_TEST)


class Files:
    """Kaggle's files in a folder, and the arguments that name them."""

    def __init__(self, folder):
        self.train, self.test = folder / "train.csv", folder / "test.csv"
        self.sample, self.submission = folder / "sample_submission.csv", folder / "mine.csv"
        TRAIN.to_csv(self.train, index=False)
        TEST.to_csv(self.test, index=False)
        sample = pd.DataFrame({"ImageId": range(1, N_TEST + 1), "Label": 0})
        sample.to_csv(self.sample, index=False)

    @property
    def arguments(self):
        return ["--train", self.train, "--test", self.test, "--submission", self.submission]


def kaggle(*arguments):
    """Run the command in this process; what it refuses is raised."""
    return commands.main(["kaggle", *map(str, arguments)], standalone_mode=False)


def changed(frame, row, column, value):
    """Put another cell in, whatever it is."""
    frame = frame.astype(object)
    frame.iloc[row, frame.columns.get_loc(column)] = value
    return frame
