"""Private names of Keras: in one room only, and each may go without a wrong result."""

import re
import sys
import types
import warnings
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest

import mnistcnn
from mnistcnn._training import keras_internals
from mnistcnn._training.pool import POOL
from networks import quick_classifier

# Each fits several networks by Keras's own `fit`.
pytestmark = pytest.mark.slow

OWNERS = {
    "_flatten_layers": keras.layers.Layer,
    "_get_variable_index": keras.optimizers.Optimizer,
    "_inbound_nodes": keras.Operation,
    "_keras_history": keras.KerasTensor,
    "_learning_rate": keras.optimizers.Optimizer,
    "_model": keras.callbacks.Callback,
    "_momentums": keras.optimizers.Adam,
    "_outbound_nodes": keras.Operation,
    "_symbolic_build": keras.Model,
    "_track_variable": keras.optimizers.Optimizer,
    "_velocities": keras.optimizers.Adam,
}
MODULES = ("global_state", "seed_generator")


class Hidden:
    """An attribute that Keras still has, and this library no longer finds."""

    def __init__(self, name, original):
        self.name, self.original = name, original

    def __get__(self, instance, owner):
        if sys._getframe(1).f_globals["__name__"].startswith("mnistcnn."):
            raise AttributeError(self.name)
        if instance is not None and self.name in vars(instance):
            return vars(instance)[self.name]
        bind = getattr(self.original, "__get__", None)
        return self.original if bind is None else bind(instance, owner)

    def __set__(self, instance, value):
        vars(instance)[self.name] = value


def take_away(name, monkeypatch):
    if name in MODULES:
        monkeypatch.setattr(keras_internals, name, types.SimpleNamespace())
    else:
        owner = OWNERS[name]
        original = getattr(owner, name, None)
        monkeypatch.setattr(owner, name, Hidden(name, original), raising=False)


@pytest.fixture(autouse=True)
def tried_anew():
    mnistcnn.clear_cache()
    keras_internals.internals_available.cache_clear()
    yield
    keras_internals.internals_available.cache_clear()


quick = partial(quick_classifier, epochs=4)


def test_this_version_of_keras_has_them_all_and_no_trace_is_left_of_the_trial():
    layer = keras.layers.Dense(1).name
    assert keras_internals.internals_available()
    number = int(layer.partition("_")[2] or 0)
    assert keras.layers.Dense(1).name == f"dense_{number + 1}"


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16", "float64"])
def test_it_has_them_whatever_the_caller_computes_in(policy):
    callers = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        assert keras_internals.internals_available()
    finally:
        keras.config.set_dtype_policy(callers)


@pytest.mark.long
@pytest.mark.parametrize("name", [*OWNERS, *MODULES])
def test_without_one_networks_are_as_right_and_the_user_is_told_once(
    name, monkeypatch, small_digits
):
    X, y = (part[:100] for part in small_digits)
    right = quick(epochs=2).fit(X, y).predict_proba(X)
    keras_internals.internals_available.cache_clear()
    take_away(name, monkeypatch)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        first, second = (quick(epochs=2).fit(X, y) for _ in range(2))
    told = [one for one in caught if "lacks a part" in str(one.message)]
    assert [one.category for one in told] == [RuntimeWarning]
    np.testing.assert_allclose(first.predict_proba(X), right, atol=2e-3)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))


@pytest.mark.slow
@pytest.mark.long
def test_without_one_all_else_works_too(monkeypatch, small_digits):
    X, y = small_digits
    take_away("_flatten_layers", monkeypatch)
    with pytest.warns(RuntimeWarning, match="lacks a part"):
        classifier = quick(early_stopping=True, augmentation="light", optimizer="adamw").fit(X, y)
    assert classifier.score(X, y) > 0.5
    going_on = quick().partial_fit(X, y, classes=range(10))
    for _ in range(3):
        going_on.partial_fit(X, y)
    assert going_on.score(X, y) > 0.8
    warm = quick(warm_start=True, lr_schedule="plateau").fit(X, y)
    first = warm.score(X, y)
    assert warm.fit(X, y).score(X, y) > max(0.8, first)
    assert len(POOL) == 0


def test_no_other_module_touches_them():
    names = [name for name in OWNERS if name != "_model"]
    names += ["python_random", "_all_reduce_sum_gradients", "_initial_epoch", "_should_trace"]
    private = re.compile(rf"keras\.src|\b({'|'.join(names)})\b")
    package = Path(mnistcnn.__file__).parent
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if private.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"_training/keras_internals.py"}
