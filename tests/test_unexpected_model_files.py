"""Model files that hold what no classifier has written are refused by name."""

import json
import pickle
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from mnistcnn import Augmentation, UnreadableModelError, load_classifier
from mnistcnn.storage import content_and_arrays, read_model_file, write_model_file
from networks import quick_classifier

quick = partial(quick_classifier, epochs=1)


def rewritten(path, change):
    """Write the file anew with another content, its hash right again."""
    content, arrays, _ = read_model_file(path)
    changed = change(content, arrays)
    write_model_file(path, *(changed or (content, arrays)), overwrite=True)


def replaced(old, new):
    def change(content, arrays):
        text = json.dumps(content)
        assert old in text
        return json.loads(text.replace(old, new)), arrays

    return change


UNEXPECTED_CONTENTS = {
    "another class": replaced('"DigitCNNClassifier"', '"os.system"'),
    "a class of scikit-learn's": replaced('"DigitCNNClassifier"', '"SVC"'),
    "a class that is no part": replaced('"architectures.Baseline"', '"architectures.Architecture"'),
    "a function for a class": replaced(
        '"architectures.Baseline"', '"architectures.get_architecture"'
    ),
    "an unknown parameter": replaced('["batch_size"', '["batch_sizes"'),
    "a parameter that is not allowed": replaced('["epochs", 2]', '["epochs", -2]'),
    "a parameter of another type": replaced('["epochs", 2]', '["epochs", "many"]'),
    "a network of another size": replaced('["n_classes", 10]', '["n_classes", 11]'),
    "a network of no size": replaced('["n_classes", 10]', '["n_classes", 1000000000000]'),
    "images of another size": replaced('{"tuple": [8, 8, 1]}', '{"tuple": [9, 9, 1]}'),
    "images of any size": replaced('{"tuple": [8, 8, 1]}', '{"tuple": [900000, 900000, 1]}'),
    "an unknown precision": replaced('["precision", "float32"]', '["precision", "int1"]'),
    "an unknown kind": replaced(
        '{"dict": [{"tuple": ["parameters"', '{"pickle": [{"tuple": ["parameters"'
    ),
    "an array that is missing": lambda content, arrays: (content, arrays[:-1]),
    "an array too many": lambda content, arrays: (content, [*arrays, np.ones(3)]),
    "weights that are NaN": lambda content, arrays: (
        content,
        [np.full_like(each, np.nan) if each.dtype == np.float32 else each for each in arrays],
    ),
    "weights of another shape": lambda content, arrays: (content, [each.T[:1] if each.ndim > 1
                                                         else each for each in arrays]),
    "no object": lambda *_: ({"list": []}, []),
    "text": lambda *_: ("digits", []),
    "deep nesting": lambda *_: (
        json.loads('{"list": [' * 400 + "1" + "]}" * 400), []
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(small_digits, tmp_path_factory):
    """A model file that is as it should be."""
    path = tmp_path_factory.mktemp("models") / "digits.mnistcnn"
    quick(epochs=2, precision="float32").fit(*small_digits).save(path)
    return path


class TestStrangeFiles:
    @pytest.fixture
    def path(self, whole, tmp_path):
        path = tmp_path / "digits.mnistcnn"
        path.write_bytes(whole.read_bytes())
        return path

    @pytest.mark.parametrize("name", UNEXPECTED_CONTENTS)
    def test_content_with_a_right_hash(self, name, path):
        rewritten(path, UNEXPECTED_CONTENTS[name])
        with pytest.raises(UnreadableModelError, match=r"digits\.mnistcnn"):
            load_classifier(path)

    @pytest.mark.parametrize(
        "other",
        [np.random.RandomState(0), Augmentation(rotation=np.float64(5))],
        ids=["generator", "augmentation"],
    )
    def test_what_is_no_classifier(self, other, path):
        content, arrays = content_and_arrays(other)
        write_model_file(path, content, arrays, overwrite=True)
        with pytest.raises(UnreadableModelError, match="not a classifier"):
            load_classifier(path)

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("version", 2, "version 2.*Install the newest"),
            ("version", "1", "version '1'"),
            ("sha256", "0" * 64, "has been changed"),
            ("sha256", None, "must have"),
            ("content", '{"list": []}', "has been changed"),
            ("more", "than known", "must have"),
        ],
    )
    def test_other_metadata(self, key, value, message, path):
        with safe_open(path, framework="numpy") as file:
            metadata = {**json.loads(file.metadata()["mnistcnn"]), key: value}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        save_file(arrays, path, {"mnistcnn": json.dumps(metadata)})
        with pytest.raises(UnreadableModelError, match=message):
            load_classifier(path)

    @pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"mnistcnn": "no JSON"}])
    def test_safetensors_of_other_programs(self, metadata, path):
        save_file({"0": np.ones(3)}, path, metadata)
        with pytest.raises(UnreadableModelError):
            load_classifier(path)

    def test_a_member_of_another_name(self, path):
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata()
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        for name in ("../../etc/passwd", "01", "999"):
            save_file({**arrays, name: np.ones(1)}, path, metadata)
            with pytest.raises(UnreadableModelError):
                load_classifier(path)

    def test_files_of_other_kinds_are_named(self, path, fitted_baseline):
        kinds = {
            "a pickle": pickle.dumps(fitted_baseline),
            "a zip archive": b"PK\x03\x04" + bytes(100),
            "an HDF5 file": b"\x89HDF\r\n\x1a\n" + bytes(100),
            "from 9 to": b"",
            "damaged": bytes(1000),
        }
        for named, content in kinds.items():
            path.write_bytes(content)
            with pytest.raises(UnreadableModelError, match=named):
                load_classifier(path)

    def test_a_missing_file_and_a_folder(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            load_classifier(tmp_path / "missing.mnistcnn")
        with pytest.raises(OSError, match="directory"):
            load_classifier(tmp_path)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
    @given(data=st.data())
    def test_any_change_is_noticed(self, data, path, whole):
        content = bytearray(whole.read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        kind = data.draw(st.sampled_from(["bit", "cut", "insert"]))
        if kind == "bit":
            content[place] ^= 1 << data.draw(st.integers(0, 7))
        elif kind == "cut":
            del content[place:]
        else:
            content[place:place] = data.draw(st.binary(min_size=1, max_size=20))
        path.write_bytes(content)
        with pytest.raises(UnreadableModelError):
            load_classifier(path)
