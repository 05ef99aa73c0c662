"""Users' own functions and classes as architectures, with parameters that can be searched."""

import pickle
from copy import deepcopy
from functools import partial

import keras
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils import estimator_html_repr

from mnistcnn import DigitCNNClassifier, compare_architectures
from mnistcnn.architectures import Architecture

# Each fits several networks.
pytestmark = pytest.mark.slow


def network(input_shape, n_classes, units=8, *, activation="relu"):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation),
            keras.layers.Dense(n_classes),
        ]
    )


def network_of_any_options(input_shape, n_classes, **options):
    return network(input_shape, n_classes, **options)


def a_classifier(architecture=network, **parameters):
    return DigitCNNClassifier(architecture, epochs=1, random_state=0, **parameters)


def units_of(classifier):
    return classifier.model_.layers[-1].layers[-2].units


class TestParametersOfAFunction:
    def test_its_defaults_are_listed_beneath_the_function_itself(self):
        classifier = a_classifier()
        params = classifier.get_params()
        assert params["architecture"] is network
        assert params["architecture__units"] == 8
        assert params["architecture__activation"] == "relu"
        assert not any("__" in name for name in classifier.get_params(deep=False))

    def test_what_is_set_reaches_the_network_and_nothing_else(self, small_digits):
        plain = a_classifier()
        changed = clone(plain).set_params(architecture__units=5)
        assert changed.get_params()["architecture__units"] == 5
        assert changed.get_params()["architecture__activation"] == "relu"
        assert units_of(changed.fit(*small_digits)) == 5
        assert plain.architecture is network
        assert units_of(plain.fit(*small_digits)) == 8

    def test_settings_add_up(self, small_digits):
        classifier = a_classifier().set_params(architecture__units=5)
        classifier.set_params(architecture__activation="tanh", epochs=2)
        assert repr(classifier).startswith(
            "DigitCNNClassifier(architecture=network(units=5, activation='tanh'), epochs=2"
        )
        assert "network" in estimator_html_repr(classifier)
        assert classifier.fit(*small_digits).n_iter_ == 2

    def test_function_and_parameter_in_one_call(self):
        classifier = DigitCNNClassifier("fast")
        classifier.set_params(architecture=network, architecture__units=5)
        assert (
            classifier.architecture == a_classifier().set_params(architecture__units=5).architecture
        )
        classifier.set_params(architecture=network)
        assert classifier.get_params()["architecture__units"] == 8

    @pytest.mark.parametrize(
        "architecture",
        [network, partial(network, units=4), partial(network, activation="tanh")],
        ids=["function", "its units bound", "another bound"],
    )
    def test_unknown_names_are_refused_with_the_known_ones(self, architecture):
        classifier = a_classifier(architecture)
        for name in ("width", "input_shape"):
            with pytest.raises(ValueError, match=rf"'{name}' .*'units', 'activation'\]"):
                classifier.set_params(**{f"architecture__{name}": 3, "architecture__units": 2})
        assert classifier.architecture is architecture
        classifier.set_params(architecture__units=2)
        before = classifier.get_params()
        with pytest.raises(ValueError, match="'width'"):
            classifier.set_params(architecture__width=3)
        assert classifier.get_params() == before

    def test_a_function_of_any_options_takes_any_name(self, small_digits):
        classifier = a_classifier(network_of_any_options).set_params(architecture__units=5)
        assert units_of(classifier.fit(*small_digits)) == 5

    def test_bound_values_are_defaults_that_can_be_changed(self, small_digits):
        classifier = a_classifier(partial(network, units=4))
        assert classifier.get_params()["architecture__units"] == 4
        classifier.set_params(architecture__units=5)
        assert units_of(classifier.fit(*small_digits)) == 5

    def test_a_rate_that_the_function_states_is_kept(self, small_digits):
        def stated(input_shape, n_classes, units=8):
            return network(input_shape, n_classes, units)

        stated.learning_rate = 0.02
        plain, changed = (
            a_classifier(stated).set_params(lr_schedule="constant", **more).fit(*small_digits)
            for more in ({}, {"architecture__units": 8})
        )
        assert changed.history_["learning_rate"] == plain.history_["learning_rate"]

    def test_what_was_fitted_does_not_follow_later_settings(self, small_digits):
        X, y = small_digits
        classifier = a_classifier().set_params(architecture__units=5).fit(X, y)
        expected = classifier.predict_proba(X)
        classifier.set_params(architecture__units=3)
        loaded = pickle.loads(pickle.dumps(classifier))
        assert (loaded.predict_proba(X) == expected).all()
        assert units_of(loaded) == 5


class TestCopies:
    @pytest.mark.parametrize(
        "copied", [clone, deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
    )
    def test_are_equal_and_independent(self, copied):
        classifier = a_classifier().set_params(architecture__units=5)
        copy = copied(classifier)
        assert copy.architecture == classifier.architecture
        copy.set_params(architecture__units=6)
        assert copy.architecture != classifier.architecture
        assert classifier.get_params()["architecture__units"] == 5

    def test_cannot_be_hashed(self):
        with pytest.raises(TypeError, match="unhashable"):
            hash(a_classifier().set_params(architecture__units=5).architecture)


class TestSearch:
    @pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.long)])
    def test_over_units(self, small_digits, n_jobs):
        search = GridSearchCV(a_classifier(), {"architecture__units": [1, 30]}, cv=2, n_jobs=n_jobs)
        search.fit(*small_digits)
        assert search.best_params_ == {"architecture__units": 30}
        assert units_of(search.best_estimator_) == 30

    def test_through_a_pipeline_and_lists_as_values(self, small_digits):
        def layers(input_shape, n_classes, filters=(4,)):
            convolutions = [keras.layers.Conv2D(width, 3) for width in filters]
            ending = [keras.layers.Flatten(), keras.layers.Dense(n_classes)]
            return keras.Sequential([keras.Input(input_shape), *convolutions, *ending])

        pipeline = make_pipeline(MinMaxScaler(), a_classifier(layers))
        grid = {"digitcnnclassifier__architecture__filters": [[2], [2, 3]]}
        search = GridSearchCV(pipeline, grid, cv=2).fit(*small_digits)
        scored = search.cv_results_["param_digitcnnclassifier__architecture__filters"]
        assert list(scored) == [[2], [2, 3]]
        assert search.best_score_ > 0.1

    def test_comparison_takes_it_under_its_own_label(self, small_digits):
        architecture = a_classifier().set_params(architecture__units=5).architecture
        result = compare_architectures(
            *small_digits, architectures=[network, architecture], cv=2, epochs=1, random_state=0
        )
        assert sorted(result.table["architecture"]) == ["network", "network(units=5)"]


class FlatLayers(Architecture):
    """Written with public imports only."""

    name = "flat_layers"
    learning_rate = 0.02
    minimum_image_size = 3

    def __init__(self, units=8):
        self.units = units

    def _features(self, image):
        return keras.layers.Dense(self.units, "relu")(keras.layers.Flatten()(image))


class TestOwnClass:
    def test_is_an_architecture_like_any_other(self, small_digits):
        search = GridSearchCV(a_classifier(FlatLayers()), {"architecture__units": [1, 30]}, cv=2)
        best = search.fit(*small_digits).best_estimator_
        assert repr(best.architecture) == "FlatLayers(units=30)"
        assert best.get_params()["learning_rate"] == "auto"
        assert max(best.history_["learning_rate"]) <= 0.02
        loaded = pickle.loads(pickle.dumps(best))
        assert loaded.architecture == clone(best).architecture == FlatLayers(30)
        assert (loaded.predict(small_digits[0]) == best.predict(small_digits[0])).all()

    def test_states_how_small_an_image_may_be(self):
        with pytest.raises(ValueError, match="at least 3x3 pixels, got 2x2"):
            FlatLayers().build((2, 2, 1), 10)
