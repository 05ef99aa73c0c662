"""Compiled networks that serve one fit after another, and who may never notice."""

import functools
import gc
import pickle
import threading
import types
from functools import partial

import keras
import numpy as np
import pytest

import mnistcnn
from choice import long
from mnistcnn._training.description import describe
from mnistcnn._training.pool import MAX_IDLE, MAX_IDLE_PARAMETERS, POOL, BorrowedNetwork
from mnistcnn.architectures import Baseline, Fast, MultiColumn, Simple
from networks import quick_classifier

# Each fits several networks.
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def empty_pool():
    gc.collect()
    mnistcnn.clear_cache()
    yield
    mnistcnn.clear_cache()


quick = partial(quick_classifier, precision="float32")


def n_idle():
    gc.collect()
    return len(POOL)


# Dropout has a seed state, batch normalization moving averages: both must start afresh.
DROPOUT, NORMALIZING = Simple(4, kernel_size=3), Fast((4, 4), dense_units=8)
BOTH = MultiColumn((DROPOUT, NORMALIZING))
TEMPLATE = keras.optimizers.Adagrad(0.1)


# What an optimizer keeps is apart from what layers keep, so each is tried once each time.
@pytest.mark.parametrize(
    ("optimizer", "architecture"),
    [
        ("adam", BOTH),
        ("sgd", NORMALIZING),
        (TEMPLATE, DROPOUT),
        long("adam", DROPOUT),
        long("adam", NORMALIZING),
        long("sgd", DROPOUT),
        long("sgd", BOTH),
        long(TEMPLATE, NORMALIZING),
        long(TEMPLATE, BOTH),
    ],
)
def test_a_reused_network_gives_the_same_bits_as_a_fresh_one(architecture, optimizer, small_digits):
    X, y = small_digits
    fresh = quick(architecture, optimizer=optimizer).fit(X, y).predict_proba(X)
    mnistcnn.clear_cache()
    quick(architecture, optimizer=optimizer, random_state=1, epochs=3, learning_rate=0.3).fit(X, y)
    gc.collect()
    assert len(POOL) == 1
    reused = quick(architecture, optimizer=optimizer).fit(X, y)
    assert len(POOL) == 0
    np.testing.assert_array_equal(reused.predict_proba(X), fresh)


@pytest.mark.parametrize("architecture", [Baseline(8), long(DROPOUT)])
def test_rate_and_length_are_new_in_every_precision(architecture, small_digits):
    precisions = ("float16", "bfloat16")

    def history_in(precision, **parameters):
        settings = {"precision": precision, "epochs": 3, **parameters}
        history = quick(architecture, **settings).fit(*small_digits).history_
        gc.collect()
        return history

    fresh = {}
    for precision in precisions:
        mnistcnn.clear_cache()
        fresh[precision] = history_in(precision)
    mnistcnn.clear_cache()
    for precision in precisions:
        history_in(precision, epochs=1, learning_rate=0.5)
    assert len(POOL) == 2
    assert {precision: history_in(precision) for precision in precisions} == fresh


@pytest.mark.parametrize("architecture", [Baseline(8), long(NORMALIZING)])
def test_frozen_networks_serve_no_fit_that_trains_all_layers(architecture, small_digits):
    X, y = small_digits
    fresh = quick(architecture).fit(X, y).predict_proba(X)
    frozen = quick(architecture, warm_start=True).fit(X, y)
    for layer in frozen.model_.layers[-1].layers[:-1]:
        layer.trainable = False
    frozen = pickle.loads(pickle.dumps(frozen)).fit(X, y)
    mnistcnn.clear_cache()
    del frozen
    assert n_idle() == 1
    np.testing.assert_array_equal(quick(architecture).fit(X, y).predict_proba(X), fresh)


def test_a_first_partial_fit_remembers_nothing_of_an_earlier_fit(small_digits):
    X, y = small_digits
    fresh = quick().partial_fit(X, y, classes=range(10)).predict_proba(X)
    gc.collect()
    reused = quick().partial_fit(X, y, classes=range(10))
    np.testing.assert_array_equal(reused.predict_proba(X), fresh)


def test_networks_of_living_estimators_are_never_touched(small_digits):
    X, y = small_digits
    first = quick().fit(X, y)
    before = first.predict_proba(X)
    quick(random_state=1).fit(X[:100], y[:100])
    np.testing.assert_array_equal(first.predict_proba(X), before)


@pytest.mark.long
def test_rate_epochs_and_batch_size_share_a_program_and_other_settings_do_not(small_digits):
    def idle_networks(*settings):
        mnistcnn.clear_cache()
        for parameters in settings:
            quick(**parameters).fit(*small_digits)
            gc.collect()
        return len(POOL)

    assert idle_networks({"epochs": 1}, {"learning_rate": 0.1}, {"batch_size": 7}) == 1
    assert idle_networks({}, {"weight_decay": 0.1}) == 2
    assert idle_networks({}, {"label_smoothing": 0.1}) == 2
    assert idle_networks({}, {"lr_schedule": "cosine"}, {"lr_schedule": "constant"}) == 3
    assert idle_networks({"lr_schedule": "constant"}, {"lr_schedule": "plateau"}) == 1
    assert idle_networks({"precision": "float32"}, {"precision": "bfloat16"}) == 2


def test_reading_the_model_takes_it_out_for_good(small_digits):
    estimator = quick().fit(*small_digits)
    model = estimator.model_
    weights = [weight.copy() for weight in model.get_weights()]
    del estimator
    assert n_idle() == 0
    quick(random_state=1).fit(*small_digits)
    for weight, expected in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_keras_callbacks_keep_the_network_they_watched(small_digits):
    quick(callbacks=keras.callbacks.History()).fit(*small_digits)
    assert n_idle() == 0


def test_a_failed_fit_leaves_no_network_behind(small_digits):
    with pytest.raises(mnistcnn.NonFiniteLossError):
        quick(optimizer="sgd", learning_rate=1e30).fit(*small_digits)
    assert n_idle() == 0


def test_copies_share_a_network_until_the_last_is_gone(small_digits):
    import copy

    estimator = quick().fit(*small_digits)
    twin = copy.copy(estimator)
    del estimator
    gc.collect()
    assert len(POOL) == 0
    del twin
    gc.collect()
    assert len(POOL) == 1


def parked(n_parameters):
    """Lend the pool what it asks how large it is, in place of a network."""
    network = types.SimpleNamespace(model=types.SimpleNamespace(count_params=lambda: n_parameters))
    compiled = types.SimpleNamespace(network=network, is_compiled=False)
    borrowed = BorrowedNetwork(compiled, (n_parameters,), POOL._returned)
    with borrowed.lent_for(types.SimpleNamespace(callbacks=[])):
        pass


def idle_sizes():
    gc.collect()
    len(POOL)
    return sorted(one.network.model.count_params() for _, one in POOL._idle.values())


def test_the_number_of_idle_networks_is_bounded_and_the_latest_are_kept():
    for size in range(1, MAX_IDLE + 3):
        parked(size)
    assert idle_sizes() == [*range(3, MAX_IDLE + 3)]


def test_a_large_network_is_kept_beside_small_ones_and_makes_room_for_the_next_large_one():
    for size in (1_000_000, 2_000_000, 42_579_946):
        parked(size)
    assert idle_sizes() == [1_000_000, 2_000_000, 42_579_946]
    parked(42_000_000)
    assert idle_sizes() == [1_000_000, 2_000_000, 42_000_000]
    parked(MAX_IDLE_PARAMETERS + 1)
    assert idle_sizes() == [MAX_IDLE_PARAMETERS + 1]


def test_templates_of_equal_settings_share_a_program_whatever_keras_calls_them(small_digits):
    for _ in range(3):
        quick(optimizer=keras.optimizers.SGD(0.1, momentum=0.5), epochs=1).fit(*small_digits)
        gc.collect()
    assert len(POOL) == 1


def schedule_of(rate):
    """A schedule whose code says the rate, as one of a notebook's cell that is run again does."""

    @keras.saving.register_keras_serializable(package="tests")
    class OwnSchedule(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return keras.ops.full((), rate) + 0 * keras.ops.cast(step, "float32")

        def get_config(self):
            return {}

    return OwnSchedule()


def test_a_schedule_of_your_own_is_never_taken_for_an_earlier_one(small_digits):
    for rate in (0.1, 1e-6):
        classifier = quick(optimizer=keras.optimizers.SGD(schedule_of(rate)), epochs=1)
        found = classifier.fit(*small_digits).history_["learning_rate"]
        assert found == pytest.approx([rate])
        del classifier
        gc.collect()


def test_keras_schedules_share_a_program(small_digits):
    for _ in range(2):
        cosine = keras.optimizers.schedules.CosineDecay(0.1, 10)
        quick(optimizer=keras.optimizers.SGD(cosine), epochs=1).fit(*small_digits)
        gc.collect()
    assert len(POOL) == 1


def test_a_template_that_holds_another_optimizer_is_refused(small_digits):
    template = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
    with pytest.raises(ValueError, match="optimizer must not be a LossScaleOptimizer"):
        quick(optimizer=template).fit(*small_digits)


def test_fits_in_threads_do_not_meet(small_digits):
    X, y = small_digits
    expected = [quick(random_state=seed).fit(X, y).predict_proba(X) for seed in range(4)]
    found = [None] * 4

    def fit(seed):
        found[seed] = quick(random_state=seed).fit(X, y).predict_proba(X)

    threads = [threading.Thread(target=fit, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(found, expected)


def dense(activation="relu", name=None, units=3):
    return keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(units, activation=activation, name=name),
            keras.layers.Dense(2),
        ]
    )


def test_descriptions_tell_networks_apart_but_not_names():
    assert describe(dense()) == describe(dense(name="mine"))
    assert describe(dense()) != describe(dense("tanh"))
    assert describe(dense("relu", "relu")) != describe(dense("tanh", "tanh"))
    assert describe(dense()) != describe(dense(units=4))
    trainable = dense()
    trainable.layers[0].trainable = False
    assert describe(trainable) != describe(dense())


class Times:
    def __init__(self, factor):
        self.factor = factor

    def method(self, x):
        return self.factor * x

    def __call__(self, x):
        return self.factor * x


@pytest.mark.parametrize(
    "activation", [Times(2).method, Times(2), functools.partial(Times(2).method)]
)
def test_methods_and_callable_objects_of_the_user_are_never_taken_for_equal(activation):
    assert describe(dense(activation)) is None


def test_dtype_policies_tell_networks_apart():
    def in_policy(policy):
        layers = [keras.Input((2,)), keras.layers.Dense(2, dtype=policy)]
        return describe(keras.Sequential(layers))

    assert in_policy("mixed_float16") != in_policy("mixed_bfloat16")


def test_functions_and_classes_of_the_user_are_never_taken_for_equal():
    class Twice(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    def relu(x):
        return x

    assert describe(dense(lambda x: x)) is None
    assert describe(dense(relu)) is None
    assert describe(keras.Sequential([keras.Input((2,)), Twice()])) is None
    assert describe(keras.Sequential([keras.Input((2,)), keras.layers.Lambda(abs)])) is None
    inputs = keras.Input((2,))
    outputs = keras.ops.vectorized_map(relu, inputs)
    assert describe(keras.Model(inputs, outputs)) is None


def test_layers_are_called_alike_in_every_network_and_the_callers_go_on(small_digits):
    before = keras.backend.get_uid("conv2d")
    networks = [quick(DROPOUT, epochs=1).fit(*small_digits).model_ for _ in range(2)]
    # TensorFlow keeps a kernel for each new name, so that searches would grow.
    first, second = ([variable.path for variable in network.variables] for network in networks)
    assert first == second
    assert keras.backend.get_uid("conv2d") == before + 1
