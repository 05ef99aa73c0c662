"""``mnistcnn export``, as real processes: the file, what is printed, and what is refused."""

import json
import sys

import joblib
import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from commands import assert_one_line, left_on_the_terminal, mnistcnn, mnistcnn_on_a_terminal
from mnistcnn import DigitCNNClassifier, load_classifier, load_pretrained, load_sample_digits

# They start processes of their own.
pytestmark = pytest.mark.slow

onnxruntime = pytest.importorskip("onnxruntime", reason="pip install 'mnistcnn[onnx]'")
pytest.importorskip("tf2onnx", reason="pip install 'mnistcnn[onnx]'")

IMAGES = load_sample_digits().images[:20, :, :, None]


def answers_of(path):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"images": IMAGES})[0]


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    X, y = load_sample_digits(return_X_y=True)
    path = tmp_path_factory.mktemp("models") / "digits.mnistcnn"
    DigitCNNClassifier("baseline", epochs=1, precision="float32").fit(X, y).save(path)
    return path


def test_a_model_file_becomes_an_onnx_file(model_file, tmp_path):
    output = tmp_path / "digits.onnx"
    answer = mnistcnn("export", model_file, output)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith(f"{output} (")
    assert "(n, 28, 28, 1)" in answer.stdout
    expected = load_classifier(model_file).predict_proba(IMAGES)
    np.testing.assert_allclose(answers_of(output), expected, rtol=0, atol=1e-5)
    assert_one_line(
        mnistcnn("export", model_file, output), status=2, mentions="OUTPUT would overwrite"
    )
    assert mnistcnn("export", model_file, output, "--force").returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_shows_the_step_and_is_left_clean(model_file, tmp_path):
    status, printed, shown = mnistcnn_on_a_terminal("export", model_file, tmp_path / "a.onnx")
    assert status == 0, shown
    assert "loading the classifier" in shown
    assert "writing a.onnx" in shown
    assert not any(left_on_the_terminal(shown))
    assert printed.startswith(f"{tmp_path / 'a.onnx'} (")


def test_the_pretrained_network_by_its_name(tmp_path):
    output = tmp_path / "digits.onnx"
    answer = mnistcnn("export", "pretrained", output, "--json", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {
        "file": str(output),
        "bytes": output.stat().st_size,
        "image_shape": [28, 28, 1],
        "classes": list(range(10)),
    }
    expected = load_pretrained().predict_proba(IMAGES)
    np.testing.assert_allclose(answers_of(output), expected, rtol=0, atol=1e-5)


def test_what_cannot_be_exported_is_refused_in_one_line(model_file, tmp_path):
    X, y = load_sample_digits(return_X_y=True)
    bayes = tmp_path / "bayes.joblib"
    joblib.dump(GaussianNB().fit(X[:99], y[:99]), bayes)
    cases = {
        (tmp_path / "absent.mnistcnn", "a.onnx"): "MODEL_FILE",
        (bayes, "a.onnx"): "holds a GaussianNB",
        (model_file, "a.pb"): "ends in .onnx or .tflite",
        (model_file, "absent/a.onnx"): "absent' does not exist",
    }
    for (model, output), mentions in cases.items():
        answer = mnistcnn("export", "--run-code-in-model-file", model, tmp_path / output)
        assert_one_line(answer, status=2, mentions=mentions)
    assert list(tmp_path.iterdir()) == [bayes]
