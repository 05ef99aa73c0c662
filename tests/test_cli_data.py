"""Data that a classifier was not made for: said in plain sentences, never as Python."""

import json
import sys

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from commands import UNPICKLED, assert_one_line, environment, mnistcnn
from mnistcnn import DigitCNNClassifier, load_sample_digits
from mnistcnn.cli._polarity import looks_inverted, warn_of_other_polarity

# They start processes of their own.
pytestmark = [pytest.mark.slow, pytest.mark.long]

# A classifier that warns and fails as others might, in a package that is there for these tests.
UNUSUAL = """
import warnings
from sklearn.base import BaseEstimator, ClassifierMixin

class UnitWarning(UserWarning):
    pass

class Unusual(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = [*sorted(set(y))]
        import numpy
        self.classes_ = numpy.array(self.classes_)
        return self

    def predict(self, X):
        message = "The pixels reach from 0 to 1,\\nthose of the fit from 0 to 255."
        warnings.warn(message, UnitWarning)
        warnings.warn("old", DeprecationWarning)
        return self.classes_[[0] * len(X)]

class Failing(Unusual):
    def predict(self, X):
        raise KeyError("nothing fits")
"""


@pytest.fixture(scope="module")
def trained(digits):
    """Networks trained on light ink and on dark ink."""
    X, y = digits
    return {
        ink: DigitCNNClassifier("baseline", epochs=2, random_state=0).fit(pixels[:1000], y[:1000])
        for ink, pixels in {"light": X, "dark": 255 - X}.items()
    }


def saved(classifier, path):
    classifier.save(path)
    return path


@pytest.fixture(scope="module")
def model_files(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {
        ink: saved(classifier, folder / f"{ink}.mnistcnn") for ink, classifier in trained.items()
    }


@pytest.fixture
def unusual(tmp_path, monkeypatch):
    """Give model files of classes that only the command can import."""
    (tmp_path / "unusual_classifiers.py").write_text(UNUSUAL)
    monkeypatch.syspath_prepend(tmp_path)
    import unusual_classifiers

    def write(name):
        classifier = getattr(unusual_classifiers, name)().fit(None, range(10))
        return joblib.dump(classifier, tmp_path / "model.joblib")[0]

    yield write
    del sys.modules["unusual_classifiers"]


def with_path(folder):
    paths = [str(folder), environment().get("PYTHONPATH", "")]
    return {"env": environment(PYTHONPATH=":".join(filter(None, paths)))}


@pytest.mark.long
class TestPolarity:
    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("trained_on", "shown"), [("light", "dark"), ("dark", "light")], ids=str
    )
    def test_evaluate_says_that_pixels_are_inverted(
        self, tmp_path, model_files, digits, trained_on, shown
    ):
        X, y = digits
        np.savez(tmp_path / "data.npz", X=X if shown == "light" else 255 - X, y=y)
        model_file = model_files[trained_on]
        answer = mnistcnn(
            *("evaluate", "--model-file", model_file, "--data", tmp_path / "data.npz", "--quiet")
        )
        assert answer.returncode == 0
        [line] = answer.stderr.splitlines()
        assert line.startswith(f"mnistcnn: warning: The images show {shown} ink on a ")
        assert "DigitNormalizer" in line

    def test_evaluate_finds_it_out_for_any_classifier(self, tmp_path, digits):
        X, y = digits
        model_file = tmp_path / "neighbors.joblib"
        joblib.dump(KNeighborsClassifier(1).fit(X[:1500] / 255, y[:1500]), model_file)
        np.savez(tmp_path / "inverted.npz", X=(1 - X / 255)[1500:], y=y[1500:])
        answer = mnistcnn(
            *("evaluate", *UNPICKLED, model_file, "--data", tmp_path / "inverted.npz")
        )
        assert answer.returncode == 0
        [line] = answer.stderr.splitlines()
        assert line.startswith("mnistcnn: warning: with inverted pixels ")

    @pytest.mark.slow
    def test_predict_says_it_of_a_table_and_of_images(self, tmp_path, model_files):
        frame = load_sample_digits(as_frame=True).data.head(3)
        (255 - frame).to_csv(tmp_path / "inverted.csv", index=False)
        answer = mnistcnn("predict", tmp_path / "inverted.csv", "--csv")
        assert answer.returncode == 0
        assert "warning: The images show dark ink" in answer.stderr
        frame.to_csv(tmp_path / "test.csv", index=False)
        answer = mnistcnn("predict", tmp_path / "test.csv", "--model-file", model_files["dark"])
        assert "warning: The images show light ink" in answer.stderr

    @pytest.mark.parametrize(
        "ordinary",
        [
            lambda X: X[:1000],
            lambda X: X[:1],
            lambda X: X[:50] // 5,
            lambda X: X[:5] * 0,
            lambda X: X[:50].reshape(-1, 28, 28, 1),
            lambda X: np.concatenate([X[:3], 0 * X[:3]]),
        ],
        ids=["digits", "one", "dim", "blank", "images", "some blank"],
    )
    def test_ordinary_data_are_no_reason_for_a_word(self, trained, digits, ordinary, capsys):
        assert not looks_inverted(trained["light"], ordinary(digits[0]))
        assert not looks_inverted(trained["dark"], 255 - ordinary(digits[0]))
        warn_of_other_polarity(digits[0], ordinary(digits[0]))
        warn_of_other_polarity(255 - digits[0], 255 - ordinary(digits[0]))
        warn_of_other_polarity(0 * digits[0], digits[0])
        assert capsys.readouterr().err == ""

    def test_small_digits_in_their_own_unit(self, small_digits):
        X, y = small_digits
        classifier = DigitCNNClassifier("baseline", epochs=1, random_state=0).fit(X, y)
        assert not looks_inverted(classifier, X)
        assert looks_inverted(classifier, 16 - X)

    def test_classifiers_that_learn_no_mean_give_no_warning(self, small_digits):
        X, y = small_digits
        classifier = LogisticRegression(max_iter=20, tol=1).fit(X, y)
        assert not looks_inverted(classifier, 16 - X)


class TestPlainSentences:
    def test_a_warning_is_a_line_without_class_and_place(self, unusual, tmp_path, monkeypatch):
        monkeypatch.delenv("PYTHONWARNINGS", raising=False)
        model_file = unusual("Unusual")
        answer = mnistcnn("evaluate", *UNPICKLED, model_file, **with_path(tmp_path))
        assert answer.returncode == 0, answer.stderr
        assert answer.stderr == (
            "mnistcnn: warning: The pixels reach from 0 to 1, those of the fit from 0 to 255.\n"
        )

    def test_a_classifier_that_fails(self, unusual, tmp_path):
        answer = mnistcnn("evaluate", *UNPICKLED, unusual("Failing"), **with_path(tmp_path))
        assert_one_line(answer, status=2, mentions="model.joblib cannot predict these images")

    def test_pixels_that_are_no_numbers(self, tmp_path, model_files, digits):
        X, y = digits
        np.savez(tmp_path / "gaps.npz", X=np.where(X[:20] > 250, np.nan, X[:20]), y=y[:20])
        answer = mnistcnn(
            *("evaluate", "--model-file", model_files["light"], "--data", tmp_path / "gaps.npz")
        )
        assert_one_line(answer, status=2, mentions="cannot predict these images: Input X")
        assert "scikit-learn" not in answer.stderr

    def test_a_class_that_is_not_installed(self, unusual):
        answer = mnistcnn("evaluate", *UNPICKLED, unusual("Unusual"))
        assert_one_line(answer, status=2, mentions="needs the package unusual_classifiers")

    def test_images_of_another_size(self, tmp_path, model_files, small_digits):
        X, y = small_digits
        np.savez(tmp_path / "small.npz", X=X, y=y)
        answer = mnistcnn(
            *("evaluate", "--model-file", model_files["light"], "--data", tmp_path / "small.npz")
        )
        assert_one_line(answer, status=2, mentions="images of 784 pixels, as ")
        assert answer.stderr.endswith("got images of 64 pixels.\n")


class TestTables:
    @pytest.mark.parametrize("with_labels", [False, True], ids=["test.csv", "train.csv"])
    def test_each_row_is_answered(self, tmp_path, model_files, trained, digits, with_labels):
        sample = load_sample_digits(as_frame=True)
        frame = (sample.frame if with_labels else sample.data).head(10)
        frame.to_csv(tmp_path / "digits.csv", index=False)
        answer = mnistcnn(
            *("predict", "--model-file", model_files["light"], "digits.csv", "--json"), cwd=tmp_path
        )
        assert (answer.returncode, answer.stderr) == (0, "")
        rows = json.loads(answer.stdout)
        assert [row["file"] for row in rows] == [f"digits.csv image {i}" for i in range(1, 11)]
        expected = trained["light"].predict_proba(digits[0][:10])
        assert [row["digit"] for row in rows] == list(expected.argmax(axis=1))
        np.testing.assert_allclose(
            [row["probability"] for row in rows], expected.max(axis=1), atol=1e-6
        )

    def test_a_missing_table_is_missing(self, tmp_path, model_files):
        answer = mnistcnn(
            *("predict", "--model-file", model_files["light"], "no.csv"), cwd=tmp_path
        )
        assert answer.returncode == 2
        assert answer.stderr == "mnistcnn: no.csv: No such file or directory\n"

    def test_csv_and_json_exclude_each_other(self):
        answer = mnistcnn("predict", "a.png", "--csv", "--json")
        assert_one_line(answer, status=2, mentions="--csv and --json cannot be combined")
