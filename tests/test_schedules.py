"""Learning rates over a fit, beside what papers, PyTorch and Keras say they are."""

import keras
import numpy as np
import pytest
from keras.optimizers import schedules

from mnistcnn import DigitCNNClassifier
from mnistcnn.architectures import Architecture, Baseline

# Most of them train a network or several.
pytestmark = pytest.mark.slow

PEAK = 0.05
N_UPDATES = 8


def one_update_an_epoch(**parameters):
    """A fit whose history tells the rate of each of its updates, and the loss before it."""
    settings = {
        "architecture": "baseline", "epochs": N_UPDATES, "batch_size": 300, "random_state": 0,
        "optimizer": keras.optimizers.SGD(), "learning_rate": PEAK, "precision": "float32",
    }  # fmt: skip
    return DigitCNNClassifier(**{**settings, **parameters})


# Shares of the peak after 0 to 8 of 8 updates, by hand.
FRACTIONS_OF_PEAK = {
    # Smith 2018: up in a line, down in a longer one. As PyTorch's OneCycleLR computes it with
    # anneal_strategy="linear", div_factor=25 (its default), final_div_factor=4, peak at a quarter.
    "one_cycle": [0.04, 0.52, 1, 0.835, 0.67, 0.505, 0.34, 0.175, 0.01],
    # Loshchilov and Hutter 2017, eta_min=0: half a wave, so 1/2 + sqrt(1/8) at a quarter.
    "cosine": [1, 0.96194, 0.853553, 0.691342, 0.5, 0.308658, 0.146447, 0.03806, 0],
    # A hundredth after all is a tenth after half, and 1/sqrt(10) after a quarter.
    "exponential": [1, 0.562341, 0.316228, 0.177828, 0.1, 0.0562341, 0.0316228, 0.0177828, 0.01],
    "step": [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01, 0.01],
    "constant": [1, 1, 1, 1, 1, 1, 1, 1, 1],
}

OF_KERAS = {
    "cosine": schedules.CosineDecay(PEAK, N_UPDATES),
    "exponential": schedules.ExponentialDecay(PEAK, N_UPDATES, decay_rate=0.01),
    "step": schedules.PiecewiseConstantDecay([3, 5], [PEAK, PEAK / 10, PEAK / 100]),
}


@pytest.mark.parametrize("lr_schedule", FRACTIONS_OF_PEAK)
def test_history_tells_the_rate_of_each_update(lr_schedule, small_digits):
    rates = one_update_an_epoch(lr_schedule=lr_schedule).fit(*small_digits).history_
    expected = PEAK * np.array(FRACTIONS_OF_PEAK[lr_schedule][:-1])
    np.testing.assert_allclose(rates["learning_rate"], expected, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("lr_schedule", FRACTIONS_OF_PEAK)
def test_each_update_goes_as_far_as_its_rate_says(lr_schedule, small_digits):
    rates = [PEAK * fraction for fraction in FRACTIONS_OF_PEAK[lr_schedule][:-1]]
    listed = schedules.PiecewiseConstantDecay([*range(N_UPDATES - 1)], rates)
    template = keras.optimizers.SGD(listed)
    expected = one_update_an_epoch(optimizer=template, learning_rate="auto").fit(*small_digits)
    found = one_update_an_epoch(lr_schedule=lr_schedule).fit(*small_digits)
    np.testing.assert_allclose(found.history_["loss"], expected.history_["loss"], rtol=1e-4)


@pytest.mark.parametrize("lr_schedule", OF_KERAS)
def test_a_fit_goes_as_one_with_the_schedule_of_keras(lr_schedule, small_digits):
    template = keras.optimizers.SGD(OF_KERAS[lr_schedule])
    expected = one_update_an_epoch(optimizer=template, learning_rate="auto").fit(*small_digits)
    found = one_update_an_epoch(lr_schedule=lr_schedule).fit(*small_digits)
    for name in ("learning_rate", "loss"):
        np.testing.assert_allclose(
            found.history_[name], expected.history_[name], rtol=1e-4, atol=1e-8
        )


# How a fit is cut into batches, and how many an epoch has.
LENGTHS = {
    "even batches": ({"batch_size": 100}, 3),
    "a short last batch": ({"batch_size": 128}, 3),
    "a validation part": (
        {"batch_size": 120, "early_stopping": True, "validation_fraction": 0.2},
        2,
    ),
}


@pytest.mark.parametrize(("parameters", "n_batches"), LENGTHS.values(), ids=LENGTHS)
def test_a_schedule_is_as_long_as_the_fit_whatever_the_batches(parameters, n_batches, small_digits):
    patient = {"epochs": 4, "n_iter_no_change": 9, **parameters}
    classifier = one_update_an_epoch(lr_schedule="cosine", **patient).fit(*small_digits)
    n_done = n_batches * np.arange(1, 5) - 1
    expected = PEAK * 0.5 * (1 + np.cos(np.pi * n_done / (4 * n_batches)))
    found = classifier.history_["learning_rate"]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-8)


def test_images_of_weight_zero_do_not_make_a_schedule_longer(small_digits):
    weight = np.arange(300) < 100
    classifier = one_update_an_epoch(lr_schedule="cosine", epochs=2, batch_size=50)
    rates = classifier.fit(*small_digits, sample_weight=weight).history_["learning_rate"]
    expected = PEAK * np.array([0.853553, 0.146447])
    np.testing.assert_allclose(rates, expected, rtol=1e-4, atol=1e-8)


class TestPlateau:
    # Its threshold: Keras's ReduceLROnPlateau takes a loss for lower that is lower by 0.0001.
    HALVED = [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]

    def test_halves_the_rate_after_two_epochs_without_a_lower_loss(self, small_digits):
        still = one_update_an_epoch(lr_schedule="plateau", learning_rate=1e-12)
        rates = still.fit(*small_digits).history_["learning_rate"]
        np.testing.assert_allclose(rates, 1e-12 * np.array(self.HALVED), rtol=1e-6)

    def test_leaves_the_rate_alone_while_the_loss_falls(self, small_digits):
        history = one_update_an_epoch(lr_schedule="plateau").fit(*small_digits).history_
        assert (np.diff(history["loss"]) < -1e-4).all()
        np.testing.assert_allclose(history["learning_rate"], PEAK, rtol=1e-6)

    def test_watches_the_validation_part_where_there_is_one(self, small_digits):
        X, y = small_digits
        # What is learned by heart serves for no other image: that loss rises from the start.
        at_random = np.random.default_rng(0).permutation(y)
        memorizing = one_update_an_epoch(
            lr_schedule="plateau", optimizer="adam", learning_rate=0.003,
            early_stopping=True, n_iter_no_change=9,
        ).fit(X, at_random)  # fmt: skip
        history = memorizing.history_
        assert (np.diff(history["loss"]) < -1e-4).all()
        assert np.argmin(history["val_loss"]) < 3
        assert history["learning_rate"][-1] < history["learning_rate"][0]


class TestOwnDecay:
    def rates(self, small_digits, **parameters):
        fitted = one_update_an_epoch(**parameters).fit(*small_digits)
        return np.array(fitted.history_["learning_rate"]) / PEAK

    def test_exponential_falls_by_the_stated_factor_from_epoch_to_epoch(self, small_digits):
        for n_epochs in (3, 5):
            stated = {"lr_schedule": "exponential", "lr_decay_rate": 0.95, "epochs": n_epochs}
            expected = 0.95 ** np.arange(n_epochs)
            np.testing.assert_allclose(self.rates(small_digits, **stated), expected, rtol=1e-5)

    def test_it_does_so_whatever_the_updates_of_an_epoch(self, small_digits):
        for batch_size, n_batches in ((50, 6), (128, 3)):
            rates = self.rates(
                small_digits, lr_schedule="exponential", lr_decay_rate=0.5, epochs=2,
                batch_size=batch_size,
            )  # fmt: skip
            expected = 0.5 ** (np.array([1, 2]) - 1 / n_batches)
            np.testing.assert_allclose(rates, expected, rtol=1e-5)

    def test_step_falls_at_the_stated_fractions_of_the_fit(self, small_digits):
        for boundaries in ((0.375,), (0.25, 0.5, 0.875), [0.25, 0.5, 0.875]):
            rates = self.rates(
                small_digits, lr_schedule="step", lr_decay_rate=0.5, lr_boundaries=boundaries
            )
            n_passed = [sum(done / 8 >= each for each in boundaries) for done in range(8)]
            np.testing.assert_allclose(rates, 0.5 ** np.array(n_passed), rtol=1e-5)

    def test_plateau_waits_as_long_and_falls_as_far_as_stated(self, small_digits):
        rates = self.rates(
            small_digits, lr_schedule="plateau", learning_rate=1e-12, lr_decay_rate=0.1,
            lr_patience=3,
        )  # fmt: skip
        expected = np.array([1, 1, 1, 1, 0.1, 0.1, 0.1, 0.01]) * 1e-12 / PEAK
        np.testing.assert_allclose(rates, expected, rtol=1e-5)

    def test_networks_of_earlier_fits_take_over_nothing_of_their_schedule(self, small_digits):
        own = {"lr_schedule": "step", "lr_decay_rate": 0.5, "lr_boundaries": (0.25,)}
        before = self.rates(small_digits, **own)
        self.rates(small_digits, lr_schedule="step")
        np.testing.assert_array_equal(self.rates(small_digits, **own), before)

    def test_a_stored_network_goes_on_by_the_schedule_of_keras(self, small_digits, tmp_path):
        own = {"lr_schedule": "step", "lr_decay_rate": 0.5, "lr_boundaries": (0.25, 0.875)}
        one_update_an_epoch(**own, optimizer="sgd").fit(*small_digits).model_.save(
            tmp_path / "m.keras"
        )
        optimizer = keras.models.load_model(tmp_path / "m.keras", safe_mode=False).optimizer
        schedule = optimizer.get_config()["learning_rate"]["config"]
        assert schedule["values"] == pytest.approx([PEAK, PEAK / 2, PEAK / 4])
        assert schedule["boundaries"] == [1, 6]

    @pytest.mark.parametrize(
        "boundaries", [(), (0.0, 0.5), (0.5, 1.0), (0.75, 0.5), (0.5, 0.5), ("0.5",), [None]]
    )
    def test_boundaries_that_do_not_rise_within_the_fit_are_refused(self, boundaries, small_digits):
        with pytest.raises(ValueError, match="lr_boundaries must be one or more rising fractions"):
            one_update_an_epoch(lr_schedule="step", lr_boundaries=boundaries).fit(*small_digits)


class Hasty(Baseline):
    """A network that states a rate of its own."""

    name = "hasty"
    learning_rate = 0.02


class TestOwnRate:
    @pytest.mark.parametrize("lr_schedule", ["constant", "plateau"])
    def test_a_rate_that_stays_is_a_fifth_of_the_architectures_own(self, lr_schedule, small_digits):
        classifier = one_update_an_epoch(
            architecture=Hasty(), optimizer="adam", learning_rate="auto", lr_schedule=lr_schedule
        )
        history = classifier.set_params(epochs=2).fit(*small_digits).history_
        np.testing.assert_allclose(history["learning_rate"], 0.004, rtol=1e-6)

    # What suits Adam is about ten times too low for SGD with momentum, and high for RMSprop.
    @pytest.mark.parametrize(
        ("optimizer", "peak"), [("adam", 0.02), ("adamw", 0.02), ("rmsprop", 0.01), ("sgd", 0.2)]
    )
    def test_a_rate_that_changes_has_it_as_its_peak(self, optimizer, peak, small_digits):
        classifier = one_update_an_epoch(
            architecture=Hasty(), optimizer=optimizer, learning_rate="auto", epochs=4
        )
        history = classifier.fit(*small_digits).history_
        assert max(history["learning_rate"]) == pytest.approx(peak)

    def test_a_function_without_one_has_the_usual_rate_of_adam(self, small_digits):
        def own_network(input_shape, n_classes):
            return Baseline().build(input_shape, n_classes)

        classifier = one_update_an_epoch(
            architecture=own_network, optimizer="adam", learning_rate="auto", epochs=4
        )
        assert max(classifier.fit(*small_digits).history_["learning_rate"]) == pytest.approx(1e-3)
        assert Architecture.learning_rate == 1e-3

    def test_each_call_of_partial_fit_goes_at_a_fifth_of_it_too(self, small_digits):
        classifier = one_update_an_epoch(
            architecture=Hasty(), optimizer="adam", learning_rate="auto", lr_schedule="cosine"
        )
        for _ in range(2):
            classifier.partial_fit(*small_digits, classes=range(10))
        np.testing.assert_allclose(classifier.history_["learning_rate"], [0.004, 0.004], rtol=1e-6)

    def test_one_that_is_stated_is_taken_as_it_is(self, small_digits):
        classifier = one_update_an_epoch(
            architecture=Hasty(), optimizer="adam", lr_schedule="constant", epochs=2
        )
        history = classifier.fit(*small_digits).history_
        np.testing.assert_allclose(history["learning_rate"], PEAK, rtol=1e-6)


def test_a_template_keeps_its_rate_and_its_own_schedule(small_digits):
    constant = one_update_an_epoch(
        optimizer=keras.optimizers.Adam(2e-3), learning_rate="auto", lr_schedule="constant"
    )
    assert np.allclose(constant.fit(*small_digits).history_["learning_rate"], 2e-3, atol=0)
    template = keras.optimizers.SGD(schedules.PiecewiseConstantDecay([1], [0.25, 0.125]))
    scheduled = one_update_an_epoch(optimizer=template, learning_rate="auto", epochs=4)
    rates = scheduled.fit(*small_digits).history_["learning_rate"]
    assert rates == [0.25, 0.25, 0.125, 0.125]


def test_the_rate_is_told_where_gradients_are_added_up_over_batches(small_digits):
    template = keras.optimizers.SGD(
        schedules.PiecewiseConstantDecay([3], [0.25, 0.125]), gradient_accumulation_steps=2
    )
    # With one batch an epoch, the second epoch ends with the first update, at the rate of batch 1.
    scheduled = one_update_an_epoch(optimizer=template, learning_rate="auto", epochs=8)
    rates = scheduled.fit(*small_digits).history_["learning_rate"]
    assert rates == [0.25, 0.25, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125]


def test_a_template_with_a_rate_beside_it_takes_that_one(small_digits):
    scheduled = keras.optimizers.SGD(schedules.PiecewiseConstantDecay([1], [0.25, 0.125]))
    for template in (keras.optimizers.SGD(0.3), scheduled):
        stated = one_update_an_epoch(optimizer=template, lr_schedule="constant", epochs=2)
        rates = stated.fit(*small_digits).history_["learning_rate"]
        np.testing.assert_allclose(rates, PEAK, rtol=1e-6)
