"""How a fit goes: going on, callbacks, precision, and what is refused."""

import math
import pickle
from functools import partial

import keras
import numpy as np
import pytest

from mnistcnn.architectures import Baseline, Fast
from networks import quick_classifier

quick = partial(quick_classifier, epochs=4)


def test_history_has_one_entry_an_epoch(small_digits):
    classifier = quick().fit(*small_digits)
    assert classifier.n_iter_ == 4
    assert {len(values) for values in classifier.history_.values()} == {4}
    assert set(classifier.history_) == {"loss", "accuracy", "learning_rate"}
    assert classifier.history_["loss"][-1] < classifier.history_["loss"][0]


def test_nothing_is_printed_unless_asked(small_digits, capfd):
    quick().fit(*small_digits)
    assert capfd.readouterr().out == ""
    quick(verbose=2).fit(*small_digits)
    assert "Epoch 4/4" in capfd.readouterr().out


# 4,096 / 64 is 64; 6,000 / 64 = 94 is nearer to 128 than to 64, as powers of two go.
@pytest.mark.parametrize(
    ("n_images", "batch_size"),
    [(20, 32), (1500, 32), (4096, 64), (6000, 128), (10_000, 128), (30_000, 256)],
)
def test_auto_batch_size_suits_few_and_many_images(n_images, batch_size):
    X = np.random.default_rng(0).normal(size=(n_images, 4))
    classifier = quick(architecture=Baseline(2), epochs=1).fit(X, X[:, 0] > 0)
    assert int(classifier.model_.optimizer.iterations) == math.ceil(n_images / batch_size)


def test_a_batch_size_that_is_stated_is_taken_as_it_is(small_digits):
    classifier = quick(epochs=2, batch_size=77).fit(*small_digits)
    assert int(classifier.model_.optimizer.iterations) == 2 * 4


@pytest.mark.slow
def test_warm_start_goes_on_where_the_last_fit_ended(small_digits):
    classifier = quick(warm_start=True, lr_schedule="constant").fit(*small_digits)
    first = classifier.history_["loss"]
    assert classifier.fit(*small_digits).history_["loss"][0] < first[-1]
    assert quick().fit(*small_digits).fit(*small_digits).history_["loss"] == pytest.approx(
        quick().fit(*small_digits).history_["loss"]
    )


def test_warm_start_keeps_labels_and_pixel_scaling_where_some_digits_are_missing(small_digits):
    X, y = small_digits
    classifier = quick(epochs=20).fit(X, y)
    classifier.set_params(warm_start=True, epochs=1, learning_rate=1e-5).fit(
        X[y < 3] * 1.5, y[y < 3]
    )
    assert classifier.classes_.tolist() == list(range(10))
    assert classifier.score(X, y) > 0.9


@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_other_pixels_do_not_change_the_scaling_of_the_first_fit(how, small_digits):
    X, y = small_digits
    # Without momentum a rate of next to nothing leaves the weights as they are.
    still = quick(warm_start=True, optimizer=keras.optimizers.SGD(0.1), precision="float32")
    before = still.fit(X, y).predict_proba(X)
    getattr(still.set_params(epochs=1, learning_rate=1e-12), how)(X / 2 + 4, y)
    np.testing.assert_allclose(still.predict_proba(X), before, rtol=1e-4)


def weights_of_layers(classifier):
    return [layer.get_weights() for layer in classifier.model_.layers[-1].layers]


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_layers_that_were_frozen_stay_as_they_are(how, stored, small_digits):
    architecture = Fast((8, 8), dense_units=32)
    classifier = quick(architecture=architecture, warm_start=True).fit(*small_digits)
    for layer in classifier.model_.layers[-1].layers[:-1]:
        layer.trainable = False
    classifier = pickle.loads(pickle.dumps(classifier)) if stored else classifier
    before = weights_of_layers(classifier)
    getattr(classifier, how)(*small_digits)
    *features, scores = zip(weights_of_layers(classifier), before, strict=True)
    assert all(np.array_equal(a, b) for pair in features for a, b in zip(*pair, strict=True))
    assert (scores[0][0] != scores[1][0]).any()


def test_warm_start_refuses_what_it_cannot_continue(small_digits):
    X, y = small_digits
    classifier = quick(warm_start=True).fit(X[y < 9], y[y < 9])
    with pytest.raises(ValueError, match=r"\[9\]"):
        classifier.fit(X, y)
    with pytest.raises(ValueError, match="warm_start=True needs the same architecture"):
        classifier.set_params(architecture="two_layer_mlp").fit(X[y < 9], y[y < 9])


def test_partial_fit_learns_chunk_by_chunk(small_digits):
    X, y = small_digits
    classifier = quick(learning_rate=3e-3)
    for _ in range(10):
        for chunk in np.array_split(np.arange(300), 3):
            classifier.partial_fit(X[chunk], y[chunk], classes=range(10))
    assert classifier.n_iter_ == len(classifier.history_["loss"]) == 30
    assert set(classifier.history_["learning_rate"]) == {np.float32(3e-3)}
    assert classifier.score(X, y) > 0.9


def test_partial_fit_takes_a_chunk_of_one_and_labels_seen_later(small_digits):
    X, y = small_digits
    classifier = quick().partial_fit(X[:1], y[:1], classes=range(10))
    assert y[0] != 7
    for _ in range(5):
        classifier.partial_fit(X[y == 7], y[y == 7])
    assert (classifier.predict(X[y == 7]) == 7).all()
    assert classifier.n_iter_ == 6


def test_partial_fit_refuses_what_it_cannot_do(small_digits):
    X, y = small_digits
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        quick().partial_fit(X, y)
    with pytest.raises(ValueError, match="early_stopping"):
        quick(early_stopping=True).partial_fit(X, y, classes=range(10))
    with pytest.raises(ValueError, match="class_weight"):
        quick(class_weight="balanced").partial_fit(X, y, classes=range(10))
    classifier = quick().partial_fit(X, y, classes=range(10))
    with pytest.raises(ValueError, match="classes must be those of the first call"):
        classifier.partial_fit(X, y, classes=range(11))
    with pytest.raises(ValueError, match=r"\[10, 11\]"):
        classifier.partial_fit(X, y + 2)


def test_partial_fit_refuses_images_of_another_shape(small_digits):
    X, y = small_digits
    classifier = quick().partial_fit(X.reshape(-1, 8, 8), y, classes=range(10))
    with pytest.raises(ValueError, match=r"\(8, 8\)"):
        classifier.partial_fit(X.reshape(-1, 4, 16), y)
    assert classifier.image_shape_ == (8, 8, 1)


def test_partial_fit_weighs_classes_by_the_dict_in_every_chunk(small_digits):
    X, y = small_digits
    both = np.isin(y, [0, 2])

    def mean_of_two(class_weight):
        classifier = quick(class_weight=class_weight).partial_fit(X, y, classes=range(10))
        for _ in range(3):
            classifier.partial_fit(X[both], y[both])
        return classifier.predict_proba(X[both])[:, 2].mean()

    # 1 does not occur in the later chunks.
    even, favored, hindered = map(mean_of_two, (None, {1: 2, 2: 20}, {1: 2, 2: 0.05}))
    assert hindered + 0.02 < even < favored - 0.02


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append((epoch, dict(logs)))


def test_keras_callbacks_are_trained_as_copies(small_digits):
    recorder = Recorder()
    classifier = quick(callbacks=[recorder]).fit(*small_digits)
    assert recorder.epochs == []
    (trained,) = classifier.callbacks_
    assert [epoch for epoch, _ in trained.epochs] == [0, 1, 2, 3]
    assert {"loss", "accuracy"} <= set(trained.epochs[0][1])


def test_keras_early_stopping_and_validation_logs(small_digits):
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=0, min_delta=10)
    classifier = quick(callbacks=stopping, early_stopping=True).fit(*small_digits)
    assert classifier.n_iter_ < 4


def test_hooks_of_a_lambda_callback_are_called(small_digits):
    seen = []
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append((batch, logs))
    )
    quick(batch_size=32, epochs=1, callbacks=callback).fit(*small_digits)
    assert len(seen) == 10


class BatchCounter(keras.callbacks.Callback):
    n_batches = 0

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        self.n_batches += 1


@pytest.mark.slow
def test_batch_callbacks_see_every_batch_and_epoch_callbacks_change_nothing(small_digits):
    X, y = small_digits
    plain = quick(batch_size=32).fit(X, y)
    counted = quick(batch_size=32, callbacks=BatchCounter()).fit(X, y)
    assert counted.callbacks_[0].n_batches == 4 * 10
    recorded = quick(batch_size=32, callbacks=Recorder()).fit(X, y)
    np.testing.assert_array_equal(plain.predict_proba(X), recorded.predict_proba(X))


class Uncopyable(Recorder):
    def __copy__(self):
        raise TypeError("a live connection")


def test_a_callback_that_cannot_be_copied_is_used_itself(small_digits):
    callback = Uncopyable()
    assert quick(callbacks=[callback]).fit(*small_digits).callbacks_[0] is callback
    assert len(callback.epochs) == 4


class RateSetter(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002
        self.model.optimizer.learning_rate = 1e-3


@pytest.mark.parametrize(
    "callback",
    [
        keras.callbacks.ReduceLROnPlateau(monitor="loss"),
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (1 + epoch)),
        RateSetter(),
    ],
    ids=["plateau", "scheduler", "own"],
)
def test_callbacks_that_set_the_rate_clash_with_a_schedule_only(callback, small_digits):
    with pytest.raises(ValueError, match="lr_schedule='one_cycle'"):
        quick(callbacks=callback).fit(*small_digits)
    constant = quick(callbacks=callback, lr_schedule="constant").fit(*small_digits)
    assert constant.n_iter_ == 4


def test_what_is_no_callback_is_refused(small_digits):
    with pytest.raises(TypeError, match="callbacks"):
        quick(callbacks=["early"]).fit(*small_digits)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_learns_and_keeps_exact_probabilities(precision, small_digits):
    X, y = small_digits
    policy = keras.config.dtype_policy()
    classifier = quick(epochs=15, precision=precision).fit(X, y)
    assert classifier.precision_ == precision
    assert classifier.score(X, y) > 0.9
    np.testing.assert_allclose(classifier.predict_proba(X).sum(axis=1), 1, atol=1e-12)
    assert keras.config.dtype_policy() == policy


def ending_in(activation):
    def network(input_shape, n_classes):
        hidden = [keras.layers.Flatten(), keras.layers.Dense(32, "relu")]
        output = keras.layers.Dense(n_classes, activation)
        return keras.Sequential([keras.Input(input_shape), *hidden, output])

    return network


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
@pytest.mark.parametrize(
    "architecture",
    ["baseline", ending_in(None), ending_in("softmax")],
    ids=["registered", "own logits", "own probabilities"],
)
def test_scores_are_not_rounded_to_half_precision(architecture, precision, small_digits):
    X, y = small_digits
    classifier = quick(architecture=architecture, precision=precision, epochs=1).fit(X, y)
    images = X.reshape(-1, 8, 8, 1).astype(np.float32)
    scores = keras.ops.convert_to_numpy(classifier.model_(images, training=False))
    assert scores.dtype == np.float32
    # What was rounded to 10 bits after the binary point, or to 7, ends in 13 zeros.
    assert ((scores.view(np.uint32) & 0x1FFF) != 0).mean() > 0.9


@pytest.mark.parametrize(
    ("pixel_scaling", "by_hand"),
    [
        ("standard", lambda X: (X - X.mean()) / X.std()),
        ("unit", lambda X: X / 255),
        (None, lambda X: X),
    ],
)
def test_pixels_are_scaled_inside_as_one_would_by_hand(pixel_scaling, by_hand, small_digits):
    X, y = small_digits[0] * 15.9375, small_digits[1]
    inside = quick(pixel_scaling=pixel_scaling, precision="float32").fit(X, y)
    outside = quick(pixel_scaling=None, precision="float32").fit(by_hand(X), y)
    np.testing.assert_allclose(
        inside.predict_proba(X), outside.predict_proba(by_hand(X)), rtol=1e-3, atol=1e-5
    )


def test_scikit_learn_callbacks_see_every_epoch(small_digits):
    callback_module = pytest.importorskip(
        "sklearn.callback", reason="scikit-learn has callbacks from version 1.9 on"
    )
    X, y = small_digits
    monitor = callback_module.ScoringMonitor(scoring="accuracy")
    classifier = quick().set_callbacks(monitor).fit(X, y)
    epochs = [entry for entry in monitor.get_logs().data if entry["task_name"] == "epoch"]
    assert len(epochs) == 4
    assert classifier.n_iter_ == 4
    assert epochs[-1]["accuracy"] == classifier.score(X, y)
