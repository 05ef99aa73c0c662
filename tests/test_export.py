"""Networks as files that onnxruntime and LiteRT compute, without Keras and TensorFlow."""

import json
import os
import subprocess
import sys
import threading
from copy import copy

import keras
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from choice import each_time, long
from exported import FORMATS, answers_of, as_images, assert_same_answers, metadata_of, session_of
from mnistcnn import DigitCNNClassifier, list_architectures, load_pretrained
from networks import ONE_OF_EACH_KIND

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="the converters know TensorFlow alone"
)
onnx = pytest.importorskip("onnx", reason="pip install 'mnistcnn[onnx]'")

KEYS = {"classes", "image_shape", "pixel_range", "pixel_statistics", "mnistcnn_version"}


def quick(X, y, architecture="two_layer_mlp", **parameters):
    settings = {"epochs": 1, "batch_size": 16, "precision": "float32", "random_state": 0}
    return DigitCNNClassifier(architecture, **settings | parameters).fit(X, y)


@pytest.fixture(scope="module")
def fitted(digits):
    """A small network that a few tests share; none changes it."""
    X, y = digits
    return quick(X[:64], y[:64])


@pytest.fixture(scope="module")
def pretrained():
    return load_pretrained()


@pytest.mark.slow
@pytest.mark.parametrize("architecture", each_time(ONE_OF_EACH_KIND, list_architectures()))
def test_files_answer_as_every_registered_architecture(architecture, digits, tmp_path):
    X, y = digits
    classifier = quick(X[:10], y[:10], architecture)
    images = as_images(X[:20])
    for name in FORMATS:
        classifier.export(tmp_path / name)
        assert_same_answers(tmp_path / name, classifier, images)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_files_answer_as_the_pretrained_network(name, pretrained, digits, tmp_path):
    before = pretrained.predict_proba(digits[0][:100])
    pretrained.export(tmp_path / name)
    assert_same_answers(tmp_path / name, pretrained, as_images(digits[0][:100]))
    np.testing.assert_array_equal(pretrained.predict_proba(digits[0][:100]), before)


@pytest.mark.slow
def test_a_network_of_color_images_with_labels_that_are_text(tmp_path):
    parts = load_pretrained("parts")
    parts.export(tmp_path / "parts.onnx")
    images = np.random.default_rng(0).integers(0, 256, (3, *parts.image_shape_), dtype=np.uint8)
    assert_same_answers(tmp_path / "parts.onnx", parts, images)
    classes = json.loads(metadata_of(tmp_path / "parts.onnx")["classes"])
    assert classes == parts.classes_.tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("precision", "name"),
    [
        ("bfloat16", "digits.onnx"),
        ("float16", "digits.tflite"),
        long("float16", "digits.onnx"),
        long("bfloat16", "digits.tflite"),
    ],
)
def test_half_precision_is_exported_in_float32(precision, name, digits, tmp_path):
    X, y = digits
    half = quick(X[:64], y[:64], "fast", precision=precision)
    single = quick(X[:64], y[:64], "fast")
    single.model_.set_weights(half.model_.get_weights())
    half.export(tmp_path / name)
    images = as_images(X[:50])
    assert_same_answers(tmp_path / name, single, images)
    np.testing.assert_allclose(
        answers_of(tmp_path / name, images), half.predict_proba(images), rtol=0, atol=0.02
    )


class TestInt8:
    @pytest.mark.slow
    @pytest.mark.parametrize("name", FORMATS)
    def test_a_smaller_file_gives_nearly_the_same_labels(self, name, digits, tmp_path, caplog):
        X, y = digits
        classifier = quick(X[:1000], y[:1000], "fast", batch_size=32)
        classifier.export(tmp_path / f"float32-{name}")
        classifier.export(tmp_path / name, quantization="int8", calibration_images=X[:200])
        assert not caplog.records
        assert 3 * (tmp_path / name).stat().st_size < (tmp_path / f"float32-{name}").stat().st_size
        answers = answers_of(tmp_path / name, as_images(X[1000:]))
        np.testing.assert_allclose(answers.sum(axis=1), 1, atol=0.02)
        probabilities = classifier.predict_proba(X[1000:])
        agreement = answers.argmax(axis=1) == probabilities.argmax(axis=1)
        assert agreement.mean() > 0.95
        # Of so short a training, the second label may be nearly as likely as the first.
        assert agreement[probabilities.max(axis=1) > 0.8].mean() > 0.99
        assert metadata_of(tmp_path / name).keys() >= KEYS

    def test_images_and_int8_go_together(self, fitted, digits, tmp_path):
        path = tmp_path / "digits.onnx"
        with pytest.raises(ValueError, match="must be images for quantization='int8', got None"):
            fitted.export(path, quantization="int8")
        with pytest.raises(ValueError, match="must be None without quantization='int8'"):
            fitted.export(path, calibration_images=digits[0][:9])
        with pytest.raises(ValueError, match="features"):
            fitted.export(path, quantization="int8", calibration_images=digits[0][:9, :100])
        with pytest.raises(ValueError, match="'quantization' parameter of export"):
            fitted.export(path, quantization="int4", calibration_images=digits[0][:9])

    @pytest.mark.parametrize("n_images", [1, 31])
    def test_too_few_images_tell_no_range(self, n_images, fitted, digits, tmp_path):
        few = digits[0][:n_images]
        for images in (few, np.tile(few, (100, 1)), np.zeros_like(digits[0][:50])):
            with pytest.raises(ValueError, match="must hold at least 32 different images"):
                fitted.export(
                    tmp_path / "digits.onnx", quantization="int8", calibration_images=images
                )

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda X: X / 255, "from 0 to 1, but the classifier .* Multiply the pixels by 255"),
            (lambda X: (X - 33.0) / 78, "range from -0.4231 to"),
            (lambda X: X * 257.0, "Divide the pixels by 255"),
            (lambda X: 255 - X, "dark ink on a light background"),
            (lambda X: X * 1.1, "pixels from 0 to 255 .* got pixels from 0 to 28"),
            (lambda X: X - 9.0, "pixels from 0 to 255 .* got pixels from -9 to"),
        ],
        ids=["0-1", "standardized", "16 bits", "inverted", "a little above", "a little below"],
    )
    def test_images_unlike_those_of_the_training(self, change, message, fitted, digits, tmp_path):
        images = change(digits[0][:100])
        for name in ("digits.onnx", "digits.tflite"):
            with pytest.raises(ValueError, match=rf"calibration_images must .*{message}"):
                fitted.export(tmp_path / name, quantization="int8", calibration_images=images)
        assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
class TestWhatAFileHolds:
    @pytest.fixture
    def path(self, name, fitted, tmp_path):
        fitted.export(tmp_path / name)
        return tmp_path / name

    def test_any_number_of_images(self, path, fitted, digits):
        for n_images in (1, 2, 7):
            assert_same_answers(path, fitted, as_images(digits[0][:n_images]))

    def test_what_it_tells_of_itself(self, path, digits):
        metadata = metadata_of(path)
        assert metadata.keys() >= KEYS
        assert json.loads(metadata["classes"]) == list(range(10))
        assert json.loads(metadata["image_shape"]) == [28, 28, 1]
        assert json.loads(metadata["pixel_range"]) == [0, 255]
        learned = pytest.approx([digits[0][:64].mean(), digits[0][:64].std()], rel=1e-5)
        assert json.loads(metadata["pixel_statistics"]) == learned

    def test_the_scaling_in_force_tells_of_the_pixels_and_not_the_parameter(
        self, name, fitted, digits, tmp_path
    ):
        changed = copy(fitted).set_params(pixel_scaling="unit")
        changed.export(tmp_path / name)
        known = json.loads(metadata_of(tmp_path / name)["pixel_statistics"])
        assert known == pytest.approx([digits[0][:64].mean(), digits[0][:64].std()], rel=1e-5)
        unit = DigitCNNClassifier("two_layer_mlp", pixel_scaling="unit", epochs=1)
        unit.fit(digits[0][:64], digits[1][:64]).set_params(pixel_scaling="standard")
        unit.export(tmp_path / f"unit-{name}")
        assert json.loads(metadata_of(tmp_path / f"unit-{name}")["pixel_statistics"]) is None

    def test_nothing_is_left_beside_it(self, path):
        assert list(path.parent.iterdir()) == [path]


def test_the_form_of_an_onnx_file(fitted, tmp_path):
    fitted.export(tmp_path / "digits.onnx")
    (images,), (answers,) = (
        session_of(tmp_path / "digits.onnx").get_inputs(),
        session_of(tmp_path / "digits.onnx").get_outputs(),
    )
    assert (images.name, images.type, images.shape) == ("images", "tensor(uint8)", ["n", 28, 28, 1])
    assert (answers.name, answers.type) == ("probabilities", "tensor(float)")
    assert answers.shape == ["n", 10]


def test_endings_in_capitals_and_paths_as_text(fitted, tmp_path):
    fitted.export(str(tmp_path / "DIGITS.ONNX"))
    assert onnx.load(tmp_path / "DIGITS.ONNX").metadata_props


@pytest.mark.slow
class TestUnitsOfPixels:
    def test_gray_from_0_to_16_comes_in_bytes(self, small_digits, tmp_path):
        X, y = small_digits
        classifier = quick(X, y)
        classifier.export(tmp_path / "digits.onnx")
        assert_same_answers(tmp_path / "digits.onnx", classifier, as_images(X).astype(np.uint8))

    @pytest.mark.parametrize("name", FORMATS)
    def test_gray_from_0_to_1_comes_in_float32(self, name, small_digits, tmp_path):
        X, y = small_digits
        images = as_images(X / 16).astype(np.float32)
        classifier = quick(images, y)
        classifier.export(tmp_path / name)
        assert_same_answers(tmp_path / name, classifier, images)
        with pytest.raises(ValueError, match=r"pixel_dtype must be .* from 0 to 1, got 'uint8'"):
            classifier.export(tmp_path / "bytes.onnx", pixel_dtype="uint8")

    def test_float32_holds_bytes_too(self, fitted, digits, tmp_path):
        fitted.export(tmp_path / "digits.onnx", pixel_dtype="float32")
        images = as_images(digits[0][:5]).astype(np.float32)
        assert_same_answers(tmp_path / "digits.onnx", fitted, images)


@pytest.mark.slow
class TestNetworksFromElsewhere:
    @pytest.mark.parametrize("name", FORMATS)
    def test_a_wrapped_model_that_ends_in_softmax(self, name, digits, tmp_path):
        layers = [keras.Input((784,)), keras.layers.Dense(3, activation="softmax")]
        model = keras.Sequential(layers)
        classifier = DigitCNNClassifier.from_keras_model(
            model, classes=["a", "b", "c"], pixel_scaling="unit"
        )
        classifier.export(tmp_path / name)
        assert_same_answers(tmp_path / name, classifier, as_images(digits[0][:9]))
        metadata = metadata_of(tmp_path / name)
        assert json.loads(metadata["classes"]) == ["a", "b", "c"]
        assert json.loads(metadata["pixel_statistics"]) is None

    def test_pixels_that_nobody_has_told_come_in_float32(self, digits, tmp_path):
        model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()])
        model.add(keras.layers.Dense(4))
        classifier = DigitCNNClassifier.from_keras_model(model)
        classifier.export(tmp_path / "digits.onnx")
        images = as_images(digits[0][:9]).astype(np.float32) / 255
        assert_same_answers(tmp_path / "digits.onnx", classifier, images)
        classifier.export(tmp_path / "bytes.onnx", pixel_dtype="uint8")
        assert session_of(tmp_path / "bytes.onnx").get_inputs()[0].type == "tensor(uint8)"

    def test_a_function_of_ones_own(self, digits, tmp_path):
        def build(input_shape, n_classes):
            pixels = keras.Input(input_shape)
            squared = keras.layers.Lambda(lambda values: keras.ops.square(values))(pixels)
            flat = keras.layers.Flatten()(squared)
            return keras.Model(pixels, keras.layers.Dense(n_classes)(flat))

        X, y = digits
        classifier = quick(X[:64], y[:64], build)
        classifier.export(tmp_path / "digits.onnx")
        assert_same_answers(tmp_path / "digits.onnx", classifier, as_images(X[:9]))

    def test_a_function_of_ones_own_in_half_precision(self, digits, tmp_path):
        def build(input_shape, n_classes):
            pixels = keras.Input(input_shape)
            maps = keras.layers.Conv2D(4, 3, activation=lambda values: values * values)(pixels)
            return keras.Model(pixels, keras.layers.Dense(n_classes)(keras.layers.Flatten()(maps)))

        X, y = digits
        half = quick(X[:64], y[:64], build, precision="bfloat16")
        single = quick(X[:64], y[:64], build)
        single.model_.set_weights(half.model_.get_weights())
        half.export(tmp_path / "digits.onnx")
        assert_same_answers(tmp_path / "digits.onnx", single, as_images(X[:20]))

    @pytest.mark.parametrize("name", FORMATS)
    def test_python_inside_the_network_is_refused(self, name, digits, tmp_path, capfd):
        def build(input_shape, n_classes):
            pixels = keras.Input(input_shape)
            scores = keras.layers.Dense(n_classes)(keras.layers.Flatten()(pixels))
            return keras.Model(pixels, keras.layers.Lambda(through_python)(scores))

        X, y = digits
        classifier = quick(X[:64], y[:64], build, callbacks=None)
        capfd.readouterr()
        with pytest.raises(ValueError, match="cannot be exported to .* neither custom Python"):
            classifier.export(tmp_path / name)
        assert list(tmp_path.iterdir()) == []
        assert "Traceback" not in capfd.readouterr().err


# A package that no finder finds is not installed.
WITHOUT_PACKAGE = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name == {package!r} else find(name, *rest)
from mnistcnn import load_pretrained
load_pretrained().export({path!r})
"""


def through_python(scores):
    import tensorflow as tf

    doubled = tf.numpy_function(lambda values: 2 * values, [tf.stop_gradient(scores)], tf.float32)
    return scores + tf.reshape(doubled, tf.shape(scores))


class TestWhatIsRefused:
    @pytest.mark.parametrize("name", ["digits", "digits.h5", "digits.onnx.gz", ".onnx"])
    def test_another_ending(self, name, fitted, tmp_path):
        with pytest.raises(ValueError, match=r"ends in \.onnx or \.tflite, got"):
            fitted.export(tmp_path / name)

    @pytest.mark.parametrize(
        "arguments", [{"path": 3}, {"overwrite": "yes"}, {"pixel_dtype": "int8"}]
    )
    def test_wrong_arguments_by_name(self, arguments, fitted, tmp_path):
        with pytest.raises(ValueError, match=f"'{next(iter(arguments))}' parameter of export"):
            fitted.export(**{"path": tmp_path / "digits.onnx"} | arguments)

    @pytest.mark.parametrize("name", FORMATS)
    def test_a_file_that_is_there(self, name, fitted, tmp_path):
        (tmp_path / name).write_text("precious")
        with pytest.raises(FileExistsError, match="overwrite=True"):
            fitted.export(tmp_path / name)
        assert (tmp_path / name).read_text() == "precious"
        fitted.export(tmp_path / name, overwrite=True)
        assert metadata_of(tmp_path / name).keys() >= KEYS

    def test_a_folder_that_is_missing(self, fitted, tmp_path):
        with pytest.raises(FileNotFoundError, match="absent"):
            fitted.export(tmp_path / "absent" / "digits.onnx")

    def test_a_classifier_that_is_not_fitted(self, tmp_path):
        with pytest.raises(NotFittedError):
            DigitCNNClassifier().export(tmp_path / "digits.onnx")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("package", "name", "extra"),
        [("tf2onnx", "digits.onnx", "onnx"), ("ai_edge_litert", "digits.tflite", "litert")],
    )
    def test_an_extra_that_is_not_installed(self, package, name, extra, tmp_path):
        hidden = tmp_path / "hidden.py"
        hidden.write_text(WITHOUT_PACKAGE.format(package=package, path=str(tmp_path / name)))
        answer = subprocess.run(
            [sys.executable, hidden], capture_output=True, text=True, check=False, env=os.environ
        )
        assert answer.returncode == 1
        assert f"ImportError: {'ONNX' if extra == 'onnx' else 'LiteRT'} files" in answer.stderr
        assert f'pip install "mnistcnn[{extra}]"' in answer.stderr
        assert not (tmp_path / name).exists()


@pytest.mark.slow
def test_two_threads_export_and_predict_at_the_same_time(digits, fitted, tmp_path):
    X, _ = digits
    expected = fitted.predict_proba(X[:50])
    threads = [
        threading.Thread(target=fitted.export, args=(tmp_path / f"{i}.onnx",)) for i in range(2)
    ]
    for thread in threads:
        thread.start()
    for _ in range(20):
        np.testing.assert_array_equal(fitted.predict_proba(X[:50]), expected)
    for thread in threads:
        thread.join()
    for i in range(2):
        assert_same_answers(tmp_path / f"{i}.onnx", fitted, as_images(X[:20]))


@pytest.mark.slow
def test_the_callers_random_state_stays(fitted, tmp_path, random_state_of_caller):
    fitted.export(tmp_path / "digits.onnx")
    fitted.export(tmp_path / "digits.tflite")
    now = np.random.get_state()
    np.testing.assert_array_equal(now[1], random_state_of_caller[1])
