"""Exported files, and what their runtimes answer; without those, the tests of them are skipped."""

import json

import numpy as np
import pytest

onnxruntime = pytest.importorskip("onnxruntime", reason="pip install 'mnistcnn[onnx]'")
interpreter = pytest.importorskip("ai_edge_litert.interpreter", reason="mnistcnn[litert]")
schema = pytest.importorskip("ai_edge_litert.schema_py_generated", reason="mnistcnn[litert]")

FORMATS = ("digits.onnx", "digits.tflite")
MAX_DIFFERENCE = 1e-5


def session_of(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def answers_of(path, images):
    """What a runtime answers, by the names alone that the documentation gives."""
    if path.suffix == ".onnx":
        return session_of(path).run(["probabilities"], {"images": images})[0]
    runner = interpreter.Interpreter(str(path)).get_signature_runner("serving_default")
    return runner(images=images)["probabilities"]


def metadata_of(path):
    if path.suffix == ".onnx":
        return session_of(path).get_modelmeta().custom_metadata_map
    model = schema.Model.GetRootAs(path.read_bytes())
    entries = [model.Metadata(i) for i in range(model.MetadataLength())]
    buffer = next(entry.Buffer() for entry in entries if entry.Name() == b"mnistcnn")
    return json.loads(model.Buffers(buffer).DataAsNumpy().tobytes())


def as_images(X):
    """Return rows as square images of one channel."""
    side = int(X.shape[1] ** 0.5)
    return X.reshape(-1, side, side, 1)


def assert_same_answers(path, classifier, images):
    answers = answers_of(path, images)
    assert answers.dtype == np.float32
    np.testing.assert_allclose(
        answers, classifier.predict_proba(images), rtol=0, atol=MAX_DIFFERENCE
    )
