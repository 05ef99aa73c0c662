"""The commands say what the classifier predicts, which may be that it rejects an image."""

import csv
import json
import re
from functools import cache
from io import StringIO

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from commands import UNPICKLED
from mnistcnn import RejectingClassifier, load_sample_digits
from mnistcnn.cli._main import commands

DIGITS = load_sample_digits(as_frame=True)
X, y = DIGITS.data.to_numpy(), DIGITS.target.to_numpy()
TEST = DIGITS.data.tail(12)


class Cautious(LogisticRegression):
    """Predicts the class before the most probable one."""

    def predict(self, X):
        return (super().predict(X) + 9) % 10


def predict(*arguments):
    """Run the command in this process, and return its exit status."""
    return commands.main(["predict", *map(str, arguments)], standalone_mode=False)


@cache
def fitted(kind=LogisticRegression):
    return kind(C=1e-6, max_iter=500, tol=1e-2).fit(X[:300], y[:300])


@pytest.fixture
def rejecting():
    classifier = RejectingClassifier(fitted(), threshold=0.5)
    highest = classifier.predict_proba(TEST.to_numpy()).max(axis=1)
    return classifier.set_params(threshold=float(np.median(highest)))


@pytest.fixture
def arguments(tmp_path, rejecting):
    """The table of images and the classifier, in files."""
    joblib.dump(rejecting, tmp_path / "rejecting.joblib")
    TEST.to_csv(tmp_path / "test.csv", index=False)
    return tmp_path / "test.csv", *UNPICKLED, tmp_path / "rejecting.joblib"


class TestRejectedImages:
    def test_csv_says_which(self, arguments, rejecting, capsys):
        assert predict(*arguments, "--csv") == 0
        rows = list(csv.DictReader(StringIO(capsys.readouterr().out)))
        labels, probabilities = (
            method(TEST.to_numpy()) for method in (rejecting.predict, rejecting.predict_proba)
        )
        assert [int(row["digit"]) for row in rows] == labels.tolist()
        said = ["true" if label == -1 else "false" for label in labels]
        assert [row["rejected"] for row in rows] == said
        assert 0 < sum(row["rejected"] == "true" for row in rows) < len(rows)
        highest = [float(row["probability"]) for row in rows]
        np.testing.assert_allclose(highest, probabilities.max(axis=1), atol=1e-6)

    def test_json_says_which(self, arguments, rejecting, capsys):
        assert predict(*arguments, "--json") == 0
        answers = json.loads(capsys.readouterr().out)
        labels = rejecting.predict(TEST.to_numpy())
        assert [answer["digit"] for answer in answers] == labels.tolist()
        assert [answer["rejected"] for answer in answers] == (labels == -1).tolist()

    def test_the_table_says_which(self, arguments, rejecting, capsys, monkeypatch):
        monkeypatch.setenv("COLUMNS", "200")
        assert predict(*arguments) == 0
        rows = re.findall(r"image \d+ +(\w+) ", capsys.readouterr().out)
        labels = rejecting.predict(TEST.to_numpy()).tolist()
        assert rows == ["rejected" if label == -1 else str(label) for label in labels]

    def test_a_submission_needs_all_digits(self, arguments, rejecting, tmp_path):
        numbers = np.flatnonzero(rejecting.predict(TEST.to_numpy()) == -1) + 1
        named = ", ".join(f"{arguments[0]} image {number}" for number in numbers)
        with pytest.raises(ValueError, match=re.escape(f"the classifier rejects {named}. Noth")):
            predict(*arguments, "--submission", tmp_path / "mine.csv")
        assert not (tmp_path / "mine.csv").exists()

    def test_of_many_images_the_first_ten_are_named(self, arguments, tmp_path, rejecting):
        joblib.dump(rejecting.set_params(threshold=1.0), arguments[-1])
        with pytest.raises(ValueError, match=r"image 10 and 2 more\. Nothing is written"):
            predict(*arguments, "--submission", tmp_path / "mine.csv")

    def test_where_none_is_rejected_the_submission_is_written(self, arguments, tmp_path, rejecting):
        joblib.dump(rejecting.set_params(threshold=0.0), arguments[-1])
        assert predict(*arguments, "--submission", tmp_path / "mine.csv") == 0
        labels = pd.read_csv(tmp_path / "mine.csv")["Label"]
        assert labels.tolist() == rejecting.predict(TEST.to_numpy()).tolist()


class TestEvaluation:
    """Of the images that are rejected, ``mnistcnn evaluate`` says so."""

    @pytest.fixture
    def evaluate(self, tmp_path, capsys, monkeypatch):
        monkeypatch.setenv("COLUMNS", "200")

        def evaluate(classifier, *arguments):
            joblib.dump(classifier, tmp_path / "any.joblib")
            command = ["evaluate", *UNPICKLED, tmp_path / "any.joblib", "-q", *arguments]
            assert not commands.main(list(map(str, command)), standalone_mode=False)
            return capsys.readouterr().out

        return evaluate

    def test_json(self, evaluate, rejecting):
        summary = json.loads(evaluate(rejecting, "--json"))
        predicted, true = rejecting.predict(X[1500:]), y[1500:]
        accepted = predicted != -1
        assert 0 < summary["rejected"] == (~accepted).sum() < summary["images"]
        assert summary["accuracy"] == rejecting.score(X[1500:], y[1500:])
        assert summary["accuracy_of_accepted"] == (predicted == true)[accepted].mean()
        assert summary.keys() >= {"images", "prediction_error_percent"}
        for row in summary["labels"]:
            of_label = true == row["label"]
            assert row["rejected"] == (~accepted)[of_label].sum()
            mistakes = predicted[of_label & accepted & (predicted != true)]
            assert row["most_often_taken_for"] in ([None] if not len(mistakes) else mistakes)
            assert row["times"] == (np.bincount(mistakes).max() if len(mistakes) else 0)

    def test_table(self, evaluate, rejecting):
        text = evaluate(rejecting)
        head = next(line for line in text.splitlines() if "label" in line)
        assert re.search(r"images +accuracy % +rejected +most often mistaken for", head)
        assert "-1 (" not in text
        predicted = rejecting.predict(X[1500:])
        accepted = predicted != -1
        right = 100 * (predicted == y[1500:])[accepted].mean()
        assert text.endswith(
            f"Rejected: {(~accepted).sum()} images, which count as wrong; {right:.2f} % of the "
            "others are right.\n"
        )

    def test_all_are_rejected(self, evaluate, rejecting):
        rejecting.set_params(threshold=1.0)
        assert evaluate(rejecting).endswith("All images are rejected, which counts as wrong.\n")
        summary = json.loads(evaluate(rejecting, "--json"))
        assert summary["accuracy_of_accepted"] is None
        assert summary["rejected"] == summary["images"] == 297

    def test_a_classifier_that_rejects_nothing(self, evaluate):
        assert "ejected" not in evaluate(fitted())
        summary = json.loads(evaluate(fitted(), "--json"))
        assert summary["rejected"] == 0
        assert summary["accuracy_of_accepted"] == summary["accuracy"]


def test_the_digit_is_what_the_classifier_predicts(arguments, capsys):
    classifier = fitted(Cautious)
    joblib.dump(classifier, arguments[-1])
    assert predict(*arguments, "--json") == 0
    answers = json.loads(capsys.readouterr().out)
    images = TEST.to_numpy()
    labels, probabilities = classifier.predict(images), classifier.predict_proba(images)
    assert [answer["digit"] for answer in answers] == labels.tolist()
    assert [answer["second_digit"] for answer in answers] == probabilities.argmax(axis=1).tolist()
    own = probabilities[np.arange(len(labels)), labels]
    np.testing.assert_allclose([answer["probability"] for answer in answers], own)
    assert not any(answer["rejected"] for answer in answers)


class TestImagesInAnotherOrder:
    @pytest.mark.parametrize("labeled", [False, True])
    def test_no_submission_is_written(self, arguments, tmp_path, labeled):
        frame = (DIGITS.frame if labeled else DIGITS.data).tail(12)
        frame.assign(ImageId=range(12, 0, -1)).to_csv(arguments[0], index=False)
        joblib.dump("no classifier", arguments[-1])
        with pytest.raises(ValueError, match=r"test\.csv is .* line 2 must have the ImageId 1, "):
            predict(*arguments, "--submission", tmp_path / "mine.csv")
        assert not (tmp_path / "mine.csv").exists()

    def test_without_a_submission_it_is_a_warning(self, arguments, capsys):
        TEST.assign(ImageId=range(12, 0, -1)).to_csv(arguments[0], index=False)
        with pytest.warns(UserWarning, match="column ImageId of .* is left out, but the images"):
            assert predict(*arguments, "--csv") == 0
        assert len(capsys.readouterr().out.splitlines()) == 13

    def test_images_in_order_are_submitted(self, arguments, tmp_path, rejecting):
        joblib.dump(rejecting.set_params(threshold=0.0), arguments[-1])
        TEST.assign(ImageId=range(1, 13)).to_csv(arguments[0], index=False)
        assert predict(*arguments, "--submission", tmp_path / "mine.csv") == 0
        assert pd.read_csv(tmp_path / "mine.csv")["ImageId"].tolist() == list(range(1, 13))
