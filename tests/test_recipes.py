"""Recipes: the published trainings, as data and as classifiers."""

import inspect
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from mnistcnn import (
    DigitCNNClassifier,
    DigitEnsembleClassifier,
    get_recipe,
    list_architectures,
    list_recipes,
)
from mnistcnn.augmentation import Augmentation

# Most of them train a network or several.
pytestmark = pytest.mark.slow


def test_recipes_are_those_of_architectures_in_their_order():
    recipes = list_recipes()
    assert recipes == [name for name in list_architectures() if name in recipes]
    assert len(recipes) >= 17


@pytest.mark.parametrize("name", list_recipes())
def test_a_recipe_holds_parameters_of_the_classifier_and_a_plausible_report(name):
    recipe = get_recipe(name)
    assert recipe.parameters.keys() <= inspect.signature(DigitCNNClassifier).parameters.keys()
    assert recipe.reported is None or 0.95 < recipe.reported < 1
    # What has no figure to compare with says why.
    assert recipe.reported or recipe.differences
    classifier = DigitCNNClassifier.from_recipe(name)
    assert classifier.architecture.name == name
    assert {key: classifier.get_params()[key] for key in recipe.parameters} == recipe.parameters


@pytest.mark.parametrize("name", ["deotte", "deep_256", "m3", "squeeze_excite", "lenet5"])
def test_what_a_recipe_asks_for_trains(name, digits):
    X, y = (each[:200] for each in digits)
    narrow = {
        "deotte": {"architecture__filters": (2, 2, 4)},
        "deep_256": {"architecture__filters": (2, 2), "architecture__dense_units": (8,)},
        "m3": {"architecture__filters": (2, 2), "ema_momentum": 0.5},
        "squeeze_excite": {"architecture__filters": 4},
        "lenet5": {},
    }[name]
    classifier = DigitCNNClassifier.from_recipe(name, epochs=2, random_state=0, **narrow)
    assert classifier.fit(X, y).n_iter_ == 2


@pytest.fixture
def bytes_and_labels(small_digits):
    """Small digits in the unit of the recipes, many of which divide by 255."""
    X, y = small_digits
    return 15 * X, y


def test_the_published_rates_are_those_of_each_epoch(bytes_and_labels):
    settings = {"random_state": 0, "augmentation": None}
    deotte = DigitCNNClassifier.from_recipe("deotte", architecture="baseline", epochs=4, **settings)
    rates = deotte.fit(*bytes_and_labels).history_["learning_rate"]
    # That of the last of five updates.
    np.testing.assert_allclose(rates, 1e-3 * 0.95 ** np.arange(0.8, 4.8), rtol=1e-4)
    excite = DigitCNNClassifier.from_recipe("squeeze_excite", architecture="baseline", **settings)
    rates = excite.fit(*bytes_and_labels).history_["learning_rate"]
    expected = [1e-3] * 13 + [1e-4] * 3 + [1e-5] * 4
    np.testing.assert_allclose(rates, expected, rtol=1e-4)


def test_overrides_take_the_place_of_what_the_recipe_states():
    classifier = DigitCNNClassifier.from_recipe(
        "larger", epochs=3, random_state=7, architecture__dropout=0.4, augmentation="light"
    )
    assert (classifier.epochs, classifier.batch_size, classifier.random_state) == (3, 200, 7)
    assert classifier.architecture.dropout == 0.4
    assert get_recipe("larger").parameters["epochs"] == 10
    assert DigitCNNClassifier.from_recipe("larger").architecture.dropout == 0.2


def test_a_classifier_cannot_change_the_recipe_for_others():
    first = DigitCNNClassifier.from_recipe("deotte")
    first.set_params(augmentation__rotation=90)
    assert DigitCNNClassifier.from_recipe("deotte").augmentation == Augmentation(
        rotation=15, zoom=0.15, shift=0.1
    )
    recipe = get_recipe("m3")
    recipe.parameters["augmentation"].set_params(rotation=90)
    recipe.parameters["epochs"] = 1
    for name in ("m3", "m5"):
        assert get_recipe(name).parameters["augmentation"].rotation == 20
        assert get_recipe(name).parameters["epochs"] == 150


def test_a_recipe_travels_to_other_processes():
    assert pickle.loads(pickle.dumps(get_recipe("deotte"))) == get_recipe("deotte")


def test_recipes_are_cloned_pickled_and_searched(bytes_and_labels, tmp_path):
    X, y = bytes_and_labels
    classifier = DigitCNNClassifier.from_recipe("simple", epochs=1, random_state=0)
    joblib.dump(clone(classifier), tmp_path / "recipe.joblib")
    assert joblib.load(tmp_path / "recipe.joblib").get_params() == classifier.get_params()
    search = GridSearchCV(classifier, {"architecture__filters": [2, 4]}, cv=2).fit(X, y)
    assert search.best_params_["architecture__filters"] in (2, 4)


def test_an_ensemble_of_a_recipe_has_members_that_train_like_it(bytes_and_labels):
    X, y = bytes_and_labels
    ensemble = DigitEnsembleClassifier.from_recipe(
        "two_layer_mlp", 2, estimator__epochs=1, random_state=0
    )
    for member in ensemble.fit(X, y):
        assert (member.batch_size, member.pixel_scaling, member.n_iter_) == (32, "unit", 1)
    with pytest.raises(ValueError, match="Invalid parameter 'n_jobz'"):
        DigitEnsembleClassifier.from_recipe("two_layer_mlp", n_jobz=2)


class OwnClassifier(DigitCNNClassifier):
    """A class of a user's own."""


def test_a_derived_class_makes_its_own_objects():
    assert type(OwnClassifier.from_recipe("fast")) is OwnClassifier


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("deote", {}, "Unknown recipe 'deote'; did you mean 'deotte'?"),
        ("multi_column", {}, "The recipes are baseline, two_layer_mlp,"),
        ("simple", {"epoch": 3}, "Unknown parameter 'epoch' of recipe 'simple'; did you mean 'ep"),
        ("simple", {"architecture__droput": 1}, "did you mean 'architecture__dropout'"),
    ],
)
def test_unknown_names_are_told_with_the_nearest(name, parameters, message):
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        DigitCNNClassifier.from_recipe(name, **parameters)


def test_a_name_that_is_no_text_is_refused():
    with pytest.raises(ValueError, match="'name' parameter of get_recipe must be an instance"):
        get_recipe(None)
