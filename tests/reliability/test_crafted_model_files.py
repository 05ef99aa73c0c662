"""Model files with a right hash that somebody made to do harm: refused, and no code is run."""

import json

import numpy as np
import pytest
from safetensors.numpy import save
from sklearn.pipeline import make_pipeline

from mnistcnn import (
    DigitCNNClassifier,
    DigitNormalizer,
    PixelScaler,
    RejectingClassifier,
    UnreadableModelError,
    load_classifier,
    save_classifier,
)
from mnistcnn.architectures import MultiColumn
from mnistcnn.storage import content_and_arrays, decoded, read_model_file, write_model_file


@pytest.fixture(scope="module")
def classifiers(small_digits):
    X, y = small_digits
    network = DigitCNNClassifier(
        "fast", epochs=1, precision="float32", random_state=np.random.RandomState(0)
    )
    rejecting = RejectingClassifier(network, threshold=0.5)
    return {
        "network": network.fit(X, y),
        "pipeline": make_pipeline(PixelScaler(), rejecting).fit(X, y),
    }


def found(content, key):
    """Return the pair of a key in the JSON of a classifier, to be changed."""
    waiting = [content]
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, list) and len(part) == 2 and part[0] == key:
            return part
        waiting.extend(part.values() if isinstance(part, dict) else [])
        waiting.extend(part if isinstance(part, list) else [])
    raise AssertionError(f"nothing is named {key}")


def as_(key, value, within=None):
    def change(content, _):
        found(found(content, within) if within else content, key)[1] = value

    return change


def with_parameter(name, value):
    def change(content, _):
        found(content, "parameters")[1]["dict"].append({"tuple": [name, value]})

    return change


def with_state(place, value):
    def change(content, _):
        state = found(content, "random_state")[1]["RandomState"][1]["dict"][0]["tuple"][1]
        state["tuple"][place] = value

    return change


def with_labels(texts, kind):
    """Have texts as labels, and the array of those before nowhere."""

    def change(content, arrays):
        labels = found(content, "classes")
        del arrays[labels[1]["array"]]
        _count_down(content, labels[1]["array"])
        labels[1] = {"texts": [texts, [len(texts)], kind]}

    return change


def _count_down(part, gone):
    """Refer to arrays by their places after one of them is gone."""
    if isinstance(part, dict):
        for key in {"array", "number"} & part.keys():
            part[key] -= part[key] > gone
    if isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            _count_down(each, gone)


def with_weight(number, value):
    def change(content, arrays):
        (values,) = (
            pair["tuple"][1]["list"]
            for pair in found(content, "network")[1]["dict"]
            if pair["tuple"][0] == "values"
        )
        place = next(iter(values[number].values()))
        arrays[place] = value if np.ndim(value) else np.full_like(arrays[place], value)

    return change


def with_flags(flag):
    def change(content, _):
        flags = found(content, "trainability")[1]["list"]
        flags[:] = [flag] * len(flags)

    return change


OF_A_NETWORK = {
    "a folder of pickles": with_parameter("memory", "pickles"),
    "callbacks": with_parameter("callbacks", {"list": []}),
    "a random state beyond its words": with_state(2, 10**9),
    "a random state before its words": with_state(2, -1),
    "a random state that counts with booleans": with_state(2, True),
    "a random state of too few words": with_state(1, {"list": [1, 2]}),
    "labels that are no texts": with_labels([None] * 10, "O"),
    "labels of any dtype": with_labels([f"{k}" for k in range(10)], "f8"),
    "labels of any size": with_labels([f"{k}" for k in range(10)], "U1000000000"),
    "channels that are a boolean": as_("image_shape", {"tuple": [8, 8, True]}, "network"),
    "columns that are a boolean": as_("n_features_in_", True),
    "columns that are a fraction": as_("n_features_in_", 0.5),
    "pixels of an infinite range": as_("pixel_range", {"tuple": [0.0, float("inf")]}),
    "pixels of a reversed range": as_("pixel_range", {"tuple": [16.0, 0.0]}),
    "layers that are frozen perhaps": with_flags(None),
    "pixels divided by zero": with_weight(1, 0.0),
    "pixels divided by a negative number": with_weight(1, -1.0),
    "weights that are infinite": with_weight(2, np.inf),
}
OF_A_PIPELINE = {
    "a folder of pickles": with_parameter("memory", "pickles"),
    "pixels divided by zero": as_("scale_", 0.0),
    "pixels divided by a negative number": as_("scale_", -1.0),
    "pixels of a reversed range": as_("_pixel_range", {"tuple": [16.0, 0.0]}),
    "a threshold that nothing reaches": as_("threshold_", 1e300),
}


class TestCraftedContent:
    @pytest.fixture
    def refused(self, classifiers, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)

        def refused(kind, change):
            content, arrays = content_and_arrays(classifiers[kind])
            content = json.loads(json.dumps(content))
            change(content, arrays)
            write_model_file("digits.mnistcnn", content, arrays)
            with pytest.raises(UnreadableModelError, match=r"digits\.mnistcnn"):
                load_classifier("digits.mnistcnn")

        return refused

    @pytest.mark.parametrize("name", OF_A_NETWORK)
    def test_a_network(self, name, refused):
        refused("network", OF_A_NETWORK[name])

    @pytest.mark.parametrize("name", OF_A_PIPELINE)
    def test_a_pipeline(self, name, refused):
        refused("pipeline", OF_A_PIPELINE[name])

    def test_variances_that_are_negative(self, classifiers, refused):
        network = classifiers["network"]._network
        paths = [variable.path for variable in network.variables]
        (number, *_) = (k for k, path in enumerate(paths) if path.endswith("moving_variance"))
        refused("network", with_weight(number, -1.0))

    def test_more_layers_than_weights(self, classifiers, tmp_path):
        path = tmp_path / "digits.mnistcnn"
        content, arrays = content_and_arrays(classifiers["network"])
        many = MultiColumn(("tiny",) * 1000)
        content = json.loads(json.dumps(content))
        architecture = found(found(content, "network"), "architecture")
        architecture[1] = content_and_arrays(many)[0]
        # A weight of any size makes room for the parameters of all columns.
        with_weight(2, np.zeros(10_000_000, np.float32))(content, arrays)
        write_model_file(path, content, arrays)
        with pytest.raises(UnreadableModelError, match="more layers than allowed"):
            load_classifier(path)

    def test_processes_without_number(self, classifiers, tmp_path):
        path = tmp_path / "digits.mnistcnn"
        normalizer = DigitNormalizer(n_jobs=2)
        pipeline = make_pipeline(normalizer, classifiers["network"])
        content, arrays = content_and_arrays(pipeline)
        text = json.dumps(content).replace('["n_jobs", 2]', '["n_jobs", 1000000]')
        write_model_file(path, json.loads(text), arrays)
        with pytest.raises(UnreadableModelError, match="n_jobs"):
            load_classifier(path)
        normalizer.n_jobs = 1_000_000
        with pytest.raises(ValueError, match="n_jobs must be 1,024 at most"):
            save_classifier(pipeline, path, overwrite=True)

    def test_a_pipeline_with_a_classifier_in_the_middle(self, classifiers, tmp_path):
        pipeline = make_pipeline(PixelScaler(), classifiers["network"])
        pipeline.steps[0] = ("middle", classifiers["network"])
        path = tmp_path / "digits.mnistcnn"
        write_model_file(path, *content_and_arrays(pipeline))
        with pytest.raises(UnreadableModelError, match="steps"):
            load_classifier(path)


class TestCraftedFiles:
    def test_text_that_is_no_unicode(self, tmp_path):
        path = tmp_path / "digits.mnistcnn"
        metadata = {"version": 1, "sha256": "0" * 64, "content": "\ud800"}
        path.write_bytes(save({"0": np.ones(3)}, {"mnistcnn": json.dumps(metadata)}))
        with pytest.raises(UnreadableModelError, match=r"digits\.mnistcnn"):
            load_classifier(path)

    @pytest.mark.parametrize("dtype", ["BF16", "F8_E4M3", "F8_E5M2", "C64", "X1"])
    def test_numbers_that_numpy_does_not_know(self, dtype, classifiers, tmp_path):
        path = tmp_path / "digits.mnistcnn"
        save_classifier(classifiers["network"], path)
        content = path.read_bytes()
        size = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + size])
        header["0"]["dtype"] = dtype
        text = json.dumps(header).encode()
        path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + size :])
        with pytest.raises(UnreadableModelError, match=r"digits\.mnistcnn"):
            load_classifier(path)


class TestCraftedValues:
    def test_texts_that_would_take_more_room_than_there_is(self):
        texts = {"texts": [["x" * 1_000_000, *[""] * 1_000_000], [1_000_001], "U"]}
        with pytest.raises(ValueError, match="characters at most"):
            decoded(texts, [])

    @pytest.mark.parametrize("dtype", ["float32", "O", "U1", "M8[s]"])
    def test_arrays_seen_as_something_else(self, dtype):
        with pytest.raises(ValueError, match="stored as what it is"):
            decoded({"array": 0, "dtype": dtype}, [np.ones(3, np.uint32)])


def test_what_nobody_changed_is_read(classifiers, tmp_path):
    for name, classifier in classifiers.items():
        path = tmp_path / f"{name}.mnistcnn"
        save_classifier(classifier, path)
        content, arrays, _ = read_model_file(path)
        assert load_classifier(path).get_params().keys() == classifier.get_params().keys()
        assert content_and_arrays(load_classifier(path))[0] == content
        assert len(arrays) == len(content_and_arrays(classifier)[1])
