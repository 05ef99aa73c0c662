"""Architectures as parameters of an estimator, and their registry."""

import pickle
import subprocess
import sys

import pytest
from sklearn.base import clone
from sklearn.utils import estimator_html_repr

from mnistcnn import DigitCNNClassifier, architectures
from mnistcnn.architectures import (
    Architecture,
    ConvNet,
    Deep,
    Deep256,
    Larger,
    Simple,
    get_architecture,
    list_architectures,
)

NAMES = list_architectures()
each_architecture = pytest.mark.parametrize("name", NAMES)


# --- as parameters of an estimator -----------------------------------------------------------


@each_architecture
def test_copies_are_equal_and_independent(name):
    architecture = get_architecture(name)
    parameter = next(iter(architecture.get_params()))
    for copy in (clone(architecture), pickle.loads(pickle.dumps(architecture))):
        assert copy == architecture
        copy.set_params(**{parameter: 7})
        assert copy != architecture
    assert architecture == get_architecture(name)


@each_architecture
def test_repr_can_be_evaluated(name):
    architecture = get_architecture(name)
    assert repr(architecture) == f"{type(architecture).__name__}()"
    architecture.set_params(**dict.fromkeys(architecture.get_params(), (7, 0.5)))
    assert eval(repr(architecture), vars(architectures)) == architecture


def test_same_parameters_of_another_class_are_not_equal():
    assert Deep256() != Deep(**Deep256().get_params())
    assert ConvNet() != "convnet"


def test_architectures_cannot_be_hashed():
    with pytest.raises(TypeError, match="unhashable"):
        hash(Simple())


def test_unknown_parameter_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="Invalid parameter 'momentum' .* 'dropout'"):
        Simple().set_params(momentum=0.9)


def test_hyperparameters_are_reached_through_the_classifier():
    classifier = DigitCNNClassifier(Simple())
    copy = clone(classifier).set_params(architecture__dropout=0.4)
    assert copy.get_params()["architecture__dropout"] == 0.4
    assert copy.architecture == Simple(dropout=0.4)
    assert classifier.architecture == Simple()
    assert "Simple(dropout=0.4)" in repr(copy)
    assert "Simple" in estimator_html_repr(copy)


# --- the registry ----------------------------------------------------------------------------


def test_registry_holds_every_public_class_under_its_own_name():
    public = {
        value
        for value in vars(architectures).values()
        if isinstance(value, type) and issubclass(value, Architecture)
    } - {Architecture, architectures.RegisteredArchitecture}
    registered = [type(get_architecture(name)) for name in NAMES]
    assert set(registered) == public
    assert [architecture.name for architecture in registered] == NAMES
    assert {architecture.__name__ for architecture in public} <= set(architectures.__all__)


def test_each_call_gives_a_new_instance():
    get_architecture("simple").set_params(filters=1)
    assert get_architecture("simple") == Simple()


@pytest.mark.parametrize(
    ("wrong", "near"), [("simpel", "simple"), ("LeNet-5", "lenet5"), ("deep256", "deep_256")]
)
def test_unknown_name_lists_the_known_ones_and_the_nearest(wrong, near):
    with pytest.raises(ValueError, match=f"'{wrong}'; did you mean '{near}'") as raised:
        get_architecture(wrong)
    assert all(name in str(raised.value) for name in NAMES)


def test_unknown_name_far_from_all_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"architecture 'qqq'\. The registered names are baseline"):
        get_architecture("qqq")


def test_name_that_is_no_string_is_refused():
    with pytest.raises(ValueError, match="'name' parameter of get_architecture must be .*'str'"):
        get_architecture(["simple"])


def test_two_architectures_of_one_name_are_refused():
    with pytest.raises(ValueError, match="same name: larger, simple, simple"):
        architectures._by_name(Simple, Larger, type("Other", (Simple,), {}))


def test_listing_them_loads_no_keras():
    code = (
        "import sys; from mnistcnn.architectures import get_architecture, list_architectures;"
        "[get_architecture(name).minimum_image_size for name in list_architectures()];"
        "print(sorted({'keras', 'tensorflow', 'matplotlib'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
