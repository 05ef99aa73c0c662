"""Optimizers by name and as templates, and what is added to their loss and their updates."""

import keras
import numpy as np
import pytest

from mnistcnn import DigitCNNClassifier
from mnistcnn.architectures import Baseline, Fast


def quick(**parameters):
    settings = {"architecture": "baseline", "epochs": 4, "random_state": 0, **parameters}
    return DigitCNNClassifier(**settings)


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
@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize("name", OF_KERAS)
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
