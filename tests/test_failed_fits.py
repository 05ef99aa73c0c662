"""A fit that fails or is interrupted leaves the estimator as it was."""

import pickle
from functools import partial

import keras
import numpy as np
import pytest

from mnistcnn import NonFiniteLossError
from networks import quick_classifier

quick = partial(quick_classifier, epochs=4)


def test_a_failing_partial_fit_changes_nothing(small_digits):
    X, y = small_digits
    classifier = quick().partial_fit(X, y, classes=range(10))
    before = classifier.predict_proba(X)
    with pytest.raises(NonFiniteLossError):
        classifier.set_params(optimizer="sgd", learning_rate=1e30).partial_fit(X, y)
    np.testing.assert_array_equal(classifier.predict_proba(X), before)
    assert classifier.n_iter_ == 1


def test_a_loss_that_is_no_number_names_the_learning_rate_and_loses_nothing(small_digits):
    X, y = small_digits
    classifier = quick().fit(X, y)
    before = classifier.predict_proba(X)
    with pytest.raises(NonFiniteLossError, match="learning_rate"):
        classifier.set_params(optimizer="sgd", learning_rate=1e30).fit(X, y)
    np.testing.assert_array_equal(classifier.predict_proba(X), before)


def test_weights_that_the_last_update_broke_are_no_fit(small_digits):
    X, y = small_digits
    one_update = quick(
        epochs=1, batch_size=300, optimizer="sgd", learning_rate=1e30, lr_schedule="constant"
    )
    with pytest.raises(NonFiniteLossError, match="learning_rate"):
        one_update.fit(X, y)
    assert not hasattr(one_update, "classes_")


def test_hidden_weights_that_are_no_numbers_are_no_fit(small_digits):
    """Adafactor divides by 0 where a pixel is always 0, and ReLU hides the NaN from the loss."""
    X, y = small_digits
    adafactor = keras.optimizers.Adafactor(0.01)
    classifier = quick(architecture="two_layer_mlp", optimizer=adafactor, lr_schedule="constant")
    with pytest.raises(NonFiniteLossError, match="weights that are NaN"):
        classifier.fit(X, y)
    assert not hasattr(classifier, "classes_")


def test_a_failing_partial_fit_keeps_what_the_optimizer_remembered(small_digits):
    X, y = small_digits
    failed, untouched = (
        quick(learning_rate=1e-3).partial_fit(X, y, classes=range(10)) for _ in range(2)
    )
    with pytest.raises(NonFiniteLossError):
        failed.set_params(optimizer="sgd", learning_rate=1e30).partial_fit(X, y)
    failed.set_params(optimizer="adam", learning_rate=1e-3)
    np.testing.assert_array_equal(
        failed.partial_fit(X, y).predict_proba(X), untouched.partial_fit(X, y).predict_proba(X)
    )


class Interrupt(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
        if epoch == 1:
            raise KeyboardInterrupt


def test_an_interrupted_fit_leaves_the_estimator_as_it_was(small_digits):
    X, y = small_digits
    classifier = quick().fit(X, y)
    before = classifier.predict_proba(X)
    for attempt in (classifier.fit, classifier.partial_fit):
        classifier.set_params(
            callbacks=Interrupt() if attempt == classifier.fit else InterruptNow()
        )
        with pytest.raises(KeyboardInterrupt):
            attempt(X, y)
        np.testing.assert_array_equal(classifier.predict_proba(X), before)


class InterruptNow(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
        raise KeyboardInterrupt


@pytest.mark.parametrize("stored", [False, True])
def test_a_partial_fit_after_an_interrupted_one_goes_as_if_there_was_none(stored, small_digits):
    X, y = small_digits
    interrupted, untouched = (
        quick(learning_rate=1e-3).partial_fit(X, y, classes=range(10)) for _ in range(2)
    )
    interrupted = pickle.loads(pickle.dumps(interrupted)) if stored else interrupted
    with pytest.raises(KeyboardInterrupt):
        interrupted.set_params(callbacks=InterruptNow()).partial_fit(X, y)
    interrupted.set_params(callbacks=None)
    np.testing.assert_array_equal(
        interrupted.partial_fit(X, y).predict_proba(X), untouched.partial_fit(X, y).predict_proba(X)
    )
