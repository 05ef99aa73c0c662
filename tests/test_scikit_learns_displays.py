"""scikit-learn's displays and Keras's diagrams take a fitted DigitCNNClassifier as any other."""

import shutil

import keras
import matplotlib
import numpy as np
import pytest
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import ConfusionMatrixDisplay, RocCurveDisplay, roc_auc_score
from sklearn.model_selection import LearningCurveDisplay

from mnistcnn import DigitCNNClassifier
from mnistcnn.architectures import Simple

matplotlib.use("agg")

from matplotlib import pyplot  # noqa: E402  (after the choice of the backend)

pytestmark = pytest.mark.usefixtures("no_figures")


@pytest.fixture(scope="module")
def network():
    architecture = Simple(8, kernel_size=3, dense_units=32)
    return DigitCNNClassifier(architecture, epochs=3, random_state=0)


@pytest.fixture(scope="module")
def fitted(network, small_digits):
    X, y = small_digits
    return network.fit(X[:200], y[:200])


@pytest.fixture
def held_out(small_digits):
    X, y = small_digits
    return X[200:], y[200:]


def test_confusion_matrix(fitted, held_out):
    X, y = held_out
    matrix = ConfusionMatrixDisplay.from_estimator(fitted, X, y).confusion_matrix
    assert np.trace(matrix) == (fitted.predict(X) == y).sum()


def test_roc_curves_of_each_class_against_the_rest(fitted, held_out):
    X, y = held_out
    _, ax = pyplot.subplots()
    areas = []
    for label, scores in zip(fitted.classes_, fitted.predict_proba(X).T, strict=True):
        display = RocCurveDisplay.from_predictions(y == label, scores, name=f"{label}", ax=ax)
        areas.append(display.roc_auc)
    expected = roc_auc_score(y, fitted.predict_proba(X), multi_class="ovr")
    assert np.mean(areas) == pytest.approx(expected)
    assert len(ax.lines) == 10


def test_roc_curve_of_two_classes(two_classes):
    X, y = two_classes
    network = DigitCNNClassifier("two_layer_mlp", epochs=1, random_state=0).fit(X, y)
    display = RocCurveDisplay.from_estimator(network, X, y)
    assert display.roc_auc == pytest.approx(roc_auc_score(y, network.predict_proba(X)[:, 1]))


def test_calibration_of_the_predicted_class(fitted, held_out):
    X, y = held_out
    proba = fitted.predict_proba(X)
    display = CalibrationDisplay.from_predictions(
        fitted.predict(X) == y, proba.max(axis=1), n_bins=3, strategy="quantile"
    )
    assert len(display.prob_true) == 3


@pytest.mark.slow
def test_learning_curve(network, small_digits):
    X, y = small_digits
    display = LearningCurveDisplay.from_estimator(
        network, X, y, train_sizes=[0.3, 1.0], cv=2, shuffle=True, random_state=0
    )
    few, many = display.test_scores.mean(axis=1)
    assert display.train_sizes.tolist() == [45, 150]
    assert few < many


def test_summary_names_the_layers(fitted):
    lines = []
    fitted.model_.summary(print_fn=lines.append, expand_nested=True)
    assert all(name in "\n".join(lines) for name in ("conv2d", "max_pooling2d", "logits"))


def test_a_diagram_shows_the_layers(fitted, tmp_path):
    graph = keras.utils.model_to_dot(fitted.model_, show_shapes=True, expand_nested=True)
    assert all(name in graph.to_string() for name in ("conv2d", "max_pooling2d", "logits"))
    if shutil.which("dot"):
        path = tmp_path / "network.png"
        keras.utils.plot_model(fitted.model_, path, expand_nested=True)
        assert path.read_bytes().startswith(b"\x89PNG")
