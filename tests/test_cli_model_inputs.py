"""Commands give a classifier images as it takes them: as images, in a table, in rows."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mnistcnn import (
    DigitNormalizer,
    RejectingClassifier,
    load_pretrained,
    load_reader,
    load_sample_digits,
    save_classifier,
)
from mnistcnn.cli._main import commands
from mnistcnn.handwriting import input_for, leading_normalizer, normalized_input_for
from mnistcnn.preprocessing import ImageReshaper

# They ask the network of parts.
pytestmark = pytest.mark.slow

N = 300


def run(*arguments, status=0):
    answer = CliRunner().invoke(commands, [str(each) for each in arguments])
    assert answer.exit_code == status, (answer.output, answer.exception)
    return answer


class Flattened(KNeighborsClassifier):
    """Takes images, as what follows a normalizer must."""

    def fit(self, X, y):
        return super().fit(np.reshape(X, (len(X), -1)), y)

    def predict(self, X):
        return super().predict(np.reshape(X, (len(X), -1)))

    def predict_proba(self, X):
        return super().predict_proba(np.reshape(X, (len(X), -1)))


@pytest.fixture(scope="module")
def images():
    digits = load_sample_digits()
    return digits.images, digits.target


@pytest.fixture(scope="module")
def normalizing(images):
    X, y = images
    return make_pipeline(DigitNormalizer(), Flattened(3)).fit(X[:N], y[:N])


@pytest.fixture(scope="module")
def of_table(images):
    X, y = images
    table = pd.DataFrame(X.reshape(len(X), -1)).add_prefix("pixel")
    return KNeighborsClassifier(3).fit(table[:N], y[:N])


@pytest.fixture
def drawing(images, tmp_path):
    X, y = images
    path = tmp_path / "seven.png"
    Image.fromarray(255 - X[np.flatnonzero(y == 7)[0]]).resize((84, 84)).save(path)
    return path


def model_file(classifier, monkeypatch):
    """Return the name of a file that holds a classifier which only the tests know."""
    monkeypatch.setattr("mnistcnn.load_classifier", lambda _: classifier)
    return __file__


@pytest.mark.parametrize("kind", ["normalizing", "of_table"])
def test_commands_take_it(kind, images, drawing, tmp_path, monkeypatch, request):
    classifier = request.getfixturevalue(kind)
    model = model_file(classifier, monkeypatch)
    for options in ([], ["--sheet"]):
        answer = run("predict", "--json", "--model-file", model, *options, drawing)
        assert answer.stderr == ""
        (found,) = json.loads(answer.stdout)
        assert found.get("digit", found.get("text")) in (7, "7")
    answer = run("evaluate", "--data", "digits", "--json", "-q", "--model-file", model)
    assert answer.stderr == ""
    X, y = images
    given = input_for(classifier, X[1500:].reshape(297, -1))
    expected = (classifier.predict(given) == y[1500:]).mean()
    assert json.loads(answer.stdout)["accuracy"] == pytest.approx(expected)
    page = tmp_path / "report.html"
    answer = run("report", model, "--output", page, "--json", "-q")
    assert answer.stderr == ""
    assert json.loads(answer.stdout)["accuracy"] == pytest.approx(expected)


@pytest.mark.parametrize("polarity", ["auto", "light_on_dark", "dark_on_light"])
def test_a_reader_gives_the_ink_that_the_normalizer_expects(images, normalizing, polarity):
    X, _ = images
    sheet = np.full((50, 120), 255, np.uint8)
    for place in range(3):
        sheet[10:38, 10 + 35 * place : 38 + 35 * place] = 255 - X[place]
    own = make_pipeline(DigitNormalizer(polarity=polarity), normalizing[-1])
    for classifier in (own, RejectingClassifier(FrozenEstimator(own), threshold=0.1)):
        assert load_reader(classifier).read([sheet])[0].text == "012"


def test_rows_stay_rows_for_others(images):
    X, y = images
    rows = X[:N].reshape(N, -1)
    plain = LogisticRegression(max_iter=5)
    with pytest.warns(match="lbfgs failed"):
        plain.fit(rows, y[:N])
    assert input_for(plain, rows) is rows
    assert normalized_input_for(plain, rows) is rows
    assert leading_normalizer(make_pipeline(ImageReshaper(), plain)) is None


@pytest.mark.parametrize(("name", "kind"), [("digits", "folder"), ("digits", "file")])
def test_a_name_beside_a_path_of_that_name_is_told_of(name, kind, of_table, tmp_path, monkeypatch):
    model = model_file(of_table, monkeypatch)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    path.mkdir() if kind == "folder" else path.touch()
    command = ["evaluate", "--json", "-q", "--model-file", model]
    answer = run(*command, "--data", name)
    assert answer.stderr.count("\n") == 1
    assert f"not the {kind} digits that is here; write ./digits for the {kind}." in answer.stderr
    assert run(*command).stderr == ""
    answer = run(*command, "--data", "./digits", status=1)
    assert "digits" in str(answer.exception)


def test_a_pipeline_that_normalizes_is_saved_and_evaluated(tmp_path):
    path = tmp_path / "pipeline.mnistcnn"
    save_classifier(make_pipeline(DigitNormalizer(), load_pretrained()), path)
    answer = run("evaluate", "--data", "digits", "--json", "-q", "--model-file", path)
    assert json.loads(answer.stdout)["accuracy"] > 0.95
