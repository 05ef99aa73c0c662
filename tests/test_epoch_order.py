"""What an epoch is: every image once, in an order of its own, and figures of its own."""

from functools import partial

import keras
import numpy as np
import pytest

from mnistcnn import DigitCNNClassifier
from mnistcnn.architectures import Simple
from networks import quick_classifier

# Most of them train a network or several.
pytestmark = pytest.mark.slow


quick = partial(quick_classifier, epochs=3, precision="float32")


# The weights stay as they are, so that a loss tells of nothing but the images that it is of.
STILL = {"optimizer": keras.optimizers.SGD(), "learning_rate": 1e-12}


class BatchLosses(keras.callbacks.Callback):
    """Notes the mean loss of an epoch's batches so far after each of them."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002
        self.epochs.append([])

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        self.epochs[-1].append(logs["loss"])


def batch_losses(**parameters):
    return quick(batch_size=50, callbacks=BatchLosses(), **{**STILL, **parameters})


def test_every_epoch_has_all_images_in_another_order(small_digits):
    first, second, third = batch_losses().fit(*small_digits).callbacks_[0].epochs
    assert len(first) == 6
    assert len({first[0], second[0], third[0]}) == 3
    assert first[-1] == pytest.approx(second[-1], rel=1e-5)
    assert first[-1] == pytest.approx(third[-1], rel=1e-5)


@pytest.mark.slow
def test_the_seed_decides_on_the_order(small_digits):
    X, y = small_digits

    # One network for all, whose weights do not depend on the seed.
    def network(input_shape, n_classes):
        kernel = keras.initializers.RandomNormal(seed=1)
        dense = keras.layers.Dense(n_classes, kernel_initializer=kernel)
        return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(), dense])

    first, again, other = (
        batch_losses(architecture=network, random_state=seed).fit(X, y).callbacks_[0].epochs
        for seed in (0, 0, 1)
    )
    assert first == again
    assert first[0][0] != pytest.approx(other[0][0], rel=1e-3)
    assert first[0][-1] == pytest.approx(other[0][-1], rel=1e-5)


def test_every_call_of_partial_fit_has_another_order(small_digits):
    X, y = small_digits
    classifier = batch_losses()
    firsts = []
    for _ in range(3):
        classifier.partial_fit(X, y, classes=range(10))
        firsts.append(classifier.callbacks_[0].epochs[0][0])
    assert len(set(firsts)) == 3


@pytest.mark.slow
def test_every_epoch_has_other_random_changes(small_digits):
    X, y = small_digits
    # All in one batch, the order does not matter; without changes all losses would be the same.
    still = quick(augmentation="strong", batch_size=300, **STILL)
    losses = still.fit(X, y).history_["loss"]
    assert np.abs(np.diff(losses)).min() > 1e-3 * losses[0]
    unchanged = quick(batch_size=300, **STILL).fit(X, y).history_["loss"]
    np.testing.assert_allclose(unchanged, unchanged[0], rtol=1e-5)


def test_every_epoch_has_other_values_dropped(small_digits):
    still = quick(architecture=Simple(8, kernel_size=3, dropout=0.5), batch_size=300, **STILL)
    losses = still.fit(*small_digits).history_["loss"]
    assert np.abs(np.diff(losses)).min() > 1e-4 * losses[0]


# Of 300 images the last batch holds 6, 44, all, and one alone.
@pytest.mark.parametrize("batch_size", [7, 128, 300, 299, 13])
def test_loss_and_accuracy_are_means_over_all_images(batch_size, small_digits):
    X, y = small_digits
    still = quick(batch_size=batch_size, **STILL).fit(X, y)
    mean_loss = -still.predict_log_proba(X)[np.arange(300), y].mean()
    np.testing.assert_allclose(still.history_["loss"], mean_loss, rtol=1e-4)
    np.testing.assert_allclose(still.history_["accuracy"], still.score(X, y), atol=1e-6)


class WatchesBatches(keras.callbacks.Callback):
    """Makes Keras's own `fit` run the epochs."""

    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize("callbacks", [None, WatchesBatches()], ids=["whole epochs", "batches"])
def test_an_image_alone_in_the_last_batch_is_trained_on(callbacks, small_digits):
    X, y = small_digits[0][:33], small_digits[1][:33]
    still = quick(epochs=1, batch_size=32, callbacks=callbacks, **STILL).fit(X, y)
    assert int(still.model_.optimizer.iterations) == 2
    losses = -still.predict_log_proba(X)[np.arange(33), y]
    assert still.history_["loss"] == [pytest.approx(losses.mean(), rel=1e-5)]


def test_figures_of_an_epoch_hold_nothing_of_those_before(small_digits):
    X, y = small_digits
    classifier = quick(epochs=25, batch_size=300, lr_schedule="constant").fit(X, y)
    history = classifier.history_
    assert history["accuracy"][0] < 0.3
    # The last update's gain is all that an epoch of one batch does not know of.
    assert history["accuracy"][-1] > 0.9
    again = classifier.set_params(warm_start=True, epochs=1, learning_rate=1e-12).fit(X, y)
    assert again.history_["accuracy"] == [pytest.approx(classifier.score(X, y), abs=1e-6)]


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop", keras.optimizers.Nadam()])
def test_calls_of_partial_fit_go_where_one_fit_goes(optimizer, small_digits):
    X, y = small_digits
    # In one batch the order of the images matters to the last bits only.
    settings = {"batch_size": 300, "optimizer": optimizer, "learning_rate": 1e-3}
    at_once = quick(epochs=5, lr_schedule="constant", **settings).fit(X, y)
    in_parts = quick(**settings)
    for _ in range(5):
        in_parts.partial_fit(X, y, classes=range(10))
    np.testing.assert_allclose(in_parts.history_["loss"], at_once.history_["loss"], rtol=1e-3)


class TestUnaugmentedEpochs:
    def losses(self, small_digits, **parameters):
        still = quick(epochs=4, **STILL, **parameters)
        return still.fit(*small_digits).history_["loss"]

    @pytest.mark.parametrize("n_last", [1, 3, 4, 9])
    def test_the_last_ones_train_on_the_images_as_they_are(self, n_last, small_digits):
        plain = self.losses(small_digits)
        augmented = self.losses(small_digits, augmentation="mnist")
        found = self.losses(small_digits, augmentation="mnist", unaugmented_epochs=n_last)
        n_augmented = max(0, 4 - n_last)
        assert found[:n_augmented] == augmented[:n_augmented]
        np.testing.assert_allclose(found[n_augmented:], plain[n_augmented:], rtol=1e-5)

    def test_they_are_none_in_partial_fit(self, small_digits):
        predictions = [
            DigitCNNClassifier(
                "baseline", augmentation="mnist", random_state=0, unaugmented_epochs=n_last
            )
            .partial_fit(*small_digits, classes=range(10))
            .predict_proba(small_digits[0])
            for n_last in (0, 1)
        ]
        np.testing.assert_array_equal(*predictions)
