"""Optimizers by name and as templates, and what is added to their loss and their updates."""

from functools import partial
from typing import ClassVar

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

from choice import long
from mnistcnn import DigitCNNClassifier
from mnistcnn.architectures import Baseline, Fast
from networks import quick_classifier

# Most of them train a network or several.
pytestmark = pytest.mark.slow


quick = partial(quick_classifier, epochs=4)


@pytest.mark.parametrize(
    "optimizer",
    ["adam", "adamw", "sgd", "rmsprop", keras.optimizers.Nadam(2e-3), keras.optimizers.SGD(0.1)],
    ids=["adam", "adamw", "sgd", "rmsprop", "template", "template with rate"],
)
def test_every_optimizer_learns_with_its_own_rate(optimizer, small_digits):
    assert quick(epochs=20, optimizer=optimizer).fit(*small_digits).score(*small_digits) > 0.9


OF_KERAS = {
    "adam": keras.optimizers.Adam(1e-3),
    "adamw": keras.optimizers.AdamW(1e-3),
    "sgd": keras.optimizers.SGD(1e-3, momentum=0.9, nesterov=True),
    "rmsprop": keras.optimizers.RMSprop(1e-3),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "weight_decay"),
    [
        ("adam", 0.0),
        ("adamw", 0.01),
        ("sgd", 0.01),
        ("rmsprop", 0.0),
        long("adam", 0.01),
        long("adamw", 0.0),
        long("sgd", 0.0),
        long("rmsprop", 0.01),
    ],
)
def test_the_optimizers_go_where_those_of_keras_go(name, weight_decay, small_digits):
    how = {"learning_rate": 1e-3, "weight_decay": weight_decay, "lr_schedule": "constant"}
    ours = quick(optimizer=name, **how).fit(*small_digits)
    theirs = quick(optimizer=OF_KERAS[name], **how).fit(*small_digits)
    np.testing.assert_allclose(ours.history_["loss"], theirs.history_["loss"], rtol=1e-3)


class Forgetful(Baseline):
    """A network that states how long Adam remembers."""

    name = "forgetful"
    adam_betas = (0.3, 0.5)


def test_adam_remembers_as_long_as_the_architecture_states(small_digits):
    how = {"learning_rate": 1e-3, "lr_schedule": "constant"}
    stated = quick(architecture=Forgetful(), **how).fit(*small_digits).history_["loss"]
    template = keras.optimizers.Adam(1e-3, beta_1=0.3, beta_2=0.5)
    expected = quick(optimizer=template, **how).fit(*small_digits).history_["loss"]
    np.testing.assert_allclose(stated, expected, rtol=1e-3)
    usual = quick(**how).fit(*small_digits).history_["loss"]
    assert abs(usual[-1] / expected[-1] - 1) > 0.02


def test_an_optimizer_template_is_not_used_up(small_digits):
    template = keras.optimizers.Adam(2e-3)
    first, second = (quick(optimizer=template).fit(*small_digits) for _ in range(2))
    assert not template.built
    np.testing.assert_array_equal(
        first.predict_proba(small_digits[0]), second.predict_proba(small_digits[0])
    )


@pytest.mark.parametrize(
    "optimizer", ["adam", keras.optimizers.SGD(0.01)], ids=["name", "template"]
)
def test_weight_decay_shrinks_kernels_and_nothing_else(optimizer, small_digits):
    fitted = quick(
        architecture=Fast((4, 4), dense_units=8),
        optimizer=optimizer,
        learning_rate=0.01,
        lr_schedule="constant",
        weight_decay=20.0,
        epochs=8,
    ).fit(*small_digits)
    # Each update takes a fifth of a kernel, of which there are eighty.
    sizes = {}
    for variable in fitted.model_.trainable_variables:
        sizes.setdefault(variable.name, []).append(np.abs(np.asarray(variable.value)).mean())
    assert max(sizes["kernel"]) < 0.06
    assert min(sizes["gamma"]) > 0.5


@pytest.mark.parametrize("excluded", ["var_names", "var_list"])
def test_a_template_whose_copies_would_decay_other_weights_is_refused(excluded, small_digits):
    chosen = {"var_names": ["kernel"], "var_list": [keras.Variable([1.0])]}
    template = keras.optimizers.AdamW(weight_decay=0.5)
    template.exclude_from_weight_decay(**{excluded: chosen[excluded]})
    classifier = quick(optimizer=template)
    for use in (lambda: classifier.fit(*small_digits), lambda: clone(classifier)):
        with pytest.raises(ValueError, match="exclude_from_weight_decay.* Got AdamW"):
            use()
    template.exclude_from_weight_decay()
    assert clone(classifier).fit(*small_digits).score(*small_digits) > 0.1


def test_label_smoothing_lowers_confidence(small_digits):
    X, y = small_digits
    sure = quick(epochs=20).fit(X, y).predict_proba(X).max(axis=1).mean()
    smoothed = quick(epochs=20, label_smoothing=0.3).fit(X, y)
    assert smoothed.predict_proba(X).max(axis=1).mean() < sure - 0.1
    assert smoothed.score(X, y) > 0.9


@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
def test_the_loss_is_the_crossentropy_of_smoothed_targets(label_smoothing, small_digits):
    X, y = small_digits
    # Szegedy et al. 2016, section 7: (1 - e) for the label, and e spread over all classes.
    targets = (1 - label_smoothing) * np.eye(10)[y] + label_smoothing / 10
    still = quick(
        epochs=1, learning_rate=1e-12, label_smoothing=label_smoothing, precision="float32"
    ).fit(X, y)
    expected = -(targets * still.predict_log_proba(X)).sum(axis=1).mean()
    assert still.history_["loss"] == [pytest.approx(expected, rel=1e-4)]


@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
def test_weighted_images_weigh_in_the_figures_as_stated(label_smoothing, small_digits):
    X, y = small_digits
    weight = np.where(y == 3, 5.0, 1.0)
    still = quick(epochs=1, learning_rate=1e-12, precision="float32")
    still.set_params(label_smoothing=label_smoothing).fit(X, y, sample_weight=weight)
    targets = (1 - label_smoothing) * np.eye(10)[y] + label_smoothing / 10
    losses = -(targets * still.predict_log_proba(X)).sum(axis=1)
    expected = np.average(losses, weights=weight)
    assert still.history_["loss"] == [pytest.approx(expected, rel=1e-4)]
    accuracy = np.average(still.predict(X) == y, weights=weight)
    assert still.history_["accuracy"] == [pytest.approx(accuracy, abs=1e-6)]


def test_classes_weigh_in_the_loss_as_stated(small_digits):
    X, y = small_digits
    by_class = quick(epochs=1, learning_rate=1e-12, precision="float32", class_weight={3: 5})
    by_class.fit(X, y)
    losses = -by_class.predict_log_proba(X)[np.arange(300), y]
    expected = np.average(losses, weights=np.where(y == 3, 5.0, 1.0))
    assert by_class.history_["loss"] == [pytest.approx(expected, rel=1e-4)]


@pytest.mark.parametrize(("momentum", "nesterov"), [long(0, True), (0.5, False), (0.95, True)])
def test_momentum_of_sgd_is_that_of_keras(momentum, nesterov, small_digits):
    same = {"architecture": "baseline", "epochs": 2, "learning_rate": 0.01, "random_state": 0}
    template = keras.optimizers.SGD(momentum=float(momentum), nesterov=nesterov)
    expected = DigitCNNClassifier(**same, optimizer=template).fit(*small_digits)
    named = {"optimizer": "sgd", "momentum": momentum, "nesterov": nesterov}
    found = DigitCNNClassifier(**same, **named).fit(*small_digits)
    np.testing.assert_allclose(found.history_["loss"], expected.history_["loss"], rtol=1e-5)


class TestWeightAverage:
    SAME: ClassVar = {
        "architecture": "baseline",
        "epochs": 3,
        "batch_size": 50,
        "lr_schedule": "constant",
        "precision": "float32",
        "random_state": 0,
    }

    @pytest.mark.parametrize("optimizer", [long("adam"), "adamw", "sgd", long("rmsprop")])
    def test_is_that_of_keras(self, optimizer, small_digits):
        X, _ = small_digits
        classes = {
            "adam": keras.optimizers.Adam,
            "adamw": keras.optimizers.AdamW,
            "sgd": partial(keras.optimizers.SGD, momentum=0.9, nesterov=True),
            "rmsprop": keras.optimizers.RMSprop,
        }
        decay = {"weight_decay": 0.01} if optimizer == "adamw" else {}
        template = classes[optimizer](use_ema=True, ema_momentum=0.9, **decay)
        expected, found = (
            DigitCNNClassifier(**self.SAME, learning_rate=1e-3, **own).fit(*small_digits)
            for own in (
                {"optimizer": template},
                {"optimizer": optimizer, "ema_momentum": 0.9, **decay},
            )
        )
        np.testing.assert_allclose(found.predict_proba(X), expected.predict_proba(X), atol=1e-5)

    def test_is_what_the_validation_measures_and_early_stopping_keeps(self, small_digits):
        X, y = small_digits
        averaging = DigitCNNClassifier(**self.SAME, ema_momentum=0.9)
        averaging.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
        expected = log_loss(y[200:], averaging.predict_proba(X[200:]))
        assert averaging.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-4)
        stopping = clone(averaging).set_params(early_stopping=True, n_iter_no_change=9)
        stopping.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
        assert stopping.history_ == averaging.history_
        best = log_loss(y[200:], stopping.predict_proba(X[200:]))
        kept = stopping.history_["val_loss"][stopping.best_epoch_ - 1]
        assert kept == pytest.approx(best, rel=1e-4)

    def test_a_validation_changes_nothing_in_the_training(self, small_digits):
        X, y = small_digits
        averaging = DigitCNNClassifier(**self.SAME, ema_momentum=0.9)
        without = clone(averaging).fit(X[:200], y[:200])
        beside = clone(averaging).fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
        np.testing.assert_array_equal(without.predict_proba(X), beside.predict_proba(X))

    def test_both_ways_of_training_validate_it(self, small_digits):
        X, y = small_digits
        by_epochs, by_batches = (
            DigitCNNClassifier(**self.SAME, ema_momentum=0.9, callbacks=callbacks)
            .fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
            .history_["val_loss"]
            for callbacks in (
                None,
                keras.callbacks.LambdaCallback(on_train_batch_end=print_nothing),
            )
        )
        np.testing.assert_allclose(by_batches, by_epochs, rtol=1e-4)

    def test_keras_callback_that_swaps_it_works_as_ever(self, small_digits):
        X, y = small_digits
        plain, swapping = (
            DigitCNNClassifier(**self.SAME, ema_momentum=0.9, callbacks=callbacks).fit(
                X[:200], y[:200], X_val=X[200:], y_val=y[200:]
            )
            for callbacks in (None, keras.callbacks.SwapEMAWeights())
        )
        np.testing.assert_allclose(
            plain.history_["val_loss"], swapping.history_["val_loss"], rtol=1e-5
        )
        stopping = clone(swapping).set_params(early_stopping=True)
        with pytest.raises(ValueError, match="callbacks must hold no SwapEMAWeights with early_"):
            stopping.fit(X, y)

    def test_an_average_that_cannot_follow_is_told(self, small_digits):
        far = DigitCNNClassifier(**self.SAME, ema_momentum=0.999)
        with pytest.warns(ConvergenceWarning, match=r"leaves 98 % of the initial weights .* 18 "):
            far.fit(*small_digits)

    @pytest.mark.parametrize(
        "averaging",
        [
            {"ema_momentum": 0.9},
            {"optimizer": keras.optimizers.Adam(use_ema=True, ema_momentum=0.9)},
        ],
    )
    def test_weights_of_an_epoch_are_not_brought_back_in_its_place(self, averaging, small_digits):
        X, y = small_digits
        restoring = keras.callbacks.EarlyStopping("val_accuracy", restore_best_weights=True)
        classifier = DigitCNNClassifier(**self.SAME, callbacks=restoring).set_params(**averaging)
        with pytest.raises(ValueError, match="callbacks must hold no EarlyStopping with restore_"):
            classifier.fit(X, y, X_val=X, y_val=y)
        restoring.restore_best_weights = False
        assert classifier.fit(X, y, X_val=X, y_val=y).n_iter_ > 0

    @pytest.mark.parametrize(
        "averaging",
        [{"ema_momentum": 0.9}, {"optimizer": keras.optimizers.SGD(use_ema=True)}],
        ids=["parameter", "template"],
    )
    def test_is_refused_where_it_would_hold_training_back(self, averaging, small_digits):
        classifier = DigitCNNClassifier(**self.SAME).set_params(**averaging)
        with pytest.raises(ValueError, match="ema_momentum must be None in partial_fit"):
            classifier.partial_fit(*small_digits, classes=range(10))


def print_nothing(batch, logs):
    """Watches batches, so that Keras's own fit trains step by step."""
