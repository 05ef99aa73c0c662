"""Which pixels decided, what layers put out and which kernels they have."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from mnistcnn import (
    DigitCNNClassifier,
    DigitEnsembleClassifier,
    ImageReshaper,
    PixelRangeWarning,
    RejectingClassifier,
    TestTimeAugmentationClassifier,
)
from mnistcnn.architectures import Simple
from mnistcnn.inspection import gradient_saliency, occlusion_saliency


def softmax_network(input_shape, n_classes):
    layers = [
        keras.layers.Flatten(),
        keras.layers.Dense(16, "tanh", name="hidden"),
        keras.layers.Dense(n_classes, "softmax", name="probabilities"),
    ]
    return keras.Sequential([keras.Input(input_shape), *layers])


NETWORKS = {"logits": Simple(8, kernel_size=3, dense_units=32), "probabilities": softmax_network}


@pytest.fixture(scope="module")
def fitted(small_digits):
    """A network of each kind, in float32 so that differences of scores can be measured."""
    X, y = small_digits
    settings = {"epochs": 20, "precision": "float32", "random_state": 0}
    return {
        name: DigitCNNClassifier(architecture, **settings).fit(X, y)
        for name, architecture in NETWORKS.items()
    }


class DarkestCorner(ClassifierMixin, BaseEstimator):
    """Says "ink" with a probability that is the pixel in row 1 and column 2 of 5x4 pixels."""

    def fit(self, X, y):  # noqa: ARG002
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        pixel = np.asarray(X).reshape(len(X), 5, 4)[:, 1, 2] / 255
        return np.column_stack([pixel, 1 - pixel])


@pytest.fixture
def corner():
    return DarkestCorner().fit([[0]], ["blank", "ink"])


def ink_at_the_pixel():
    image = np.zeros((1, 5, 4), dtype=np.uint8)
    image[0, 1, 2] = 204
    return image


class TestOcclusion:
    def test_the_pixel_that_decides_stands_alone(self, corner):
        saliency = occlusion_saliency(corner, ink_at_the_pixel(), window_size=1)
        expected = np.zeros((1, 1, 5, 4))
        expected[0, 0, 1, 2] = 0.8
        np.testing.assert_allclose(saliency.maps, expected)
        assert saliency.classes.tolist() == [["blank"]]
        np.testing.assert_allclose(saliency.probabilities, [[0.8]])

    def test_a_pixel_counts_by_the_mean_over_the_windows_that_cover_it(self, corner):
        [[found]] = occlusion_saliency(corner, ink_at_the_pixel(), window_size=2).maps
        covering = np.zeros((5, 4, 2))
        for top in range(4):
            for left in range(3):
                hides = top <= 1 < top + 2 and left <= 2 < left + 2
                covering[top : top + 2, left : left + 2] += [0.8 * hides, 1]
        np.testing.assert_allclose(found, covering[..., 0] / covering[..., 1])

    def test_what_speaks_against_a_class_is_negative(self, corner):
        images = ink_at_the_pixel()
        saliency = occlusion_saliency(corner, images, classes=["ink", "blank"], window_size=1)
        np.testing.assert_allclose(saliency.maps[:, 0], -saliency.maps[:, 1])
        assert saliency.maps[0, 0].min() == pytest.approx(-0.8)

    def test_the_background_covers_unless_another_pixel_is_named(self, corner):
        dark_on_light = 255 - ink_at_the_pixel()
        by_background = occlusion_saliency(corner, dark_on_light, classes="blank", window_size=1)
        assert by_background.maps[0, 0, 1, 2] == pytest.approx(0.2 - 1)
        by_black = occlusion_saliency(corner, dark_on_light, classes="blank", window_size=1, fill=0)
        assert by_black.maps[0, 0, 1, 2] == pytest.approx(0.2)

    def test_forms_of_the_same_images_give_the_same_maps(self, fitted, small_digits):
        X, _ = small_digits
        rows = X[:3]
        expected = occlusion_saliency(fitted["logits"], rows).maps
        assert expected.shape == (3, 1, 8, 8)
        for form in (rows.tolist(), rows.reshape(3, 8, 8), rows.reshape(3, 8, 8, 1)):
            np.testing.assert_array_equal(occlusion_saliency(fitted["logits"], form).maps, expected)

    def test_columns_keep_their_names(self, small_digits):
        X, y = small_digits
        table = pd.DataFrame(X).add_prefix("pixel")
        classifier = KNeighborsClassifier().fit(table, y)
        assert occlusion_saliency(classifier, table[:2]).maps.shape == (2, 1, 8, 8)

    @pytest.mark.slow
    def test_padded_rows_and_several_channels(self):
        rng = np.random.default_rng(0)
        padded = rng.integers(0, 256, (20, 60), dtype=np.uint8)
        colored = rng.integers(0, 256, (20, 6, 6, 3), dtype=np.uint8)
        labels = np.arange(20) % 2
        quick = {"epochs": 1, "architecture": "two_layer_mlp"}
        for X, shape in ((padded, (8, 8)), (colored, (6, 6))):
            classifier = DigitCNNClassifier(image_shape="pad", **quick).fit(X, labels)
            saliency = occlusion_saliency(classifier, X[:2])
            assert saliency.maps.shape == (2, 1, *shape)
            assert saliency.images.shape[:3] == (2, *shape)
            assert gradient_saliency(classifier, X[:2]).maps.shape == (2, 1, *shape)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"window_size": 0}, "window_size must be None or an integer from 1 to 4.*got 0"),
            ({"window_size": 5}, "window_size must .*got 5"),
            ({"window_size": 2.0}, r"window_size must .*got 2\.0"),
            ({"fill": "gray"}, "fill must be None or a finite number, got 'gray'"),
            ({"fill": 300}, "fill must be a pixel of dtype uint8, got 300"),
            ({"classes": 1}, r"classes must be labels that .*\['blank', 'ink'\].*got 1"),
            ({"classes": ["ink", "paper"]}, r"classes must .*got \['ink', 'paper'\]"),
            ({"classes": []}, r"classes must .*got \[\]"),
        ],
    )
    def test_a_parameter_that_is_refused_is_named(self, corner, parameters, message):
        with pytest.raises(ValueError, match=message):
            occlusion_saliency(corner, ink_at_the_pixel(), **parameters)

    def test_flat_images_need_a_shape_that_can_be_known(self, corner):
        with pytest.raises(ValueError, match="square number of pixels .*got 20 pixels"):
            occlusion_saliency(corner, ink_at_the_pixel().reshape(1, 20))


TWO_NETWORKS = DigitEnsembleClassifier(
    DigitCNNClassifier("two_layer_mlp", epochs=1), n_estimators=2
)


class TestGradient:
    @pytest.mark.parametrize("kind", NETWORKS)
    def test_it_is_the_change_of_the_score(self, fitted, small_digits, kind):
        X, _ = small_digits
        classifier, image = fitted[kind], X[:1]

        def lead(images):
            # How far the log-odds, or the logit, of class 3 has risen.
            scores = classifier.model_.predict(images.reshape(-1, 8, 8, 1), verbose=0)
            others = np.delete(scores, 3, axis=1).sum(axis=1)
            return scores[:, 3] if kind == "logits" else np.log(scores[:, 3] / others)

        steps = 0.05 * np.eye(64)
        measured = (lead(image + steps) - lead(image - steps)) / 0.1
        gradients = classifier.input_gradients(image, [3])
        assert gradients.shape == (1, 8, 8, 1)
        assert np.corrcoef(measured, gradients.ravel())[0, 1] > 0.99
        assert gradients.ravel() @ measured / (measured @ measured) == pytest.approx(1, abs=0.05)
        np.testing.assert_array_equal(
            gradient_saliency(classifier, image, classes=3).maps[:, 0], np.abs(gradients)[..., 0]
        )

    def test_a_network_that_is_all_but_certain_has_a_gradient(self, fitted, small_digits):
        X, _ = small_digits
        sure = softmax_network((8, 8, 1), 10)
        *others, kernel, bias = fitted["probabilities"].model_.get_weights()[2:]
        sure.set_weights([*others, 25 * kernel, bias])
        classifier = DigitCNNClassifier.from_keras_model(sure, pixel_scaling=None)
        assert np.float32(classifier.predict_proba(X[:4]).max()) == 1
        assert (gradient_saliency(classifier, X[:4]).maps.max(axis=(1, 2, 3)) > 0).all()

    def test_the_predicted_class_is_taken_unless_others_are_named(self, fitted, small_digits):
        X, _ = small_digits
        classifier = fitted["logits"]
        predicted = gradient_saliency(classifier, X[:5])
        labels = classifier.predict(X[:5])
        assert predicted.classes.ravel().tolist() == labels.tolist()
        np.testing.assert_array_equal(
            classifier.input_gradients(X[:5]), classifier.input_gradients(X[:5], labels)
        )
        proba = classifier.predict_proba(X[:5])
        np.testing.assert_allclose(predicted.probabilities[:, 0], proba.max(axis=1))

    def test_pixels_before_a_pipeline_are_those_of_the_network(self, fitted, small_digits):
        X, _ = small_digits
        doubled = FunctionTransformer(lambda X: np.asarray(X) / 2)
        pipeline = make_pipeline(doubled, ImageReshaper(), FrozenEstimator(fitted["logits"]))
        pipeline.fit(2 * X, np.arange(len(X)) % 10)
        found = gradient_saliency(pipeline, 2 * X[:2])
        expected = gradient_saliency(fitted["logits"], X[:2])
        np.testing.assert_array_equal(found.maps, expected.maps)
        np.testing.assert_array_equal(found.images, expected.images)

    @pytest.mark.slow
    def test_searches_and_wrappers_are_seen_through(self, small_digits):
        X, y = small_digits
        network = DigitCNNClassifier("two_layer_mlp", epochs=1, random_state=0)
        search = GridSearchCV(network, {"epochs": [1]}, cv=2).fit(X, y)
        rejecting = RejectingClassifier(search.best_estimator_, threshold=1.0)
        expected = gradient_saliency(search.best_estimator_, X[:2]).maps
        for estimator in (search, rejecting):
            np.testing.assert_array_equal(gradient_saliency(estimator, X[:2]).maps, expected)

    @pytest.mark.slow
    def test_classes_are_those_of_the_classifier_that_answers(self, small_digits):
        X, y = small_digits
        network = DigitCNNClassifier("two_layer_mlp", epochs=1, random_state=0).fit(X, y)
        views = TestTimeAugmentationClassifier(network, n_views=13)
        X = X[views.predict(X) != network.predict(X)][:5]
        for estimator in (views, make_pipeline(views), RejectingClassifier(views, threshold=0.0)):
            saliency = gradient_saliency(estimator, X)
            assert saliency.classes.ravel().tolist() == views.predict(X).tolist()
            np.testing.assert_array_equal(
                saliency.probabilities.ravel(), views.predict_proba(X).max(axis=1)
            )
            expected = np.abs(network.input_gradients(X, saliency.classes.ravel()))[..., 0]
            np.testing.assert_array_equal(saliency.maps[:, 0], expected)

    @pytest.mark.slow
    def test_a_look_inside_leaves_a_network_for_the_next_fit(self, small_digits):
        X, y = small_digits
        network = DigitCNNClassifier(NETWORKS["logits"], epochs=1, random_state=0)
        expected = network.fit(X, y).predict_proba(X)
        network.input_gradients(X[:2])
        network.layer_outputs(X[:2])
        network.layer_kernels()
        np.testing.assert_array_equal(network.fit(X, y).predict_proba(X), expected)

    @pytest.mark.parametrize("labels", [["3"], [11], [3.5]])
    def test_unknown_labels_are_refused_those_of_another_type_too(
        self, fitted, small_digits, labels
    ):
        with pytest.raises(ValueError, match="y must contain only labels known to the estimator"):
            fitted["logits"].input_gradients(small_digits[0][:1], labels)

    @pytest.mark.parametrize(
        "estimator",
        [KNeighborsClassifier(1), TWO_NETWORKS],
        ids=["no network", "several"],
    )
    def test_what_is_not_one_network_is_told_of_occlusion(self, estimator, two_classes):
        X, y = two_classes
        estimator.fit(X, y)
        with pytest.raises(ValueError, match="estimator must be a DigitCNN.*occlusion works with"):
            gradient_saliency(estimator, X[:1])
        assert occlusion_saliency(estimator, X[:1]).maps.shape == (1, 1, 8, 8)


SALIENCIES = [occlusion_saliency, gradient_saliency]


@pytest.mark.parametrize("saliency", SALIENCIES)
class TestBadInput:
    def test_a_classifier_that_is_not_fitted_is_refused(self, saliency, small_digits):
        with pytest.raises(NotFittedError):
            saliency(DigitCNNClassifier(), small_digits[0][:1])

    def test_a_single_image_is_refused(self, saliency, fitted, small_digits):
        image = small_digits[0][0].reshape(8, 8)
        with pytest.raises(ValueError, match="got one image alone, of shape"):
            saliency(fitted["logits"], image)

    def test_colored_images_are_refused_by_a_network_for_gray_ones(self, saliency, fitted):
        with pytest.raises(ValueError, match=r"X must hold images of shape .*\(8, 8\).*fitted"):
            saliency(fitted["logits"], np.zeros((2, 8, 8, 3)))

    def test_pixels_in_another_unit_are_told_once(self, saliency, fitted, small_digits):
        with pytest.warns(PixelRangeWarning, match="range from 0 to 1, but") as warned:
            saliency(fitted["logits"], small_digits[0][:2] / 16, classes=[1, 2])
        assert sum(each.category is PixelRangeWarning for each in warned) == 1

    def test_unknown_classes_are_refused(self, saliency, fitted, small_digits):
        with pytest.raises(ValueError, match="classes must be labels that the estimator knows"):
            saliency(fitted["logits"], small_digits[0][:2], classes="3")


def test_a_single_class_and_no_probabilities_are_refused(small_digits):
    X, y = small_digits
    one_class = DummyClassifier().fit(X, np.zeros(len(X)))
    with pytest.raises(ValueError, match=r"estimator must know at least 2 classes.*got \[0\.0\]"):
        occlusion_saliency(one_class, X[:1])
    with pytest.raises(ValueError, match="estimator must have predict_proba, got LinearSVC, "):
        occlusion_saliency(LinearSVC().fit(X, y), X[:1])


class TestLayers:
    def test_the_last_layer_puts_out_the_scores(self, fitted, small_digits):
        X, _ = small_digits
        outputs = fitted["probabilities"].layer_outputs(X)
        assert list(outputs) == ["flatten", "hidden", "probabilities"]
        np.testing.assert_allclose(
            outputs["probabilities"], fitted["probabilities"].predict_proba(X), atol=1e-6
        )

    def test_named_layers_come_in_the_order_of_their_names(self, fitted, small_digits):
        X, _ = small_digits
        outputs = fitted["logits"].layer_outputs(X[:3], layers=["logits", "conv2d"])
        assert [(name, array.shape) for name, array in outputs.items()] == [
            ("logits", (3, 10)),
            ("conv2d", (3, 6, 6, 8)),
        ]

    def test_unknown_layers_are_refused_with_the_known_ones(self, fitted, small_digits):
        X, _ = small_digits
        with pytest.raises(ValueError, match=r"layers must be names among \['flatten', 'hidden'"):
            fitted["probabilities"].layer_outputs(X[:1], layers=["conv"])

    def test_kernels_begin_with_the_first_layers(self, fitted):
        kernels = fitted["logits"].layer_kernels()
        assert next(iter(kernels)) == "conv2d"
        assert kernels["conv2d"].shape == (3, 3, 1, 8)
        np.testing.assert_array_equal(kernels["logits"], fitted["logits"].model_.get_weights()[-2])

    def test_nothing_is_known_before_the_fit(self, small_digits):
        for ask in ("layer_outputs", "input_gradients"):
            with pytest.raises(NotFittedError):
                getattr(DigitCNNClassifier(), ask)(small_digits[0][:1])
        with pytest.raises(NotFittedError):
            DigitCNNClassifier().layer_kernels()
