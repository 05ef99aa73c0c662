"""SaliencyDisplay and FeatureMapDisplay draw what networks, and other classifiers, tell."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mnistcnn import DigitCNNClassifier, DigitNormalizer, ImageReshaper, PixelRangeWarning
from mnistcnn.architectures import Simple
from mnistcnn.inspection import Saliency, gradient_saliency, occlusion_saliency
from mnistcnn.plotting import FeatureMapDisplay, SaliencyDisplay

matplotlib.use("agg")

from matplotlib import pyplot  # noqa: E402  (after the choice of the backend)

pytestmark = pytest.mark.usefixtures("no_figures")


@pytest.fixture(scope="module")
def network(small_digits):
    X, y = small_digits
    architecture = Simple(8, kernel_size=3, dense_units=32)
    return DigitCNNClassifier(architecture, epochs=5, random_state=0).fit(X, y)


def titles_of(display):
    return [[cell.get_title() for cell in row] for row in display.axes_[:, 1:]]


def drawn_in(display):
    return np.array(
        [[np.asarray(image.get_array()) for image in row] for row in display.images_[:, 1:]]
    )


class TestSaliencyDisplay:
    @pytest.mark.parametrize("method", ["occlusion", "gradient"])
    def test_each_image_has_the_map_of_its_predicted_class(self, network, small_digits, method):
        X, _ = small_digits
        display = SaliencyDisplay.from_estimator(network, X, method=method, n_images=3)
        assert display.axes_.shape == (3, 2)
        compute = {"occlusion": occlusion_saliency, "gradient": gradient_saliency}[method]
        np.testing.assert_allclose(drawn_in(display), compute(network, X[:3]).maps)
        proba = network.predict_proba(X[:3])
        labels = network.predict(X[:3])
        expected = [
            [f"{label}: {100 * row.max():.1f} %"] for label, row in zip(labels, proba, strict=True)
        ]
        assert titles_of(display) == expected
        display.figure_.canvas.draw()

    def test_named_classes_have_a_map_each(self, network, small_digits):
        X, _ = small_digits
        display = SaliencyDisplay.from_estimator(network, X[:2], method="gradient", classes=[8, 3])
        assert [[title.split(":")[0] for title in row] for row in titles_of(display)] == [
            ["8", "3"]
        ] * 2
        expected = gradient_saliency(network, X[:2], classes=[8, 3]).maps
        np.testing.assert_allclose(drawn_in(display), expected)

    def test_any_classifier_with_probabilities_will_do_and_string_labels(self, small_digits):
        X, y = small_digits
        names = np.array(["zero", "one", "two", "three"])[y[y < 4]]
        table = pd.DataFrame(X[y < 4]).add_prefix("pixel")
        neighbors = KNeighborsClassifier().fit(table, names)
        display = SaliencyDisplay.from_estimator(neighbors, table, classes="two", n_images=2)
        assert all(row[0].startswith("two: ") for row in titles_of(display))

    def test_the_scale_has_zero_in_the_middle_where_pixels_speak_against(self):
        maps = np.array([[[[0.5, -0.25]]]])
        titles = [["a"]]
        signed = SaliencyDisplay(images=np.zeros((1, 1, 2)), maps=maps, titles=titles).plot()
        assert signed.images_[0, 1].get_clim() == (-0.5, 0.5)
        sizes = SaliencyDisplay(images=np.zeros((1, 1, 2)), maps=abs(maps), titles=titles).plot()
        assert sizes.images_[0, 1].get_clim() == (0, 0.5)

    def test_all_maps_have_the_scale_that_the_bar_tells(self):
        maps = np.arange(8.0).reshape(2, 1, 2, 2)
        display = SaliencyDisplay(
            images=np.zeros((2, 2, 2)), maps=maps, titles=[["a"], ["b"]], label="what it is"
        ).plot(cmap="gray")
        assert {image.get_clim() for image in display.images_[:, 1]} == {(0.0, 7.0)}
        assert display.colorbar_.vmax == 7
        assert display.colorbar_.ax.get_ylabel() == "what it is"
        assert display.images_[0, 1].get_cmap().name == "gray"

    def test_maps_of_zeros_and_colored_images_are_drawn(self):
        images = np.random.default_rng(0).uniform(size=(1, 4, 4, 3))
        saliency = Saliency(
            images=images,
            maps=np.zeros((1, 1, 4, 4)),
            classes=np.array([[1]]),
            probabilities=np.array([[0.5]]),
            method="gradient",
        )
        display = SaliencyDisplay.from_saliency(saliency)
        display.figure_.canvas.draw()
        assert np.asarray(display.images_[0, 0].get_array()).shape == (4, 4, 3)

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"maps": np.zeros((1, 2, 2))}, r"maps must be of shape .*got \(1, 2, 2\)"),
            ({"titles": ["a"]}, r"maps must be .* and titles of shape .*got .*\(1,\)"),
            ({"maps": np.zeros((1, 1, 3, 3))}, "maps must be as high and wide as the images"),
            ({"images": np.zeros((2, 2, 2))}, "inconsistent numbers of samples"),
        ],
    )
    def test_what_does_not_fit_together_is_refused(self, changed, message):
        fine = {
            "images": np.zeros((1, 2, 2)),
            "maps": np.zeros((1, 1, 2, 2)),
            "titles": [["a"]],
        }
        with pytest.raises(ValueError, match=message):
            SaliencyDisplay(**fine | changed).plot()
        assert pyplot.get_fignums() == []


@pytest.mark.parametrize("method", ["occlusion", "gradient"])
class TestBadInputOfSaliency:
    def test_a_classifier_that_is_not_fitted(self, method, small_digits):
        with pytest.raises(NotFittedError):
            SaliencyDisplay.from_estimator(DigitCNNClassifier(), small_digits[0], method=method)

    def test_a_single_image(self, method, network, small_digits):
        image = small_digits[0][0].reshape(8, 8)
        with pytest.raises(ValueError, match="got one image alone"):
            SaliencyDisplay.from_estimator(network, image, method=method, n_images=5)

    def test_colored_images(self, method, network):
        with pytest.raises(ValueError, match="X must hold images of shape"):
            SaliencyDisplay.from_estimator(network, np.zeros((2, 8, 8, 3)), method=method)

    def test_unknown_classes(self, method, network, small_digits):
        with pytest.raises(ValueError, match="classes must be labels that the estimator knows"):
            SaliencyDisplay.from_estimator(network, small_digits[0], method=method, classes=12)

    def test_pixels_in_another_unit(self, method, network, small_digits):
        with pytest.warns(PixelRangeWarning, match="Multiply the pixels by 16"):
            SaliencyDisplay.from_estimator(network, small_digits[0] / 16, method=method, n_images=1)


def test_an_unknown_method_is_refused(network, small_digits):
    with pytest.raises(ValueError, match=r"method must be one of \['occlusion', 'gradient'\]"):
        SaliencyDisplay.from_estimator(network, small_digits[0], method="lime")


class TestFeatureMapDisplay:
    def test_layers_with_kernels_are_drawn_unless_others_are_named(self, network, small_digits):
        X, _ = small_digits
        display = FeatureMapDisplay.from_estimator(network, X[0])
        assert list(display.axes_) == ["conv2d", "dense", "logits"]
        [expected] = network.layer_outputs(X[:1])["conv2d"]
        maps = [np.asarray(image.get_array()) for image in display.images_["conv2d"]]
        np.testing.assert_array_equal(np.moveaxis(maps, 0, -1), expected)
        assert np.asarray(display.images_["logits"][0].get_array()).shape == (1, 10)
        assert display.axes_["conv2d"][0].get_title(loc="left") == "conv2d: 8 of 8, 6x6"
        named = FeatureMapDisplay.from_estimator(network, X[0], layers=["activation"])
        assert list(named.axes_) == ["activation"]
        display.figure_.canvas.draw()

    def test_forms_of_one_image_are_alike(self, network, small_digits):
        row = small_digits[0][0]
        forms = (row, row.reshape(8, 8), row.reshape(8, 8, 1), row.reshape(1, 8, 8), [row])
        expected = FeatureMapDisplay.from_estimator(network, row)
        for form in (*forms, pd.DataFrame([row])):
            display = FeatureMapDisplay.from_estimator(network, form)
            np.testing.assert_array_equal(display.maps["conv2d"], expected.maps["conv2d"])
            assert np.asarray(display.image_.get_array()).shape == (8, 8)

    def test_what_a_pipeline_makes_of_a_drawing_is_drawn(self, digits):
        X, y = digits
        network = DigitCNNClassifier("two_layer_mlp", epochs=1)
        pipeline = make_pipeline(DigitNormalizer(), ImageReshaper(), network)
        pipeline.fit(X[:100].reshape(-1, 28, 28), y[:100])
        drawing = np.full((90, 70), 255, dtype=np.uint8)
        drawing[20:70, 30:34] = 0
        display = FeatureMapDisplay.from_estimator(pipeline, drawing)
        shown = np.asarray(display.image_.get_array())
        np.testing.assert_allclose(shown, DigitNormalizer().transform([drawing])[0] / 255)

    def test_no_more_maps_are_drawn_than_asked_for_eight_a_row(self):
        maps = np.random.default_rng(0).normal(size=(3, 3, 40))
        display = FeatureMapDisplay(maps={"conv": maps}, n_maps=10).plot()
        cells = display.axes_["conv"]
        assert len(cells) == 10
        tops = [round(cell.get_position().y1, 6) for cell in cells]
        assert len(set(tops[:8])) == len(set(tops[8:])) == 1
        assert tops[0] > tops[8]

    def test_maps_of_a_layer_have_one_scale(self):
        maps = np.arange(12.0).reshape(2, 2, 3)
        display = FeatureMapDisplay(maps={"conv": maps, "dense": [1.0, 5.0]}).plot()
        assert {image.get_clim() for image in display.images_["conv"]} == {(0.0, 11.0)}
        assert display.images_["dense"][0].get_clim() == (1.0, 5.0)

    def test_filters_of_a_convolution(self, network):
        display = FeatureMapDisplay.from_filters(network, cmap="gray")
        kernel = network.layer_kernels()["conv2d"][:, :, 0]
        filters = [np.asarray(image.get_array()) for image in display.images_["conv2d"]]
        np.testing.assert_array_equal(np.moveaxis(filters, 0, -1), kernel)
        assert display.images_["conv2d"][0].get_cmap().name == "gray"

    def test_filters_of_units_that_see_all_pixels(self, small_digits):
        X, y = small_digits
        network = DigitCNNClassifier("two_layer_mlp", epochs=1).fit(X, y)
        display = FeatureMapDisplay.from_filters(make_pipeline(network), n_maps=5)
        [filters] = display.images_.values()
        assert [np.asarray(image.get_array()).shape for image in filters] == [(8, 8)] * 5

    @pytest.mark.parametrize(
        ("maps", "message"),
        [
            ({}, "maps must hold layers .*got none"),
            ({"conv": np.zeros((1, 2, 2, 3))}, r"maps must .*got {'conv': \(1, 2, 2, 3\)}"),
            ({"conv": np.zeros((2, 2, 0))}, "maps must hold layers"),
        ],
    )
    def test_what_is_no_map_is_refused(self, maps, message):
        with pytest.raises(ValueError, match=message):
            FeatureMapDisplay(maps=maps).plot()
        assert pyplot.get_fignums() == []


class TestBadInputOfFeatureMaps:
    def test_a_classifier_that_is_not_fitted(self, small_digits):
        with pytest.raises(NotFittedError):
            FeatureMapDisplay.from_estimator(DigitCNNClassifier(), small_digits[0][0])
        with pytest.raises(NotFittedError):
            FeatureMapDisplay.from_filters(DigitCNNClassifier())

    def test_a_classifier_without_a_network(self, small_digits):
        neighbors = KNeighborsClassifier(1).fit(*small_digits)
        with pytest.raises(ValueError, match="estimator must be a DigitCNN.*got KNeighbors"):
            FeatureMapDisplay.from_filters(neighbors)

    def test_several_images_and_others_than_it_takes(self, network, small_digits):
        X, _ = small_digits
        with pytest.raises(ValueError, match=r"image must be one image, .*got .*\(3, 8, 8\)"):
            FeatureMapDisplay.from_estimator(network, X[:3].reshape(3, 8, 8))
        with pytest.raises(ValueError, match="X must hold images of shape"):
            FeatureMapDisplay.from_estimator(network, np.zeros((8, 8, 3)))
        with pytest.warns(PixelRangeWarning):
            FeatureMapDisplay.from_estimator(network, X[0] / 16)

    def test_unknown_layers(self, network, small_digits):
        with pytest.raises(ValueError, match=r"layers must be names among \['conv2d'.*'pool'"):
            FeatureMapDisplay.from_estimator(network, small_digits[0][0], layers=["pool"])

    @pytest.mark.parametrize("n_maps", [0, 2.5, "all"])
    def test_a_number_that_is_none(self, network, n_maps):
        with pytest.raises(ValueError, match="n_maps must be a positive integer"):
            FeatureMapDisplay.from_filters(network, n_maps=n_maps)
