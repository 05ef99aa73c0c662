"""Other classes are learned from the features of a fitted classifier, which stays as it is."""

import pickle
from copy import deepcopy

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from mnistcnn import (
    DigitCNNClassifier,
    PixelRangeWarning,
    RejectingClassifier,
    TrainedFeatures,
    load_pretrained,
)
from mnistcnn.architectures import Accurate, MultiColumn, Simple

# Each fits several networks.
pytestmark = pytest.mark.slow

LETTERS = np.array(list("OIZEASGTBP"))


def to_learn(fitted, *, trainable=False, **parameters):
    settings = {"epochs": 2, "random_state": 0, **parameters}
    return DigitCNNClassifier(TrainedFeatures(fitted, trainable=trainable), **settings)


def trained_layers(classifier):
    """The layers of a classifier but the last, those within others included."""
    layers = classifier.model_.layers[-1]._flatten_layers()
    innermost = [layer for layer in layers if layer.weights and not isinstance(layer, keras.Model)]
    return [layer for layer in innermost if layer.name != "logits"]


def weights(classifier, kind=keras.Layer):
    """The weights of those layers, in an order that does not depend on what is within what."""
    layers = [layer for layer in trained_layers(classifier) if isinstance(layer, kind)]
    arrays = [np.array(one) for layer in layers for one in layer.weights]
    return sorted(arrays, key=lambda one: (one.shape, one.tolist()))


def are_equal(some, others):
    return all(map(np.array_equal, some, others)) and len(some) == len(others)


@pytest.fixture(scope="module")
def low_digits(small_digits):
    X, y = small_digits
    return X[y < 5], y[y < 5]


@pytest.fixture(scope="module")
def high_letters(small_digits):
    X, y = small_digits
    return X[y >= 5], LETTERS[y[y >= 5]]


@pytest.fixture(scope="module")
def source(low_digits):
    """A network with batch normalization and dropout that knows 0 to 4."""
    architecture = Accurate((4, 8, 8, 16))
    return DigitCNNClassifier(architecture, epochs=8, random_state=0).fit(*low_digits)


@pytest.fixture(scope="module")
def learned(source, high_letters):
    return to_learn(source).fit(*high_letters)


class TestFewImagesAreEnough:
    def test_letters_from_the_pretrained_network(self, digits):
        X, y = digits
        letters = LETTERS[y]
        learned = to_learn(load_pretrained(), epochs=10).fit(X[:60], letters[:60])
        afresh = DigitCNNClassifier("fast", epochs=10, random_state=0).fit(X[:60], letters[:60])
        rest = X[1000:], letters[1000:]
        assert learned.classes_.tolist() == sorted(LETTERS)
        assert learned.score(*rest) > max(0.9, afresh.score(*rest) + 0.05)

    def test_classes_that_the_features_have_never_seen(self):
        X, y = load_digits(return_X_y=True)
        low, high = X[y < 5], X[y >= 5]
        letters = LETTERS[y[y >= 5]]
        source = DigitCNNClassifier("accurate", epochs=8, random_state=0).fit(low, y[y < 5])
        learned, afresh = (
            DigitCNNClassifier(architecture, epochs=10, random_state=0).fit(high[:30], letters[:30])
            for architecture in (TrainedFeatures(source), "accurate")
        )
        rest = high[100:], letters[100:]
        assert learned.score(*rest) > max(0.6, afresh.score(*rest) + 0.05)

    def test_sixty_two_labels(self, source, small_digits):
        X = np.tile(small_digits[0], (2, 1))[:310]
        learned = to_learn(source).fit(X, np.arange(310) % 62)
        assert learned.classes_.tolist() == [*range(62)]
        np.testing.assert_allclose(learned.predict_proba(X).sum(axis=1), 1, atol=1e-12)
        assert learned.predict_proba(X[:3]).shape == (3, 62)


class TestTheFittedClassifierStays:
    @pytest.mark.parametrize("trainable", [True, False])
    def test_as_it_was_after_fits(self, source, low_digits, high_letters, trainable):
        before, flags = source.predict_proba(low_digits[0]), source._network.trainability()
        learned = to_learn(source, trainable=trainable).fit(*high_letters)
        learned.set_params(warm_start=True).fit(*high_letters).partial_fit(*high_letters)
        np.testing.assert_array_equal(source.predict_proba(low_digits[0]), before)
        assert source._network.trainability() == flags
        assert source.classes_.tolist() == [0, 1, 2, 3, 4]

    def test_its_own_later_fits_do_not_reach_what_was_learned(self, low_digits, high_letters):
        source = DigitCNNClassifier(Simple(filters=4), epochs=1, random_state=0).fit(*low_digits)
        learned = to_learn(source).fit(*high_letters)
        expected = learned.predict_proba(high_letters[0])
        source.set_params(epochs=2).fit(*high_letters).partial_fit(*high_letters)
        np.testing.assert_array_equal(learned.predict_proba(high_letters[0]), expected)


class TestFrozenOrNot:
    def test_frozen_layers_keep_every_weight_and_average(self, source, learned):
        assert are_equal(weights(learned), weights(source))
        assert len(learned.model_.trainable_variables) == 2

    def test_layers_that_learn_begin_with_what_was_trained(self, source, high_letters):
        still = to_learn(source, trainable=True, learning_rate=1e-12).fit(*high_letters)
        convolutions = (weights(each, keras.layers.Conv2D) for each in (still, source))
        for one, other in zip(*convolutions, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)
        moved = to_learn(source, trainable=True).fit(*high_letters)
        assert not are_equal(weights(moved), weights(still))

    def test_normalization_that_was_frozen_stays_so(self, digits):
        source = load_pretrained()
        X, y = digits
        learned = to_learn(source, trainable=True, epochs=1).fit(X[:40], LETTERS[y[:40]])
        normalizations = [
            weights(each, keras.layers.BatchNormalization) for each in (learned, source)
        ]
        assert len(normalizations[0]) > 0
        assert are_equal(*normalizations)
        assert not are_equal(weights(learned), weights(source))

    def test_thawed_between_two_fits(self, learned, high_letters):
        further = pickle.loads(pickle.dumps(learned)).set_params(warm_start=True)
        frozen = weights(further)
        further.fit(*high_letters)
        assert are_equal(weights(further), frozen)
        further.set_params(architecture__trainable=True).fit(*high_letters)
        assert not are_equal(weights(further), frozen)

    def test_thawed_layers_learn_more_slowly(self, source):
        frozen, thawed = (TrainedFeatures(source, trainable=flag) for flag in (False, True))
        assert thawed.learning_rate < source.architecture.learning_rate < frozen.learning_rate
        assert frozen.adam_betas == source.architecture.adam_betas


class TestPixels:
    @pytest.mark.parametrize("pixel_scaling", ["unit", None])
    def test_are_seen_as_before_whatever_the_scaling(
        self, source, learned, high_letters, pixel_scaling
    ):
        X, letters = high_letters
        other = to_learn(source, pixel_scaling=pixel_scaling).fit(X, letters)
        np.testing.assert_array_equal(other.predict_proba(X), learned.predict_proba(X))

    @pytest.mark.parametrize("train", ["fit", "partial_fit"])
    def test_in_another_unit_are_warned_of(self, source, high_letters, train):
        X, letters = high_letters
        more = {"classes": LETTERS} if train == "partial_fit" else {}
        with pytest.warns(PixelRangeWarning, match="trained on pixels from 0 to 16"):
            getattr(to_learn(source), train)(X / 255, letters, **more)


class TestCopies:
    def test_equal_seeds_give_equal_bits_and_others_do_not(self, learned, high_letters):
        X = high_letters[0]
        again = clone(learned).fit(*high_letters)
        np.testing.assert_array_equal(again.predict_proba(X), learned.predict_proba(X))
        other = clone(learned).set_params(random_state=1).fit(*high_letters)
        assert not np.array_equal(other.predict_proba(X), learned.predict_proba(X))

    def test_a_clone_keeps_what_was_trained_and_no_more(self, source, learned):
        copy = clone(learned)
        assert not hasattr(copy, "classes_")
        assert copy.architecture is not learned.architecture
        assert copy.architecture.fitted is source
        assert set(copy.architecture.get_params()) == {"fitted", "trainable"}
        assert "TrainedFeatures(fitted=DigitCNNClassifier(" in repr(copy)

    @pytest.mark.parametrize("copied", [deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
    def test_copies_answer_and_learn_alike(self, learned, high_letters, copied):
        X = high_letters[0]
        copy = copied(learned)
        expected = learned.predict_proba(X)
        np.testing.assert_array_equal(copy.predict_proba(X), expected)
        np.testing.assert_array_equal(copy.fit(*high_letters).predict_proba(X), expected)

    @pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.long)])
    def test_a_search_decides_whether_the_features_learn(self, source, high_letters, n_jobs):
        grid = {"architecture__trainable": [False, True]}
        search = GridSearchCV(to_learn(source), grid, cv=2, n_jobs=n_jobs).fit(*high_letters)
        assert set(search.cv_results_["param_architecture__trainable"]) == {False, True}
        assert search.best_score_ > 0.3


def own_network(input_shape, n_classes, activation="softmax"):
    return keras.Sequential(
        [
            keras.Input((input_shape[0] * input_shape[1],)),
            keras.layers.Dense(6, activation="relu"),
            keras.layers.Dense(n_classes),
            keras.layers.Activation(activation),
        ]
    )


def own_functions(input_shape, n_classes):
    image = keras.Input(input_shape)
    maps = keras.layers.Conv2D(6, 3, activation=lambda x: keras.ops.maximum(x, 0))(image)
    maps = keras.layers.Conv2D(n_classes, 1)(maps)
    return keras.Model(image, keras.layers.GlobalAveragePooling2D()(maps))


# The architecture of the source, and how many features there are.
SOURCES = {
    "multi-column": (MultiColumn((Simple(dense_units=5), Simple(dense_units=7))), 5 + 7),
    "multi-column within": (
        MultiColumn((MultiColumn((Simple(dense_units=5),)), "two_layer_mlp")),
        5 + 50,
    ),
    "flat, softmax as a layer": (own_network, 6),
    "convolution last, own function": (own_functions, 6 * 6 * 6),
}  # fmt: skip


class TestAnyNetwork:
    @pytest.mark.parametrize("name", SOURCES)
    def test_ends_before_its_last_kernel(self, low_digits, high_letters, name):
        architecture, n_features = SOURCES[name]
        source = DigitCNNClassifier(architecture, epochs=1, random_state=0).fit(*low_digits)
        learned = to_learn(source).fit(*high_letters)
        kernel = learned.model_.get_layer("trained_features").get_layer("logits").kernel
        assert tuple(kernel.shape) == (n_features, 5)

    def test_that_was_wrapped(self, high_letters):
        model = own_network((8, 8), 3)
        source = DigitCNNClassifier.from_keras_model(model, pixel_scaling="unit")
        X, letters = high_letters
        # It is taken to have learned from bytes, and these are 16 levels.
        learned = to_learn(source).fit(15 * X, letters)
        assert are_equal(weights(learned), [np.array(one) for one in model.weights[1::-1]])

    def test_that_learned_from_features_itself(self, learned, low_digits):
        back = to_learn(learned, epochs=4).fit(*low_digits)
        assert are_equal(weights(back), weights(learned))
        assert back.score(*low_digits) > 0.5

    def test_in_parts(self, source, high_letters):
        X, letters = high_letters
        stream = to_learn(source)
        for part in range(4):
            stream.partial_fit(X[part::4], letters[part::4], classes=np.unique(letters))
        assert stream.n_iter_ == 4
        assert stream.score(X, letters) > 0.3


class TestRefusals:
    def test_what_is_no_fitted_classifier(self, source, high_letters):
        with pytest.raises(NotFittedError):
            to_learn(DigitCNNClassifier()).fit(*high_letters)
        for other in (RejectingClassifier(source), make_pipeline(source), source.model_, "fast"):
            with pytest.raises(ValueError, match="fitted must be a fitted DigitCNNClassifier, got"):
                to_learn(other).fit(*high_letters)

    def test_images_of_another_shape(self, source, digits):
        with pytest.raises(ValueError, match=r"needs images of shape \(8, 8, 1\).*\(28, 28, 1\)"):
            to_learn(source).fit(*digits)

    def test_another_precision(self, source, high_letters):
        other = "float16"
        with pytest.raises(ValueError, match="precision must be 'auto' or .* got 'float16'"):
            to_learn(source, precision=other).fit(*high_letters)

    def test_a_network_without_kernels(self, high_letters):
        image = keras.Input((8, 8, 1))
        borrowed = keras.layers.AveragePooling2D((8, 2))(image)
        model = keras.Model(image, keras.layers.Flatten()(borrowed))
        source = DigitCNNClassifier.from_keras_model(model)
        with pytest.raises(ValueError, match="a network that has none"):
            to_learn(source).fit(*high_letters)

    def test_a_flag_that_is_none(self, source, high_letters):
        with pytest.raises(ValueError, match="'trainable' parameter of TrainedFeatures must be"):
            to_learn(source, trainable="yes").fit(*high_letters)
