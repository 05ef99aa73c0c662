"""A validation set of the user's own: what it changes, how it is weighed, and what is refused."""

import warnings
from functools import partial

import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from mnistcnn import DigitCNNClassifier, ImageReshaper, PixelRangeWarning, load_classifier
from mnistcnn.plotting import TrainingHistoryDisplay
from networks import quick_classifier

# Each fits networks.
pytestmark = pytest.mark.slow


quick = partial(quick_classifier, epochs=3)


@pytest.fixture
def parts(small_digits):
    X, y = small_digits
    return X[:200], y[:200], X[200:], y[200:]


class WatchesBatches(keras.callbacks.Callback):
    """Makes Keras's own `fit` run the epochs."""

    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize("callbacks", [None, WatchesBatches()], ids=["whole epochs", "batches"])
def test_without_early_stopping_it_is_only_recorded(callbacks, parts):
    X, y, X_val, y_val = parts
    plain = quick(callbacks=callbacks).fit(X, y)
    validated = quick(callbacks=callbacks).fit(X, y, X_val=X_val, y_val=y_val)
    np.testing.assert_array_equal(plain.predict_proba(X), validated.predict_proba(X))
    assert validated.history_["loss"] == plain.history_["loss"]
    assert "val_loss" not in plain.history_
    assert validated.history_["val_accuracy"][-1] == pytest.approx(
        validated.score(X_val, y_val), abs=1e-6
    )
    assert not hasattr(validated, "best_epoch_")


def test_partial_fit_goes_on_with_the_history_of_the_validation(parts, tmp_path):
    X, y, X_val, y_val = parts
    classifier = quick().fit(X, y, X_val=X_val, y_val=y_val)
    before = classifier.history_
    after = classifier.partial_fit(X, y).partial_fit(X, y).history_
    assert list(after) == list(before)
    assert {len(values) for values in after.values()} == {5}
    assert after["val_loss"][:3] == before["val_loss"]
    assert np.isnan(after["val_loss"][3:]).all()
    assert np.isfinite(after["loss"]).all()
    assert TrainingHistoryDisplay.from_estimator(classifier).best_epoch_ <= 3
    classifier.save(tmp_path / "digits.mnistcnn")
    np.testing.assert_equal(load_classifier(tmp_path / "digits.mnistcnn").history_, after)


def test_partial_fit_fills_up_what_was_measured_in_some_epochs(parts):
    X, y, *_ = parts
    classifier = quick().fit(X, y)
    classifier.history_ = {**classifier.history_, "val_f1": [0.5]}
    history = classifier.partial_fit(X, y).partial_fit(X, y).history_
    assert {len(values) for values in history.values()} == {5}
    np.testing.assert_equal(history["val_f1"], [0.5, *[np.nan] * 4])


def test_with_early_stopping_it_decides_and_all_training_images_train(parts):
    X, y, X_val, y_val = parts
    stopped = quick(epochs=200, lr_schedule="constant", early_stopping=True, n_iter_no_change=3)
    stopped.fit(X, y, X_val=X_val, y_val=y_val)
    assert stopped.n_iter_ == stopped.best_epoch_ + 3
    best = stopped.validation_scores_[stopped.best_epoch_ - 1]
    assert best == max(stopped.validation_scores_)
    assert best == pytest.approx(stopped.score(X_val, y_val), abs=1e-6)
    trained_on = len(X) * np.array(stopped.history_["accuracy"])
    np.testing.assert_allclose(trained_on, trained_on.round(), atol=1e-3)


def test_the_loss_is_that_of_the_weighted_images(parts):
    X, y, X_val, y_val = parts
    weights = np.arange(len(y_val)) % 3
    weighted = quick().fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
    chosen = weighted.predict_proba(X_val)[np.arange(len(y_val)), y_val]
    expected = np.average(-np.log(chosen), weights=weights)
    assert weighted.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-4)


def test_classes_weigh_in_it_as_in_training(parts):
    X, y, X_val, y_val = parts
    class_weight = {3: 5.0, 4: 0.0, 7: 0.5}
    weighted = quick(class_weight=class_weight).fit(X, y, X_val=X_val, y_val=y_val)
    weights = [class_weight.get(label, 1.0) for label in y_val]
    losses = -weighted.predict_log_proba(X_val)[np.arange(len(y_val)), y_val]
    expected = np.average(losses, weights=weights)
    assert weighted.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-4)
    expected = np.average(weighted.predict(X_val) == y_val, weights=weights)
    assert weighted.history_["val_accuracy"][-1] == pytest.approx(expected, abs=1e-5)


def test_the_form_of_the_images_does_not_matter(parts):
    X, y, X_val, y_val = parts
    histories = [
        quick().fit(X, y, X_val=images, y_val=labels).history_
        for images, labels in [
            (X_val, y_val),
            (X_val.reshape(-1, 8, 8), y_val.tolist()),
            (X_val.astype(np.float64), pd.Series(y_val)),
            (pd.DataFrame(X_val), y_val),
        ]
    ]
    for history in histories[1:]:
        assert history["val_loss"] == pytest.approx(histories[0]["val_loss"], rel=1e-6)


def test_labels_of_any_kind(parts):
    X, y, X_val, y_val = parts
    names = np.array([f"digit {i}" for i in range(10)])
    numbers = quick().fit(X, y, X_val=X_val, y_val=y_val)
    named = quick().fit(X, names[y], X_val=X_val, y_val=names[y_val])
    assert named.history_ == numbers.history_


def test_callbacks_see_it(parts):
    X, y, X_val, y_val = parts
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=0, mode="max")
    stopped = quick(epochs=9, callbacks=stopping).fit(X, y, X_val=X_val, y_val=y_val)
    assert stopped.n_iter_ < 9


def test_pixels_of_another_unit_are_told(parts):
    X, y, X_val, y_val = parts
    with pytest.warns(PixelRangeWarning, match="validation images are meaningless"):
        quick().fit(X, y, X_val=X_val * 255, y_val=y_val)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"X_val": ...}, "X_val and y_val must be passed together, got X_val without y_val"),
        ({"y_val": ...}, "got y_val without X_val"),
        ({"sample_weight_val": [1]}, "got sample_weight_val without X_val"),
        ({"X_val": np.zeros((9, 49)), "y_val": ...}, "X_val: X has 49 features, but .* expecting"),
        ({"X_val": np.zeros((9, 7, 9)), "y_val": ...}, r"X_val: X must hold images of shape"),
        ({"X_val": ..., "y_val": [0, 1]}, "y_val: Found input variables with inconsistent"),
        ({"X_val": ..., "y_val": np.full(100, 77)}, r"y_val: y must contain only labels .*\[77"),
        ({"X_val": ..., "y_val": np.eye(10)[np.zeros(100, int)]}, "y_val: "),
        (
            {"X_val": ..., "y_val": ..., "sample_weight_val": np.full(100, -1)},
            "sample_weight_val: sample_weight must not be negative",
        ),
        (
            {"X_val": ..., "y_val": ..., "sample_weight_val": np.zeros(100)},
            "sample_weight_val: sample_weight must hold at least one positive weight",
        ),
    ],
)
def test_what_does_not_fit_is_refused_before_training(given, message, parts):
    X, y, X_val, y_val = parts
    whole = {"X_val": X_val, "y_val": y_val}
    given = {name: whole[name] if value is ... else value for name, value in given.items()}
    classifier = quick()
    with pytest.raises(ValueError, match=message):
        classifier.fit(X, y, **given)
    assert not hasattr(classifier, "classes_")


def test_a_fraction_set_on_purpose_is_refused(parts):
    X, y, X_val, y_val = parts
    classifier = quick(early_stopping=True, validation_fraction=0.3)
    with pytest.raises(ValueError, match=r"validation_fraction must stay at 0\.1.*got 0\.3"):
        classifier.fit(X, y, X_val=X_val, y_val=y_val)


def test_a_generator_is_refused_by_its_name(parts):
    X, y, X_val, y_val = parts
    with pytest.raises(TypeError, match="X_val: X must be an array"):
        quick().fit(X, y, X_val=(image for image in X_val), y_val=y_val)


class RecordsRows(TransformerMixin, BaseEstimator):
    """Notes which images it is fitted on; a pixel of each one holds its number."""

    def __init__(self, log=None):
        self.log = log

    def fit(self, X, y=None):  # noqa: ARG002
        self.log.append(("transformer", sorted(X[:, 0].tolist())))
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X


class RecordsFits(DigitCNNClassifier):
    """Notes which images train and which ones validate."""

    log: list

    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        shown = [sorted(images.reshape(len(images), -1)[:, 0].tolist()) for images in (X, X_val)]
        self.log.append(("classifier", *shown))
        return super().fit(
            X, y, sample_weight, X_val=X_val, y_val=y_val, sample_weight_val=sample_weight_val
        )


class ListThatStays(list):
    """A list of which a clone is the same list."""

    def __deepcopy__(self, memo):
        return self


def test_in_a_grid_search_over_a_pipeline_no_test_fold_is_seen_in_training():
    generator = np.random.default_rng(0)
    X = generator.integers(0, 255, (90, 64), np.uint8)
    X[:, 0] = np.arange(90)
    y = np.arange(90) % 3
    X_val = generator.integers(0, 255, (30, 64), np.uint8)
    X_val[:, 0] = 200 + np.arange(30)
    y_val = np.arange(30) % 3
    log = RecordsFits.log = ListThatStays()
    with sklearn.config_context(enable_metadata_routing=True):
        classifier = RecordsFits("baseline", epochs=2, early_stopping=True, random_state=0)
        classifier.set_fit_request(X_val=True, y_val=True)
        pipeline = Pipeline(
            [("rows", RecordsRows(log)), ("images", ImageReshaper()), ("classifier", classifier)],
            transform_input=["X_val"],
        )
        grid = {"classifier__learning_rate": [1e-3, 1e-2]}
        search = GridSearchCV(pipeline, grid, cv=3, refit=False)
        search.fit(X, y, X_val=X_val, y_val=y_val)
        folds = [X[train, 0].tolist() for train, _ in search._checked_cv_orig.split(X, y)]
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    seen_by_classifier = [entry[1:] for entry in log if entry[0] == "classifier"]
    assert seen_by_classifier == [(fold, X_val[:, 0].tolist()) for fold in folds * 2]
    seen_by_transformer = [entry[1] for entry in log if entry[0] == "transformer"]
    assert seen_by_transformer == folds * 2


def test_the_steps_before_transform_it(small_digits):
    X, y = small_digits
    with sklearn.config_context(enable_metadata_routing=True), warnings.catch_warnings():
        warnings.simplefilter("error")
        direct = quick().fit(X[:200] // 2, y[:200], X_val=X[200:] // 2, y_val=y[200:])
        classifier = quick().set_fit_request(X_val=True, y_val=True)
        pipeline = Pipeline(
            [("halves", Halves()), ("classifier", classifier)], transform_input=["X_val"]
        )
        pipeline.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    assert pipeline[-1].history_ == direct.history_


class Halves(TransformerMixin, BaseEstimator):
    """Divides pixels by two."""

    def fit(self, X, y=None):  # noqa: ARG002
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X // 2
