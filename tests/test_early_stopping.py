"""Early stopping: which images are set aside, which epoch is kept, and when a fit ends."""

import gc
from functools import partial

import keras
import numpy as np
import pytest

import mnistcnn
from networks import quick_classifier

# Most of them train a network or several.
pytestmark = pytest.mark.slow


quick = partial(quick_classifier, epochs=4)


def test_keeps_the_best_epoch_and_stops_so_many_after_it(small_digits):
    X, y = small_digits
    classifier = quick(
        epochs=60, early_stopping=True, validation_fraction=0.2, n_iter_no_change=3
    ).fit(X, y)
    scores = classifier.validation_scores_
    assert len(scores) == classifier.n_iter_ < 60
    assert scores[classifier.best_epoch_ - 1] == max(scores)
    assert classifier.history_["val_accuracy"] == scores
    assert classifier.n_iter_ == classifier.best_epoch_ + 3


def test_among_epochs_of_equal_accuracy_the_one_of_the_lowest_loss_is_kept(two_classes):
    classifier = quick(early_stopping=True, lr_schedule="constant", n_iter_no_change=9, epochs=9)
    history = classifier.fit(*two_classes).history_
    accuracies, losses = np.array(history["val_accuracy"]), np.array(history["val_loss"])
    best = np.flatnonzero(accuracies == accuracies.max())
    assert len(best) > 1
    assert classifier.best_epoch_ == best[losses[best].argmin()] + 1 > best[0] + 1


def test_an_epoch_that_is_no_better_counts_as_one_without_progress(small_digits):
    still = quick(early_stopping=True, learning_rate=1e-30, epochs=9, n_iter_no_change=3)
    still.fit(*small_digits)
    assert len(set(still.history_["val_loss"])) == 1
    assert (still.best_epoch_, still.n_iter_) == (1, 4)


@pytest.mark.slow
def test_predicts_with_the_weights_of_the_best_epoch(small_digits):
    X, y = small_digits
    # Labels at random: what is learned by heart makes the validation part worse.
    at_random = np.random.default_rng(0).permutation(y)
    settings = {"early_stopping": True, "lr_schedule": "constant", "n_iter_no_change": 4}
    stopped = quick(epochs=40, **settings).fit(X, at_random)
    assert stopped.best_epoch_ < stopped.n_iter_
    up_to_best = quick(epochs=stopped.best_epoch_, **settings).fit(X, at_random)
    np.testing.assert_array_equal(stopped.predict_proba(X), up_to_best.predict_proba(X))


class WatchesBatches(keras.callbacks.Callback):
    """Makes Keras's own `fit` run the epochs."""

    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize("callbacks", [None, WatchesBatches()], ids=["whole epochs", "batches"])
def test_scores_are_accuracies_of_the_part_set_aside(callbacks, small_digits):
    settings = {"early_stopping": True, "validation_fraction": 0.1, "n_iter_no_change": 9}
    classifier = quick(epochs=6, callbacks=callbacks, **settings).fit(*small_digits)
    right = 30 * np.array(classifier.validation_scores_)
    np.testing.assert_allclose(right, right.round(), atol=1e-4)
    trained_on = 270 * np.array(classifier.history_["accuracy"])
    np.testing.assert_allclose(trained_on, trained_on.round(), atol=1e-3)


def foreseeing(input_shape, n_classes):
    """A network whose answer is the first pixel, whatever it learns at next to no rate."""
    kernel = np.zeros((np.prod(input_shape), n_classes))
    kernel[0] = [-1, 1]

    def initializer(shape, dtype=None):  # noqa: ARG001
        return keras.ops.convert_to_tensor(kernel, dtype)

    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(n_classes, kernel_initializer=initializer),
        ]
    )


STILL = {"early_stopping": True, "learning_rate": 1e-12, "epochs": 1}


@pytest.mark.slow
def test_each_seed_sets_other_images_aside():
    y = np.arange(400) % 2
    # Of half of the images the first pixel tells a lie.
    X = np.zeros((400, 4))
    X[:, 0] = np.where(np.arange(400) < 200, 2 * y - 1, 1 - 2 * y)

    def share_of_lies(seed):
        still = quick(architecture=foreseeing, pixel_scaling=None, random_state=seed, **STILL)
        return still.fit(X, y).validation_scores_[0]

    shares = [share_of_lies(seed) for seed in (0, 1, 1)]
    assert shares[0] != shares[1] == shares[2]


@pytest.mark.slow
def test_each_class_has_its_share_of_the_part_set_aside():
    # Of images that are all alike the same is said, which is right for one class in ten.
    X, y = np.zeros((300, 16)), np.arange(300) % 10
    for seed in range(3):
        still = quick(random_state=seed, **STILL).fit(X, y)
        assert still.validation_scores_ == [pytest.approx(0.1)]


def test_the_part_set_aside_is_as_large_as_stated():
    # One update an image.
    X, y = np.zeros((100, 16)), np.arange(100) % 2
    for fraction, n_aside in ((0.1, 10), (0.4, 40)):
        epochs = quick(validation_fraction=fraction, batch_size=1, **STILL).fit(X, y)
        assert int(epochs.model_.optimizer.iterations) == 100 - n_aside


def test_without_room_for_every_class_it_says_so(small_digits):
    X, y = small_digits
    with pytest.raises(ValueError, match="validation_fraction=0.01"):
        quick(early_stopping=True, validation_fraction=0.01).fit(X, y)


def test_a_fit_without_it_drops_its_results(small_digits):
    classifier = quick(early_stopping=True).fit(*small_digits)
    assert {"best_epoch_", "validation_scores_"} <= set(vars(classifier))
    classifier.set_params(early_stopping=False).fit(*small_digits)
    assert not {"best_epoch_", "validation_scores_"} & set(vars(classifier))
    assert "val_loss" not in classifier.history_


@pytest.mark.slow
def test_a_fit_with_the_same_network_after_it_is_not_stopped(small_digits):
    # Or a network of another test would be taken.
    mnistcnn.clear_cache()
    stopped = quick(epochs=40, early_stopping=True, n_iter_no_change=1).fit(*small_digits)
    assert stopped.n_iter_ < 40
    del stopped
    gc.collect()
    assert quick(epochs=40).fit(*small_digits).n_iter_ == 40
