"""Inverted images, units that are mixed, and pixels that are scaled twice are told of, once."""

import copy
import os
import pickle
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from mnistcnn import (
    ImageReshaper,
    PixelRangeWarning,
    PixelScaler,
    fetch_mnist,
    load_classifier,
    load_pretrained,
)
from mnistcnn.preprocessing import TrainingPixels, look_inverted
from mnistcnn.pretrained import load_without_keras
from networks import quick_classifier

# Most of them train a network or several.
pytestmark = pytest.mark.slow


quick = partial(quick_classifier, epochs=1)


@pytest.fixture(scope="module")
def light(some_digits):
    return quick(warm_start=True).fit(*some_digits)


@pytest.fixture(scope="module")
def dark(some_digits):
    return quick().fit(255 - some_digits[0], some_digits[1])


def told_by(function):
    """Return what a call warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    assert all(each.category is PixelRangeWarning for each in caught)
    assert all(each.filename == __file__ for each in caught)
    return [str(each.message) for each in caught]


class TestInvertedImages:
    @pytest.mark.parametrize("n_images", [1, 2, 300])
    def test_are_told_of_with_the_remedy(self, n_images, light, some_digits):
        X, _ = some_digits
        assert told_by(lambda: light.predict(255 - X[:n_images])) == [
            "The images show dark ink on a light background, but the classifier was trained on "
            "light ink on a dark one, so its predictions are mostly wrong. Invert the pixels: pass "
            "255 - X. DigitNormalizer also brings images to that form."
        ]

    def test_of_any_single_digit_are_told_of(self, light, some_digits):
        for image in some_digits[0][:40]:
            assert len(told_by(lambda image=image: light.predict([255 - image]))) == 1

    def test_the_other_way_round(self, dark, some_digits):
        (told,) = told_by(lambda: dark.predict(some_digits[0]))
        assert "show light ink on a dark background, but" in told
        assert told_by(lambda: dark.predict(255 - some_digits[0])) == []

    @pytest.mark.parametrize(
        "drawn",
        [
            lambda X: 200 - X // 2,
            lambda X: 0.9 * (255.0 - X),
            lambda X: (255 - X).reshape(-1, 28, 28),
            lambda X: np.concatenate([255 - X[:20], 0 * X[:20], 0 * X[:20] + 255]),
        ],
        ids=["pencil on gray paper", "floats", "images", "some blank"],
    )
    def test_however_they_are_drawn(self, drawn, light, some_digits):
        (told,) = told_by(lambda: light.predict(drawn(some_digits[0])))
        assert "dark ink on a light background" in told

    @pytest.mark.parametrize("load", [load_pretrained, load_without_keras])
    def test_the_pretrained_classifiers_tell(self, load, some_digits):
        classifier = load() if load is load_pretrained else load("digits")
        assert len(told_by(lambda: classifier.predict(255 - some_digits[0]))) == 1
        assert told_by(lambda: classifier.predict(some_digits[0])) == []

    def test_a_stored_classifier_tells(self, light, some_digits, tmp_path):
        light.save(tmp_path / "light.mnistcnn")
        state = light.__getstate__()
        del state["_pixel_statistics"]
        older = type(light).__new__(type(light))
        older.__setstate__(state)
        stored = (
            pickle.loads(pickle.dumps(light)),
            pickle.loads(pickle.dumps(older)),
            load_classifier(tmp_path / "light.mnistcnn"),
        )
        for classifier in stored:
            assert len(told_by(lambda one=classifier: one.predict(255 - some_digits[0]))) == 1

    def test_in_training_and_validation(self, light, some_digits):
        X, y = some_digits
        (told,) = told_by(lambda: copy.deepcopy(light).fit(255 - X, y))
        assert "so what it has learned does not apply to these" in told
        assert len(told_by(lambda: copy.deepcopy(light).partial_fit(255 - X, y))) == 1
        (told,) = told_by(lambda: quick().fit(X, y, X_val=255 - X[:50], y_val=y[:50]))
        assert "so the results on the validation images are meaningless" in told

    def test_in_other_units(self, some_digits):
        X, y = some_digits
        classifier = quick().fit(X / 127.5 - 1, y)
        (told,) = told_by(lambda: classifier.predict(1 - X / 127.5))
        assert "pass 0 - X" in told

    def test_images_that_were_scaled_before(self, some_digits):
        X, y = some_digits
        pipeline = make_pipeline(PixelScaler(), quick()).fit(X, y)
        (told,) = told_by(lambda: pipeline.predict(255 - X))
        assert "dark ink on a light background" in told


def shown_in_color(X):
    generator = np.random.default_rng(0)
    background, ink = generator.integers(0, 256, (2, len(X), 1, 1, 3))
    mask = X.reshape(-1, 28, 28, 1) / 255
    return (background * (1 - mask) + ink * mask).astype(np.uint8)


class TestOrdinaryImages:
    """None of them is told of."""

    @pytest.mark.parametrize(
        "varied",
        [
            lambda X: X * 0,
            lambda X: X * 0 + 255,
            lambda X: X // 5,
            lambda X: np.roll(X.reshape(-1, 28, 28), 8, axis=1),
            lambda X: np.maximum(X, 60),
            lambda X: X.reshape(-1, 28, 28).repeat(3, axis=1).repeat(3, axis=2)[:, 28:56, 28:56],
            lambda X: np.where(np.arange(784) % 28 < 3, 255, X).astype(np.uint8),
        ],
        ids=["black", "white", "dim", "moved", "gray background", "cut out", "a bar at one side"],
    )
    def test_that_vary(self, varied, light, dark, some_digits):
        for image in (varied(some_digits[0]), varied(some_digits[0])[:1]):
            assert told_by(lambda image=image: light.predict(image)) == []
            assert told_by(lambda image=image: dark.predict(255 - image)) == []

    def test_of_color(self, some_digits):
        X, y = some_digits
        images = shown_in_color(X)
        classifier = quick().fit(images, y)
        assert told_by(lambda: classifier.predict(255 - images)) == []
        for image in images[:20]:
            assert told_by(lambda image=image: classifier.predict([image])) == []

    @pytest.mark.parametrize("source", ["mnist", "semeion", "small digits"])
    def test_of_other_sources(self, source):
        X, side = images_of(source)
        X = X.astype(np.float32)
        known = TrainingPixels((X.min(), X.max()), (X.mean(), X.std()))
        others = X.max() - X
        exchanged = TrainingPixels(known.range, (others.mean(), X.std()))
        shape = (side, side, 1)
        for one in range(300):
            assert not look_inverted(known, X[one : one + 1], shape)
            assert not look_inverted(exchanged, others[one : one + 1], shape)
        assert look_inverted(known, others, shape)
        assert look_inverted(exchanged, X, shape)


def images_of(source):
    from sklearn.datasets import load_digits

    if source == "small digits":
        return load_digits().data, 8
    if source == "mnist":
        try:
            return fetch_mnist(subset="test", download_if_missing=False).data[:300], 28
        except OSError:
            pytest.skip("MNIST is not here")
    path = Path(os.environ.get("MNISTCNN_DATA", ".")).parent / "semeion.npz"
    if not path.exists():
        pytest.skip("Semeion is not here")
    return np.load(path)["x"].reshape(-1, 256)[:300], 16


class TestMixedUnits:
    def test_are_told_of_in_fit_and_predict(self, light, some_digits):
        X, y = some_digits
        mixed, labels = np.concatenate([X.astype(float), X[:1] / 255]), np.append(y, y[0])
        for call in (
            lambda: light.predict(mixed),
            lambda: light.score(mixed, labels),
            lambda: quick().fit(mixed, labels),
            lambda: quick().partial_fit(mixed, labels, classes=range(10)),
            lambda: quick().fit(X, y, X_val=mixed, y_val=labels),
            lambda: make_pipeline(PixelScaler(), quick()).fit(mixed, labels),
            lambda: make_pipeline(PixelScaler("unit"), LogisticRegression(tol=1)).fit(
                mixed, labels
            ),
        ):
            (told,) = told_by(call)
            assert told == (
                "The images mix units: some have pixels up to 1, others up to 255, so the former "
                "look blank beside the latter. Convert all images to the same unit before "
                "combining them."
            )

    def test_beside_those_of_the_training_are_told_of_once(self, some_digits):
        X, y = some_digits
        classifier = quick().fit(X / 255, y)
        (told,) = told_by(lambda: classifier.predict(np.concatenate([X / 255, X])))
        assert "mix units" in told

    @pytest.mark.parametrize(
        "ordinary",
        [
            lambda X: np.concatenate([X[:20], 0 * X[:20]]),
            lambda X: np.concatenate([X[:20], X[:20] > 254]),
            lambda X: np.concatenate([X[:20] * 1.0, X[:20] * 0.0003]),
            lambda X: np.concatenate([X[:20] * 1.0, 0 * X[:20] + 0.5]),
            lambda X: np.concatenate([X[:20] * 1.0, np.eye(20, 784)]),
            lambda X: X * np.linspace(0.01, 1, len(X))[:, np.newaxis],
        ],
        ids=["blank", "bits", "traces", "even", "hot pixels", "brightness"],
    )
    def test_ordinary_images_do_not_mix_units(self, ordinary, light, some_digits):
        assert told_by(lambda: light.predict(ordinary(some_digits[0]))) == []


class TestScalers:
    @pytest.mark.parametrize("last", [quick(), LogisticRegression(max_iter=50, tol=0.1)])
    @pytest.mark.parametrize("between", [[], [ImageReshaper((28, 28))]], ids=["", "reshaped"])
    def test_another_unit_is_told_of_once(self, last, between, some_digits):
        if between and isinstance(last, LogisticRegression):
            between = [*between, FunctionTransformer(lambda X: X.reshape(len(X), -1))]
        X, y = some_digits
        pipeline = make_pipeline(PixelScaler(), *between, last).fit(X, y)
        for method in (pipeline.predict, pipeline.predict_proba):
            assert told_by(lambda method=method: method(X / 255)) == [
                "The pixels range from 0 to 1, but the scaler was fitted on pixels from 0 to 255, "
                "so they are not scaled as those were. Multiply the pixels by 255."
            ]
        assert told_by(lambda: pipeline.predict(X)) == []

    def test_the_other_way_round(self, some_digits):
        scaler = PixelScaler().fit(some_digits[0] / 255)
        assert len(told_by(lambda: scaler.transform(some_digits[0]))) == 1

    def test_validation_images_are_told_of_once(self, some_digits):
        X, y = some_digits
        scaler = PixelScaler().fit(X)

        def fit():
            validation = scaler.transform(X[:50] / 255)
            quick().fit(scaler.transform(X), y, X_val=validation, y_val=y[:50])

        assert len(told_by(fit)) == 1

    def test_behind_a_scaler_of_ones_own_the_classifier_tells(self, some_digits):
        X, y = some_digits
        scaler = FunctionTransformer(lambda X: (X - 35.0) / 78)
        pipeline = make_pipeline(scaler, quick()).fit(X, y)
        for n_images in (1, 300):
            (told,) = told_by(lambda n=n_images: pipeline.predict(X[:n] / 255))
            assert "but the classifier was trained on pixels" in told
        assert told_by(lambda: pipeline.predict(0 * X)) == []
        assert told_by(lambda: pipeline.predict(X // 20)) == []

    def test_pixels_that_were_scaled_before_are_told_of(self, some_digits):
        X, y = some_digits
        scaler = PixelScaler("unit")
        for call in (scaler.fit, scaler.transform, scaler.fit_transform):
            (told,) = told_by(lambda call=call: call(X / 255))
            assert told == (
                "The pixels range from 0 to 1, as if they had already been scaled, so dividing by "
                "data_range=(0, 255) leaves values close to zero. Pass unscaled pixels, or set "
                "data_range to their actual range."
            )
        pipeline = make_pipeline(scaler, LogisticRegression(max_iter=5, tol=1))
        assert len(told_by(lambda: pipeline.fit(X / 255, y))) == 1
        assert len(told_by(lambda: pipeline.predict(X / 255))) == 1

    @pytest.mark.parametrize(
        ("unit", "data_range", "ends"),
        [
            (lambda X: X // 16 + (X > 127), (0, 255), "0 to 0.06275"),
            (lambda X: X / 127.5 - 1, (0, 255), "-0.003922 to 0.003922"),
            (lambda X: (X - 33.3) / 78.6, (0, 255), "-0.001661 to 0.01106"),
            (lambda X: X.astype(np.uint16) * 257, (0, 255), "0 to 257"),
            (lambda X: X, (0, 1), "0 to 255"),
            (lambda X: X, (0, 16), "0 to 15.94"),
            (lambda X: X / 127.5 - 1, (0, 1), "-1 to 1"),
        ],
        ids=["16", "-1 to 1", "standardized", "16 bits", "bytes as 0-1", "as 16", "-1 as 0"],
    )
    def test_pixels_in_another_unit_than_the_range_are_told_of(
        self, unit, data_range, ends, some_digits
    ):
        X, y = unit(some_digits[0]), some_digits[1]
        # Of an array that it has told of in `fit` the scaler says nothing more.
        scaler = PixelScaler("unit", data_range=data_range)
        pipeline = make_pipeline(scaler, quick())
        for call in (
            lambda: scaler.fit(X.copy()),
            lambda: scaler.transform(X.copy()),
            lambda: scaler.fit_transform(X.copy()),
            lambda: pipeline.fit(X.copy(), y),
        ):
            (told,) = told_by(call)
            assert f"not the unit of data_range=({data_range[0]}, {data_range[1]})" in told
            assert f"scaling leaves values from {ends}. Set data_range to the lowest" in told

    def test_truth_values_are_zeros_and_ones(self, some_digits):
        X = some_digits[0] > 127
        scaler = PixelScaler("unit", data_range=(0, 1))
        assert told_by(lambda: scaler.fit(X)) == []
        np.testing.assert_array_equal(scaler.transform(X), X)
        (told,) = told_by(lambda: PixelScaler("unit").fit_transform(X))
        assert "The pixels range from 0 to 1, as if they had already been scaled" in told

    @pytest.mark.parametrize(
        "ordinary",
        [
            lambda X: X // 17 + 238,
            lambda X: X * 0.1,
            lambda X: X * 1.2 - 25.5,
            lambda X: X * 1.7,
            lambda X: np.where(np.arange(784) == 4, 4000, X.astype(int)),
        ],
        ids=["pale", "dim", "overshoot", "sharpened", "hot pixel"],
    )
    def test_images_that_fill_a_range_badly_are_not_told_of(self, ordinary, some_digits):
        X = ordinary(some_digits[0])
        assert told_by(lambda: PixelScaler("unit").fit_transform(X)) == []
        unit = PixelScaler("unit", data_range=(0, 1))
        assert told_by(lambda: unit.fit_transform(X / 255)) == []

    @pytest.mark.parametrize("method", ["standard", "unit"])
    @pytest.mark.parametrize(
        "ordinary",
        [lambda X: X, lambda X: X * 0, lambda X: X // 10, lambda X: 255 - X, lambda X: X[:1]],
        ids=["the same", "blank", "dim", "inverted", "one"],
    )
    def test_ordinary_images_are_not_told_of(self, method, ordinary, some_digits):
        scaler = PixelScaler(method).fit(some_digits[0])
        assert told_by(lambda: scaler.transform(ordinary(some_digits[0]))) == []
        assert told_by(lambda: scaler.transform(ordinary(some_digits[0]).astype(float))) == []

    def test_a_scaler_of_an_older_version_transforms(self, some_digits):
        scaler = PixelScaler().fit(some_digits[0])
        del scaler._pixel_range
        assert told_by(lambda: scaler.transform(some_digits[0] / 255)) == []
