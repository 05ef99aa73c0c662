"""Of what no report is written, and files that it does not replace."""

import sys

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mnistcnn import DigitCNNClassifier
from mnistcnn.evaluation import write_report
from reports import report


class Unasked(GaussianNB):
    """Must not be asked, since what it was given is refused before."""

    def predict(self, X):  # noqa: ARG002
        raise AssertionError("it was asked")


class TestBadInput:
    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            (lambda X, y: (X[:, :60], y), ValueError, "X has 60 features, but GaussianNB"),
            (lambda X, y: (X[:9], y), ValueError, "inconsistent numbers of samples"),
            (lambda X, y: (X[:0], y[:0]), ValueError, r"Found array with 0 sample\(s\)"),
            (lambda X, _: (X, None), ValueError, "requires y to be passed, but the target y is No"),
            (lambda X, y: (X, np.where(y == 4, np.nan, y)), ValueError, "Input y contains NaN"),
            (lambda X, y: (X, [None, *y[1:]]), ValueError, "Input y contains NaN"),
            (lambda X, y: (X, np.eye(10)[y]), ValueError, "one-hot|one label"),
            (lambda X, y: (csr_matrix(X), y), TypeError, "Sparse data was passed for X"),
            (lambda X, y: (iter(X), y), TypeError, "X must be an array or array-like in memory"),
        ],
    )
    def test_data_that_do_not_fit(self, change, error, message, bayes, held_out, tmp_path):
        with pytest.raises(error, match=message):
            report(bayes, *change(*held_out), tmp_path)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("classifier", "error", "message"),
        [
            (GaussianNB(), NotFittedError, "not fitted yet"),
            (DigitCNNClassifier(), NotFittedError, "not fitted yet"),
            (make_pipeline(GaussianNB()), NotFittedError, "not fitted yet"),
            (LinearRegression().fit([[0.0]], [0]), ValueError, "must be a fitted classifier"),
            (KNeighborsClassifier(1).fit([[0]], [[0, 1]]), ValueError, "one label per image"),
            (GaussianNB, TypeError, "class, not an instance"),
            ("digits.joblib", TypeError, "not an estimator"),
        ],
        ids=str,
    )
    def test_what_is_no_fitted_classifier(self, classifier, error, message, held_out, tmp_path):
        with pytest.raises(error, match=message):
            report(classifier, *held_out, tmp_path)

    @pytest.mark.parametrize("n_images", [0, -1, 2.0, True])
    def test_no_number_of_images(self, n_images, bayes, held_out, tmp_path):
        with pytest.raises(ValueError, match="n_images must be a positive integer"):
            report(bayes, *held_out, tmp_path, n_images=n_images)


class TestFile:
    @pytest.fixture
    def unasked(self, small_digits):
        return Unasked().fit(*small_digits)

    def test_that_exists_is_refused_before_the_work(self, unasked, held_out, tmp_path):
        (tmp_path / "report.html").write_text("precious")
        with pytest.raises(FileExistsError, match="overwrite=True"):
            report(unasked, *held_out, tmp_path)
        assert (tmp_path / "report.html").read_text() == "precious"

    def test_that_exists_is_replaced_if_asked_for(self, bayes, held_out, tmp_path):
        (tmp_path / "report.html").write_text("old")
        _, page = report(bayes, *held_out, tmp_path, overwrite=True)
        assert page.texts("h1") == ["Report on GaussianNB"]
        assert [path.name for path in tmp_path.iterdir()] == ["report.html"]

    def test_stays_as_it_was_after_an_error(self, unasked, held_out, tmp_path):
        (tmp_path / "report.html").write_text("old")
        with pytest.raises(AssertionError, match="it was asked"):
            report(unasked, *held_out, tmp_path, overwrite=True)
        assert (tmp_path / "report.html").read_text() == "old"
        assert [path.name for path in tmp_path.iterdir()] == ["report.html"]

    @pytest.mark.parametrize(
        ("place", "error"), [("missing/a.html", FileNotFoundError), ("", IsADirectoryError)]
    )
    def test_that_cannot_be_written_is_refused_before_the_work(
        self, place, error, unasked, held_out, tmp_path
    ):
        with pytest.raises(error):
            write_report(unasked, *held_out, tmp_path / place)

    def test_without_matplotlib_says_how_to_install_it_before_the_work(
        self, unasked, held_out, tmp_path, monkeypatch
    ):
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        with pytest.raises(ImportError, match=r"pip install 'mnistcnn\[plot\]'"):
            report(unasked, *held_out, tmp_path)
